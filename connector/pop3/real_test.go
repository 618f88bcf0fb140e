package pop3_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// TestMain lets the laws in real time, which mostly sleep, sleep together; no goroutine outlives the
// tests.
func TestMain(m *testing.M) {
	flag.Parse()
	own := false
	flag.Visit(func(f *flag.Flag) { own = own || f.Name == "test.parallel" })
	if !own {
		_ = flag.Set("test.parallel", "8")
	}
	goleak.VerifyTestMain(m)
}

// TestLawsOnRealServers tries the laws, in real time, on the servers that no one of this module wrote.
func TestLawsOnRealServers(t *testing.T) {
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			run := &realRun{server: realserver.New(t, kind, &realserver.Options{Users: users(mailboxes)})}
			connectortest.Run(t, connectortest.Harness{New: run.instance})
		})
	}
}

// mailboxes are more than there are laws.
const mailboxes = 120

// users are enough mailboxes that each law has one of its own.
func users(n int) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[userName(i)] = realserver.DefaultPassword
	}
	return out
}

func userName(i int) string { return fmt.Sprintf("qa%d@example.com", i) }

// realRun hands out the mailboxes of a server.
type realRun struct {
	server *realserver.Server
	next   atomic.Int64
}

// instance is a fresh mailbox.
func (r *realRun) instance(t *testing.T) *connectortest.Instance {
	user := userName(int(r.next.Add(1)) - 1)
	l := &line{}
	h := &hands{t: t, server: r.server, user: user, line: l}
	server := realMailbox(r.server, user)
	server.Dial = l.dial
	return &connectortest.Instance{
		Server: server, InboxOnly: true,
		Deliver: h.deliver, Unfit: h.unfit,
		Delete: h.delete, Snapshot: h.snapshot,
		Outage: l.outage, Requests: l.count,
	}
}

// realMailbox is a user's, by TLS.
func realMailbox(s *realserver.Server, user string) pop3.Server {
	return pop3.Server{Host: "127.0.0.1", Port: s.Port(s.POP3S), Address: user,
		Password: connector.Literal(realserver.DefaultPassword), RootCAs: s.RootCAs}
}

// line is the network between; it can fail.
type line struct {
	mu    sync.Mutex
	down  int
	dials int
	open  sync.WaitGroup
}

// idle waits until no connection is open.
func (l *line) idle() { l.open.Wait() }

// held is a connection that tells of its end.
type held struct {
	net.Conn
	end func()
}

func (h held) Close() error {
	defer h.end()
	return h.Conn.Close()
}

func (l *line) outage(n int) { l.mu.Lock(); defer l.mu.Unlock(); l.down = n }

func (l *line) count() int { l.mu.Lock(); defer l.mu.Unlock(); return l.dials }

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	l.dials++
	down := l.down != 0
	if down {
		l.down--
	}
	l.mu.Unlock()
	if down {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("the line is down, as the test wants it")}
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return held{c, sync.OnceFunc(l.open.Done)}, nil
}

// hands are somebody else's, in the mailbox, by IMAP.
type hands struct {
	t      *testing.T
	server *realserver.Server
	user   string
	line   *line
}

func (h *hands) must(err error) {
	if err != nil {
		h.t.Errorf("the harness: %v", err)
	}
}

// deliver brings a mail. One that the server refuses does not come: that hides no other.
func (h *hands) deliver(raw []byte) {
	if err := h.server.Deliver(h.user, raw); err != nil && !strings.Contains(err.Error(), "5.6.0 Message contains") {
		h.must(err)
	}
}

// unfit reports whether a server does not hand on a mail as it is: it takes no NUL, mends
// line ends CR CR LF, Cyrus adds a
// Message-ID, and what else is refused shows in a mailbox that nobody reads.
func (h *hands) unfit(raw []byte) bool {
	noID := !bytes.Contains(bytes.ToLower(raw), []byte("message-id:"))
	return bytes.IndexByte(raw, 0) >= 0 || bytes.Contains(raw, []byte("\r\r")) || noID && h.server.Kind == realserver.Cyrus || h.server.Deliver(userName(mailboxes-1), raw) != nil
}

// inbox runs something on a connection of its own.
func (h *hands) inbox(do func(c *imapclient.Client, mails uint32) error) {
	h.must(func() error {
		c, err := imapclient.DialInsecure(h.server.IMAP, nil)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Login(h.user, realserver.DefaultPassword).Wait(); err != nil {
			return err
		}
		selected, err := c.Select("INBOX", nil).Wait()
		if err != nil {
			return err
		}
		return do(c, selected.NumMessages)
	}())
}

