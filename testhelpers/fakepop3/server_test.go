package fakepop3_test

import (
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user = "qa@example.com"
	mail = "Subject: one\r\n\r\n.dot\r\n..\r\nlone \n.lf\r\nend"
)

// client is the standard library's reader of such protocols.
type client struct {
	*textproto.Conn
	t        *testing.T
	greeting string
}

func dial(t *testing.T, s *fakepop3.Server) *client {
	t.Helper()
	conn, err := s.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	return greet(t, conn)
}

func greet(t *testing.T, conn net.Conn) *client {
	t.Helper()
	c := &client{textproto.NewConn(conn), t, ""}
	t.Cleanup(func() { _ = c.Close() })
	c.greeting = c.line()
	return c
}

func (c *client) line() string {
	c.t.Helper()
	l, err := c.ReadLine()
	require.NoError(c.t, err)
	return l
}

func (c *client) say(format string, args ...any) string {
	c.t.Helper()
	require.NoError(c.t, c.PrintfLine(format, args...))
	return c.line()
}

func (c *client) list(command string) []string {
	c.t.Helper()
	require.Equal(c.t, "+OK", c.say("%s", command))
	lines, err := c.ReadDotLines()
	require.NoError(c.t, err)
	return lines
}

func (c *client) login() {
	c.t.Helper()
	require.Equal(c.t, "+OK", c.say("USER "+user))
	require.Equal(c.t, "+OK Logged in.", c.say("PASS secret"))
}

// server is a fake with one mailbox; o has its user.
func server(t *testing.T, o fakepop3.Options) (*fakepop3.Server, *mailstore.Mailbox) {
	t.Helper()
	store := mailstore.New()
	box := store.Add(user)
	o.Users, o.Tokens = map[string]string{user: "secret"}, map[string]string{user: "token"}
	s, err := fakepop3.New(store, &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, box
}

func deliver(box *mailstore.Mailbox, raw string) mailstore.Message {
	return box.Deliver([]byte(raw), mailstore.Delivery{NoTrace: true})
}

// TestSession goes through a session as RFC 1939 describes it.
func TestSession(t *testing.T) {
	s, box := server(t, fakepop3.Options{TLS: fakepop3.Plain})
	deliver(box, mail)
	deliver(box, "Subject: two\r\n\r\n1\r\n2\r\n3\r\n")
	c := dial(t, s)
	require.Equal(t, "-ERR not now", c.say("STAT"))
	c.login()
	size := len(mail) + 2
	require.Equal(t, fmt.Sprintf("+OK 2 %d", size+25), c.say("STAT"))
	require.Equal(t, []string{fmt.Sprint("1 ", size), "2 25"}, c.list("LIST"))
	uids := c.list("UIDL")
	require.Len(t, uids, 2)
	require.Equal(t, "+OK "+uids[1], c.say("UIDL 2"))

	require.Equal(t, fmt.Sprintf("+OK %d octets", size), c.say("RETR 1"))
	raw := make([]byte, size+2+3) // two dots doubled, a dot behind a lone LF not
	_, err := io.ReadFull(c.R, raw)
	require.NoError(t, err)
	require.Equal(t, "Subject: one\r\n\r\n..dot\r\n...\r\nlone \n.lf\r\nend\r\n.\r\n", string(raw))
	require.Equal(t, "+OK", c.say("TOP 2 1"))
	lines, err := c.ReadDotLines()
	require.NoError(t, err)
	require.Equal(t, []string{"Subject: two", "", "1"}, lines)

	deliver(box, "Subject: later\r\n\r\n")
	require.Len(t, c.list("UIDL"), 2, "what comes after the login is not seen")
	require.Equal(t, "+OK marked", c.say("DELE 1"))
	require.Equal(t, "-ERR no such message", c.say("RETR 1"))
	require.Len(t, box.List(mailstore.Inbox), 3, "nothing is deleted before QUIT")
	require.Equal(t, "+OK bye", c.say("QUIT"))
	require.Len(t, box.List(mailstore.Inbox), 2)
}

// TestDropDeletesNothing ends a connection without QUIT.
func TestDropDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, box := server(t, fakepop3.Options{TLS: fakepop3.Plain})
		deliver(box, mail)
		c := dial(t, s)
		c.login()
		require.Equal(t, "+OK marked", c.say("DELE 1"))
		require.NoError(t, c.Close())
		synctest.Wait()
		require.Len(t, box.List(mailstore.Inbox), 1)
	})
}

