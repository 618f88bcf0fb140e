package imap_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// copies are what Sent holds.
func (w *world) copies() []mailstore.Message { return w.box.Above(mailstore.Sent, 0) }

// inBubble runs a test in virtual time, with a session that may write to its own mailbox.
func inBubble(t *testing.T, o *fakeimap.Options, change func(*world, *imap.Server), test func(*testing.T, *world, *connector.Session)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o)
		server := w.server()
		if change != nil {
			change(w, &server)
		}
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer s.Close()
		test(t, w, s)
	})
}

var note = connector.Draft{To: []string{connectortest.Address}, Subject: "note", Text: "hello"}

func TestSentKeepsEveryMailOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(t *testing.T, w *world, s *connector.Session) {
		blind := note
		blind.To, blind.Bcc = nil, note.To
		receipt, err := s.Send(t.Context(), blind)
		require.NoError(t, err)
		require.NoError(t, receipt.NoCopy)
		ids := []string{receipt.MessageID}
		m, err := s.WaitFor(t.Context(), connector.Query{MessageID: receipt.MessageID})
		require.NoError(t, err)
		receipt, err = s.Reply(t.Context(), m, connector.Draft{To: note.To})
		require.NoError(t, err)
		ids = append(ids, receipt.MessageID)
		receipt, err = s.Forward(t.Context(), m, note)
		require.NoError(t, err)
		ids = append(ids, receipt.MessageID)

		require.Len(t, w.copies(), 3)
		for i, c := range w.copies() {
			assert.Contains(t, string(c.Raw), "Message-Id: <"+ids[i]+">")
			assert.True(t, c.Seen)
		}
		assert.Contains(t, string(w.copies()[0].Raw), "Bcc: <"+connectortest.Address+">")
		assert.Len(t, w.box.Above(mailstore.Inbox, 0), 3)
	})
}

// keep puts what is sent to the mailbox into Sent as well, as some servers do.
func (w *world) keep() {
	w.box.Route(func(m mailstore.Message) string {
		w.box.Deliver(m.Raw, mailstore.Delivery{Folder: mailstore.Sent, NoTrace: true})
		return ""
	})
}

// saying is a server that says other things than the fake, which then must not encrypt: old and new words in
// turn.
func (w *world) saying(server *imap.Server, words ...string) {
	server.Security = imap.Plain
	server.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := w.fake.DialContext(ctx, network, address)
		return rewritten{c, strings.NewReplacer(words...)}, err
	}
}

// rewritten is a connection on which words change, if they come in one piece.
type rewritten struct {
	net.Conn
	words *strings.Replacer
}

// Read implements [io.Reader].
func (r rewritten) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p[:max(1, len(p)/2)])
	return copy(p, r.words.Replace(string(p[:n]))), err
}

func TestSentIsLeftToServersThatKeepIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options fakeimap.Options
		change  func(*world, *imap.Server)
		copies  int
	}{
		"the server keeps it":  {change: func(w *world, _ *imap.Server) { w.keep() }, copies: 1},
		"it is not wanted":     {change: func(_ *world, s *imap.Server) { s.NoSentCopy = true }},
		"Exchange Online will": {options: fakeimap.Options{Hostname: "outlook.office365.com"}, change: func(_ *world, s *imap.Server) { s.Host = "outlook.office365.com" }},
		"Gmail will": {options: fakeimap.Options{TLS: fakeimap.Plain}, change: func(w *world, s *imap.Server) {
			w.saying(s, "CAPABILITY IMAP4rev1", "CAPABILITY IMAP4rev1 X-GM-EXT-1")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, &c.options, c.change, func(t *testing.T, w *world, s *connector.Session) {
				receipt, err := s.Send(t.Context(), note)
				require.NoError(t, err)
				require.NoError(t, receipt.NoCopy)
				assert.Len(t, w.copies(), c.copies)
				assert.Len(t, w.box.Above(mailstore.Inbox, 0), 1)
			})
		})
	}
}

// TestSentWithoutACopyIsSent refuses the copy in words, too, that mean a throttle elsewhere: the mail must
// not be sent again.
func TestSentWithoutACopyIsSent(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakeimap.Fault{
		"no room":   {Commands: []string{"APPEND"}, Times: -1, Reply: "NO [OVERQUOTA] the mailbox is full"},
		"throttled": {Commands: []string{"APPEND"}, Times: -1, Reply: "BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds"},
		"broken":    {Commands: []string{"APPEND"}, Times: -1, Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, nil, nil, func(t *testing.T, w *world, s *connector.Session) {
				w.fake.Push(fault)
				receipt, err := s.Send(t.Context(), note)
				require.NoError(t, err)
				var none *connector.NoCopyError
				require.ErrorAs(t, receipt.NoCopy, &none)
				assert.Empty(t, w.copies())
				assert.Len(t, w.box.Above(mailstore.Inbox, 0), 1, "it was sent, once")
			})
		})
	}
}

func TestSentOutlivesABrokenConnection(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"SELECT", "SEARCH", "APPEND"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			inBubble(t, nil, nil, func(t *testing.T, w *world, s *connector.Session) {
				w.fake.Push(fakeimap.Fault{Commands: []string{command}, Drop: true})
				receipt, err := s.Send(t.Context(), note)
				require.NoError(t, err)
				require.NoError(t, receipt.NoCopy)
				assert.Len(t, w.copies(), 1)
				assert.Len(t, w.box.Above(mailstore.Inbox, 0), 1)
			})
		})
	}
}

// keepsSent sends by a session on a real server, and finds one copy.
func (r *realRun) keepsSent(t *testing.T) {
	in := r.instance(t)
	s, err := connector.Connect(t.Context(), in.Server, nil)
	require.NoError(t, err)
	defer s.Close()
	draft := note
	draft.To = []string{in.Server.Mailbox()}
	receipt, err := s.Send(t.Context(), draft)
	require.NoError(t, err)
	require.NoError(t, receipt.NoCopy)
	_, err = s.WaitFor(t.Context(), connector.Query{MessageID: receipt.MessageID})
	require.NoError(t, err)
	var copies []connectortest.State
	for _, m := range in.Snapshot() {
		if m.Folder == connector.Sent {
			copies = append(copies, m)
		}
	}
	require.Len(t, copies, 1)
	assert.Equal(t, receipt.MessageID, copies[0].MessageID)
	assert.True(t, copies[0].Read)
}
