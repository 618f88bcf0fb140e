package imap_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// TestLawsOnRealServers tries the laws, in real time, on the servers that no one of this module wrote.
func TestLawsOnRealServers(t *testing.T) {
	if testing.Short() && os.Getenv("CLOUDMAIL_REQUIRE_ALL") == "" {
		t.Skip("-short is set, and this takes real time; .ci/run does without -short")
	}
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			run := &realRun{server: realserver.New(t, kind, &realserver.Options{Users: users()})}
			connectortest.Run(t, connectortest.Harness{New: run.instance})
			t.Run("Sent", run.keepsSent)
			t.Run("Part", run.opensPart)
			t.Run("Names", run.strangeNames)
			t.Run("Attributes", run.rolesByAttribute)
			t.Run("Expunged", run.expungedInASearch)
		})
	}
}

// users are enough mailboxes for all laws: each law has one of its own.
func users() map[string]string {
	out := map[string]string{}
	for i := range 140 {
		out[userName(i)] = realserver.DefaultPassword
	}
	return out
}

func userName(i int) string {
	return "qa" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "@example.com"
}

// realRun hands out the mailboxes of a server.
type realRun struct {
	server *realserver.Server
	mu     sync.Mutex
	next   int
}

func (r *realRun) user() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return userName(r.next - 1)
}

// mailbox is the server's, for a user.
func mailbox(s *realserver.Server, user string) imap.Server {
	return imap.Server{Host: "127.0.0.1", Port: s.Port(s.IMAPS), Address: user,
		Password: connector.Literal(realserver.DefaultPassword), RootCAs: s.RootCAs}
}

// names are the folders in the words of a server.
func names(kind realserver.Kind, f connector.Folder) string {
	switch {
	case f == connector.Inbox || f == "":
		return "INBOX"
	case kind == realserver.Courier:
		return "INBOX." + string(f)
	}
	return string(f)
}

const extra = "Projects"

// instance is a fresh mailbox, with hands in it that use go-imap alone.
func (r *realRun) instance(t *testing.T) *connectortest.Instance {
	h := &hands{t: t, server: r.server, user: r.user()}
	require.NoError(t, h.with(func(c *imapclient.Client) error {
		_ = c.Create(names(r.server.Kind, extra), nil).Wait()
		return nil
	}))
	server := mailbox(r.server, h.user)
	server.Submission = h.submission()
	return &connectortest.Instance{
		Server:   server,
		Deliver:  h.deliver,
		Unfit:    h.unfit,
		Place:    h.place,
		Extra:    extra,
		Move:     h.move,
		Delete:   h.delete,
		Touch:    h.touch,
		Snapshot: h.snapshot,
	}
}

// hands are somebody else's, in the mailbox.
type hands struct {
	t      *testing.T
	server *realserver.Server
	user   string
}

// submission takes mail for the mailbox, and brings it to the server. A route sees each mail as it comes.
func (h *hands) submission() *smtp.Server {
	store := mailstore.New()
	store.Add(h.user).Route(func(m mailstore.Message) string { h.deliver(m.Raw); return "" })
	out, err := fakesmtp.New(store, &fakesmtp.Options{Users: map[string]string{h.user: realserver.DefaultPassword}})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = out.Close() })
	return &smtp.Server{Host: "localhost", Security: smtp.Plain, Dial: out.DialContext}
}

func (h *hands) must(err error) {
	if err != nil {
		h.t.Errorf("the harness: %v", err)
	}
}