// TestLogins tries each way, right and wrong.
func TestLogins(t *testing.T) {
	s, _ := server(t, fakepop3.Options{TLS: fakepop3.Plain, Shared: true})
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	ok, no := "+OK Logged in.", "-ERR [AUTH] Authentication failed."
	for i, want := range map[string]string{"secret": ok, "wrong": no} {
		c := dial(t, s)
		stamp := c.greeting[strings.IndexByte(c.greeting, '<'):]
		sum := md5.Sum([]byte(stamp + i))
		assert.Equal(t, want, c.say("APOP %s %s", user, hex.EncodeToString(sum[:])))
		assert.Equal(t, want, dial(t, s).say("AUTH PLAIN %s", b64("\x00"+user+"\x00"+i)))
		c = dial(t, s)
		c.say("AUTH LOGIN")
		c.say("%s", b64(user))
		assert.Equal(t, want, c.say("%s", b64(i)))
	}
	for token, want := range map[string]string{"token": ok, "wrong": no} {
		for mechanism, response := range map[string]string{
			"XOAUTH2":     "user=" + user + "\x01auth=Bearer " + token + "\x01\x01",
			"OAUTHBEARER": "n,a=" + user + ",\x01host=h\x01port=1\x01auth=Bearer " + token + "\x01\x01",
		} {
			c := dial(t, s)
			require.Equal(t, "+ ", c.say("AUTH %s", mechanism))
			got := c.say("%s", b64(response))
			if want == no {
				require.True(t, strings.HasPrefix(got, "+ "), got)
				got = c.say("AQ==")
			}
			assert.Equal(t, want, got, mechanism)
		}
	}
	require.NotContains(t, strings.Join(s.Commands(), "\n"), b64("secret"))
}

// TestLock refuses a second client, after the time to wait.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := server(t, fakepop3.Options{TLS: fakepop3.Plain, LockWait: 9 * time.Second})
		first := dial(t, s)
		first.login()
		second := dial(t, s)
		second.say("USER " + user)
		start := time.Now()
		require.Equal(t, "-ERR [IN-USE] Mailbox is locked by another POP3 session.", second.say("PASS secret"))
		require.Equal(t, 9*time.Second, time.Since(start))
		time.AfterFunc(3*time.Second, func() { _ = first.Close() })
		second.login()
		require.Equal(t, 12*time.Second, time.Since(start))
	})
}

// TestTLS begins TLS in both ways, and refuses a login before.
func TestTLS(t *testing.T) {
	s, _ := server(t, fakepop3.Options{TLS: fakepop3.StartTLS})
	conn, err := s.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	c := greet(t, conn)
	require.Equal(t, "-ERR begin TLS first", c.say("USER "+user))
	require.Contains(t, c.list("CAPA"), "STLS")
	require.Equal(t, "+OK begin TLS", c.say("STLS"))
	secure := tls.Client(conn, s.TLSConfig())
	c.Conn = textproto.NewConn(secure)
	require.NotContains(t, c.list("CAPA"), "STLS")
	c.login()

	s, _ = server(t, fakepop3.Options{TLS: fakepop3.Implicit})
	conn, err = s.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	greet(t, tls.Client(conn, s.TLSConfig())).login()
}

// TestFaults makes each fault happen.
func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, box := server(t, fakepop3.Options{TLS: fakepop3.Plain})
		deliver(box, mail)
		s.Throttle(1, 7*time.Second)
		c := dial(t, s)
		require.Contains(t, c.list("CAPA"), "LOGIN-DELAY 7")
		c.say("USER " + user)
		require.Equal(t, "-ERR [LOGIN-DELAY] minimum time between logins not reached", c.say("PASS secret"))
		c.login()
		before := c.list("UIDL")
		s.ChangeUIDs()
		require.Equal(t, before, c.list("UIDL"), "not within a session")
		require.NoError(t, c.Close())
		synctest.Wait() // the maildrop is released

		s.Vanish(1)
		c = dial(t, s)
		c.login()
		require.NotEqual(t, before, c.list("UIDL"))
		require.Equal(t, "-ERR no such message", c.say("RETR 1"))
		require.NoError(t, c.Close())
		synctest.Wait() // the maildrop is released

		s.CutAfter(3)
		conn, err := s.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		got, _ := io.ReadAll(conn)
		require.Equal(t, "+OK", string(got))
		s.Outage(1)
		conn, err = s.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		got, _ = io.ReadAll(conn)
		require.Empty(t, got)
		s.Delay(time.Minute)
		start := time.Now()
		dial(t, s)
		require.Equal(t, time.Minute, time.Since(start))
		require.Equal(t, 5, s.Connections())
	})
}

// TestCloseDoesNotWaitForGreetings ends a session whose greeting is hours away.
func TestCloseDoesNotWaitForGreetings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := server(t, fakepop3.Options{TLS: fakepop3.Plain})
		s.Delay(time.Hour)
		conn, err := s.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		synctest.Wait()
		start := time.Now()
		require.NoError(t, s.Close())
		require.Zero(t, time.Since(start))
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}
