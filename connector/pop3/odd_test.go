package pop3_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// odd is a server of RFC 1939 alone, with a greeting and ids that no other has.
type odd struct {
	greeting string
	apop     bool // knows no USER
	ids      []string

	mu sync.Mutex
}

const oddMail = "Subject: odd\r\n\r\nText.\r\n"

// dial is a connection to it.
func (o *odd) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		_, err := io.WriteString(server, o.greeting+"\r\n")
		for r := bufio.NewReader(server); err == nil; {
			var line string
			if line, err = r.ReadString('\n'); err == nil {
				_, err = io.WriteString(server, o.answer(strings.TrimSpace(line)))
			}
		}
	}()
	return client, nil
}

// answer is what it says to a command.
func (o *odd) answer(line string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	verb, arg, _ := strings.Cut(line, " ")
	n := 0
	_, _ = fmt.Sscan(arg, &n)
	switch verb {
	case "USER", "PASS":
		if o.apop {
			return "-ERR what?\r\n"
		}
	case "APOP":
		if !strings.HasSuffix(arg, fmt.Sprintf(" %x", md5.Sum([]byte("<4711.0815@mail.example.com>secret")))) {
			return "-ERR no\r\n"
		}
	case "UIDL", "LIST":
		out := "+OK\r\n"
		for i, id := range o.ids {
			out += fmt.Sprintln(i+1, map[string]string{"UIDL": id, "LIST": fmt.Sprint(len(oddMail))}[verb]+"\r")
		}
		return out + ".\r\n"
	case "RETR":
		return "+OK\r\n" + oddMail + ".\r\n"
	case "DELE":
		o.ids = slices.Delete(slices.Clone(o.ids), n-1, n)
	case "RSET", "QUIT":
	default:
		return "-ERR what?\r\n"
	}
	return "+OK\r\n"
}

// server is the mailbox at it, with a ledger.
func (o *odd) server(t *testing.T) pop3.Server {
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, root.Close()) })
	return pop3.Server{Host: "localhost", Security: pop3.Plain, Address: "qa@example.com", Password: connector.Literal("secret"),
		Dial: o.dial, Ledger: pop3.LedgerFile{Folder: root}}
}

// TestServerWithoutCAPAAndTOP sees mails where TOP is refused and nothing said so before.
func TestServerWithoutCAPAAndTOP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &odd{greeting: "+OK", ids: []string{"old"}}
		s, err := connector.Connect(t.Context(), o.server(t), nil)
		require.NoError(t, err)
		defer s.Close()
		o.mu.Lock()
		o.ids = append(o.ids, "new", "newer")
		o.mu.Unlock()
		got, err := s.WaitForN(t.Context(), connector.Query{Subject: "odd", Body: "Text."}, 2)
		require.NoError(t, err)
		require.Len(t, got, 2)
	})
}

// TestOddIDs keeps mails apart, and counts their days, by ids that are no ASCII and by one that all share.
func TestOddIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &odd{greeting: "+OK", ids: []string{"\xe9", "\xe8", "same", "same", "ü", `"\xe9"`, "<a&b>\u2028", ".", "\x00"}}
		server := o.server(t)
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		found, err := s.Find(t.Context(), connector.Query{Body: "Text."}, 100)
		require.NoError(t, err)
		require.Len(t, found, len(o.ids))
		require.NoError(t, s.Close())
		time.Sleep(2 * day)
		p, err := server.Plan(t.Context(), pop3.Retention{Days: 2})
		require.NoError(t, err)
		require.Len(t, p.Due, len(o.ids))
	})
}

// TestAPOPInAnOddGreeting takes for the timestamp what has the form of one.
func TestAPOPInAnOddGreeting(t *testing.T) {
	for _, greeting := range []string{"+OK <4711.0815@mail.example.com>", "+OK <b>Welcome</b> to <mail> <4711.0815@mail.example.com> (POP3) <x>"} {
		o := &odd{greeting: greeting, apop: true}
		server := o.server(t)
		server.Auth = pop3.AuthAPOP
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err, greeting)
		require.NoError(t, s.Close())
	}
}

// TestLedgerOfTwoProcesses keeps what one process noted when another writes, that listed the maildrop before.
func TestLedgerOfTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{Shared: true})
		k.deliver("one")
		slow, err := connector.Connect(t.Context(), k.server, nil)
		require.NoError(t, err)
		found, err := slow.Find(t.Context(), connector.Query{Subject: "one", HeadOnly: true}, 1)
		require.NoError(t, err)
		require.Len(t, found, 1)
		k.deliver("two") // its connection does not show it
		k.fetch("two")
		_, err = found[0].Raw(t.Context())
		require.NoError(t, err)
		require.NoError(t, slow.Close())
		time.Sleep(2 * day)
		require.Len(t, k.plan(pop3.Retention{Days: 2}).Due, 2)
	})
}

// twice is a ledger that asks for each change twice, as one in a database does whose write was overtaken.
type twice struct{ pop3.Ledger }

func (l twice) Update(ctx context.Context, change func([]byte) ([]byte, error)) error {
	return l.Ledger.Update(ctx, func(old []byte) ([]byte, error) {
		if _, err := change(old); err != nil {
			return nil, err
		}
		return change(old)
	})
}

// TestPlanListsOnce lists a mail once, however often the ledger asks.
func TestPlanListsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeping(t, fakepop3.Options{})
		k.server.Ledger = twice{k.server.Ledger}
		k.deliver("one")
		k.fetch("one")
		k.deliver("unread")
		time.Sleep(2 * day)
		k.plan(pop3.Retention{Days: 2})
		time.Sleep(2 * day)
		p := k.plan(pop3.Retention{Days: 2})
		require.Len(t, p.Due, 1)
		require.Len(t, p.Unfetched, 1)
	})
}

// TestDropsEverywhere breaks the connections of a wait after any number of bytes: the mail is found once.
func TestDropsEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for cut := 0; cut < 700; cut += 3 {
			store := mailstore.New()
			box := store.Add("qa@example.com")
			fake, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Plain, Users: map[string]string{"qa@example.com": "secret"}, LockWait: 10 * time.Second})
			require.NoError(t, err)
			s, err := connector.Connect(t.Context(), pop3.Server{Host: "localhost", Security: pop3.Plain, Address: "qa@example.com",
				Password: connector.Literal("secret"), Dial: fake.DialContext}, nil)
			require.NoError(t, err)
			fake.CutAfter(cut, cut, cut)
			box.Deliver([]byte("Subject: dropped\r\n\r\n.\r\n..\r\nText.\r\n"), mailstore.Delivery{})
			m, err := s.WaitFor(t.Context(), connector.Query{Body: "Text."})
			require.NoError(t, err, "cut at %d", cut)
			require.Equal(t, ".\n..\nText.", strings.TrimSpace(strings.ReplaceAll(m.Text, "\r\n", "\n")))
			require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Subject: "dropped"}, time.Second))
			require.NoError(t, s.Close())
			require.NoError(t, fake.Close())
		}
	})
}