// with runs something on a connection of its own.
func (h *hands) with(do func(*imapclient.Client) error) error {
	c, err := imapclient.DialInsecure(h.server.IMAP, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Login(h.user, realserver.DefaultPassword).Wait(); err != nil {
		return err
	}
	return do(c)
}

// deliver brings a mail. One whose form the server refuses does not come: that hides no other.
func (h *hands) deliver(raw []byte) {
	if err := h.server.Deliver(h.user, raw); err != nil && !strings.Contains(err.Error(), "5.6.0 Message contains") {
		h.must(err)
	}
}

// unfit reports whether a mail cannot pass a server: a NUL cannot pass IMAP, line ends CR CR LF are mended
// or misread on the way, and other things are refused when they are delivered, here to a mailbox that nobody reads.
func (h *hands) unfit(raw []byte) bool {
	noID := !bytes.Contains(bytes.ToLower(raw), []byte("message-id:")) // Cyrus adds one
	return bytes.IndexByte(raw, 0) >= 0 || bytes.Contains(raw, []byte("\r\r")) || noID && h.server.Kind == realserver.Cyrus || h.server.Deliver(userName(len(users())-1), raw) != nil
}

func (h *hands) place(raw []byte, f connector.Folder, at time.Time) {
	h.must(h.server.Place(h.user, names(h.server.Kind, f), raw, at))
}

// all are the folders that the laws use.
var all = []connector.Folder{connector.Inbox, connector.Junk, connector.Sent, connector.Drafts, connector.Trash, connector.Archive, extra}

// each finds the mails of a Message-ID, and does something to them.
func (h *hands) each(id string, do func(*imapclient.Client, connector.Folder, goimap.UIDSet) error) {
	h.must(h.with(func(c *imapclient.Client) error {
		for _, f := range all {
			if _, err := c.Select(names(h.server.Kind, f), nil).Wait(); err != nil {
				continue
			}
			found, err := c.UIDSearch(&goimap.SearchCriteria{Header: []goimap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
			if err != nil {
				return err
			}
			if uids := found.AllUIDs(); len(uids) > 0 {
				if err := do(c, f, goimap.UIDSetNum(uids...)); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

func (h *hands) move(id string, to connector.Folder) {
	h.each(id, func(c *imapclient.Client, f connector.Folder, uids goimap.UIDSet) error {
		if f == to {
			return nil
		}
		_, err := c.Move(uids, names(h.server.Kind, to)).Wait()
		return err
	})
}

func (h *hands) delete(id string) {
	h.each(id, func(c *imapclient.Client, _ connector.Folder, uids goimap.UIDSet) error {
		flag := &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Flags: []goimap.Flag{goimap.FlagDeleted}}
		if err := c.Store(uids, flag, nil).Close(); err != nil {
			return err
		}
		return c.UIDExpunge(uids).Close()
	})
}

func (h *hands) touch(id string) {
	h.each(id, func(c *imapclient.Client, _ connector.Folder, uids goimap.UIDSet) error {
		flag := &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Flags: []goimap.Flag{goimap.FlagSeen, goimap.FlagFlagged}}
		return c.Store(uids, flag, nil).Close()
	})
}

// snapshot tells of every mail, without changing one.
func (h *hands) snapshot() []connectortest.State {
	var out []connectortest.State
	section := &goimap.FetchItemBodySection{Specifier: goimap.PartSpecifierHeader, HeaderFields: []string{"Message-ID"}, Peek: true}
	h.must(h.with(func(c *imapclient.Client) error {
		for _, f := range all {
			data, err := c.Select(names(h.server.Kind, f), &goimap.SelectOptions{ReadOnly: true}).Wait()
			if err != nil || data.NumMessages == 0 {
				continue
			}
			mails, err := c.Fetch(goimap.SeqSet{goimap.SeqRange{Start: 1}}, &goimap.FetchOptions{UID: true, Flags: true,
				BodySection: []*goimap.FetchItemBodySection{section}}).Collect()
			if err != nil {
				return err
			}
			for _, m := range mails {
				out = append(out, stateOf(f, m))
			}
		}
		return nil
	}))
	return out
}

func stateOf(f connector.Folder, m *imapclient.FetchMessageBuffer) connectortest.State {
	id := ""
	for _, s := range m.BodySection {
		_, value, _ := strings.Cut(string(s.Bytes), ":")
		id = strings.Trim(strings.TrimSpace(value), "<>")
	}
	var flags []string
	for _, flag := range m.Flags {
		if flag != `\Recent` {
			flags = append(flags, string(flag))
		}
	}
	slices.Sort(flags)
	return connectortest.State{MessageID: id, Folder: f, Read: slices.Contains(m.Flags, goimap.FlagSeen), Flags: strings.Join(flags, " ")}
}