// delete deletes a mail when the session has left the maildrop: what one connection was shown, Cyrus
// shows in it to the end, half a second after its last use.
func (h *hands) delete(id string) {
	h.line.idle()
	h.inbox(func(c *imapclient.Client, _ uint32) error {
		found, err := c.UIDSearch(&goimap.SearchCriteria{Header: []goimap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
		if err != nil {
			return err
		}
		err = c.Store(goimap.UIDSetNum(found.AllUIDs()...), &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Flags: []goimap.Flag{goimap.FlagDeleted}}, nil).Close()
		return errors.Join(err, c.Expunge().Close())
	})
}

// snapshot tells of the inbox; \Recent is set by looking.
func (h *hands) snapshot() (out []connectortest.State) {
	h.inbox(func(c *imapclient.Client, mails uint32) error {
		if mails == 0 {
			return nil
		}
		all := goimap.SeqSet{{Start: 1, Stop: mails}}
		got, err := c.Fetch(all, &goimap.FetchOptions{Envelope: true, Flags: true}).Collect()
		for _, m := range got {
			s := connectortest.State{MessageID: m.Envelope.MessageID, Folder: connector.Inbox}
			for _, f := range m.Flags {
				s.Read = s.Read || f == goimap.FlagSeen
				if f != "\\Recent" {
					s.Flags += string(f) + " "
				}
			}
			out = append(out, s)
		}
		return err
	})
	return out
}

// TestRealLogins logs in to each server by each way that it offers, with STLS and with TLS.
func TestRealLogins(t *testing.T) {
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := realserver.New(t, kind, &realserver.Options{
				Token: func(token string) (string, bool) { return realserver.DefaultUser, token == "good" }})
			ways := []pop3.Auth{"", pop3.AuthUser, pop3.AuthPlain}
			if kind == realserver.Dovecot {
				ways = append(ways, pop3.AuthLogin, pop3.AuthXOAUTH2, pop3.AuthOAuthBearer)
			}
			for _, way := range ways {
				for _, security := range []pop3.Security{pop3.TLS, pop3.StartTLS} {
					realLogin(t, server, way, security)
				}
			}
		})
	}
}

func realLogin(t *testing.T, server *realserver.Server, way pop3.Auth, security pop3.Security) {
	t.Helper()
	p := realMailbox(server, realserver.DefaultUser)
	p.Auth, p.Security = way, security
	if security == pop3.StartTLS {
		p.Port = server.Port(server.POP3)
	}
	good, bad := realserver.DefaultPassword, "wrong"
	set := func(secret string) { p.Password = connector.Literal(secret) }
	if way == pop3.AuthXOAUTH2 || way == pop3.AuthOAuthBearer {
		good, p.Password = "good", nil
		set = func(secret string) { p.Token = connector.Literal(secret) }
	}
	set(good)
	s, err := connector.Connect(t.Context(), p, nil)
	require.NoError(t, err, "%s by %s: %s", way, security, server.Log())
	require.NoError(t, s.Close())
	set(bad)
	_, err = connector.Connect(t.Context(), p, nil)
	require.ErrorIs(t, err, connector.ErrAuth, "%s by %s", way, security)
	require.NotContains(t, err.Error(), bad+"\x01")
}

// TestKilledServer kills each server while a mail is downloaded and starts it again: nothing is lost
// and nothing is repeated.
func TestKilledServer(t *testing.T) {
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := realserver.New(t, kind, nil)
			mailbox, tap := realMailbox(server, realserver.DefaultUser), &tap{}
			mailbox.Dial = tap.dial
			s, err := connector.Connect(t.Context(), mailbox, nil)
			require.NoError(t, err)
			defer s.Close()
			big := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100_000)
			for i := range kills() {
				subject := fmt.Sprintf("mail %d of %s", i, kind)
				require.NoError(t, server.Deliver(realserver.DefaultUser, fmt.Appendf(nil, "Subject: %s\r\nMessage-ID: <%d@example.com>\r\n\r\n%s", subject, i, big)))
				reached := tap.after((i%6 + 1) << 20)
				done := make(chan error, 1)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				go func() {
					defer cancel()
					m, err := s.WaitFor(ctx, connector.Query{Body: "xxx"})
					if err == nil && m.Subject != subject {
						err = fmt.Errorf("%q came in the place of %q", m.Subject, subject)
					}
					done <- err
				}()
				select {
				case <-reached: // each time at another point of the download
				case err := <-done: // a fast machine, or a failure
					require.NoError(t, err)
					done <- nil
				}
				server.Kill()
				require.NoError(t, server.Run())
				require.NoError(t, <-done)
			}
			require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Everything: true}, 0), "nothing is repeated")
		})
	}
}

// kills is how often a server is killed.
func kills() int {
	if os.Getenv("CLOUDMAIL_SOAK") != "" {
		return 200
	}
	return 5
}

// tap sees how much comes over the line.
type tap struct {
	mu      sync.Mutex
	left    int
	reached chan struct{}
}

// after returns a channel that is closed when so many bytes have come.
func (p *tap) after(n int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.reached = n, make(chan struct{})
	return p.reached
}

func (p *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return tapped{c, p}, err
}

type tapped struct {
	net.Conn
	tap *tap
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	if c.tap.left > 0 && c.tap.left <= n {
		close(c.tap.reached)
	}
	c.tap.left -= n
	return n, err
}
