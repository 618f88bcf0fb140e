package realserver_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

const letter = "From: shop@example.com\nTo: qa@example.com\nSubject: one\n\n.dot\nHello\n"

// each runs a test on every kind of server.
func each(t *testing.T, o *realserver.Options, test func(t *testing.T, s *realserver.Server)) {
	t.Helper()
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := realserver.New(t, kind, o)
			test(t, s)
			if t.Failed() {
				t.Log(s.Log())
			}
		})
	}
}

// line is a conversation by lines.
type line struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string, config *tls.Config) *line {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Minute)))
	if config != nil {
		conn = tls.Client(conn, config)
	}
	l := &line{conn, bufio.NewReader(conn)}
	l.read(t)
	return l
}

func (l *line) read(t *testing.T) string {
	t.Helper()
	s, err := l.r.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimRight(s, "\r\n")
}

// imap sends a command and returns its last line and what came before.
func (l *line) imap(t *testing.T, command string) (last, before string) {
	t.Helper()
	_, err := fmt.Fprintf(l, "x %s\r\n", command)
	require.NoError(t, err)
	for {
		s := l.read(t)
		if strings.HasPrefix(s, "x ") || strings.HasPrefix(s, "+") {
			return s, before
		}
		before += s + "\n"
	}
}

func TestServersServeWhatTheySay(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, s *realserver.Server) {
		require.NoError(t, s.Deliver(realserver.DefaultUser, []byte(letter)))
		trust := &tls.Config{RootCAs: s.RootCAs, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
		for addr, config := range map[string]*tls.Config{s.IMAP: nil, s.IMAPS: trust} {
			c := dial(t, addr, config)
			ok, _ := c.imap(t, `LOGIN "qa@example.com" secret`)
			require.Contains(t, ok, "x OK")
			_, text := c.imap(t, "SELECT INBOX")
			require.Contains(t, text, "* 1 EXISTS")
			_, text = c.imap(t, "FETCH 1 BODY.PEEK[TEXT]")
			require.Contains(t, text, ".dot")
		}
		for addr, config := range map[string]*tls.Config{s.POP3: nil, s.POP3S: trust} {
			c := dial(t, addr, config)
			for _, step := range [][2]string{{"USER qa@example.com", "+OK"}, {"PASS secret", "+OK"}, {"STAT", "+OK 1 "}, {"QUIT", "+OK"}} {
				_, err := c.Write([]byte(step[0] + "\r\n"))
				require.NoError(t, err)
				require.Contains(t, c.read(t), step[1])
			}
		}
		wrong := dial(t, s.IMAP, nil)
		no, _ := wrong.imap(t, `LOGIN "qa@example.com" guess`)
		require.Contains(t, no, "x NO")
	})
}

func TestMailOutlivesAKill(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, s *realserver.Server) {
		require.NoError(t, s.Deliver(realserver.DefaultUser, []byte(letter)))
		s.Kill()
		_, err := net.Dial("tcp", s.IMAP)
		require.Error(t, err)
		require.Error(t, s.Deliver(realserver.DefaultUser, []byte(letter)))
		require.NoError(t, s.Run())
		require.NoError(t, s.Deliver(realserver.DefaultUser, []byte(letter)))
		c := dial(t, s.IMAP, nil)
		c.imap(t, `LOGIN "qa@example.com" secret`)
		_, text := c.imap(t, "SELECT INBOX")
		require.Contains(t, text, "* 2 EXISTS")
	})
}

func TestPlaceKeepsTheDate(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, s *realserver.Server) {
		require.NoError(t, s.Place(realserver.DefaultUser, "INBOX", []byte(letter), time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)))
		c := dial(t, s.IMAP, nil)
		c.imap(t, `LOGIN "qa@example.com" secret`)
		c.imap(t, "SELECT INBOX")
		_, text := c.imap(t, "FETCH 1 INTERNALDATE")
		require.Contains(t, text, "Feb-2020")
	})
}

// OAuth is Dovecot's alone; it asks the test whose the token is.
func TestDovecotAsksWhoseAToken(t *testing.T) {
	t.Parallel()
	s := realserver.New(t, realserver.Dovecot, &realserver.Options{
		Token: func(token string) (string, bool) { return realserver.DefaultUser, token == "good" }})
	for token, want := range map[string]string{"good": "x OK", "bad": "+ "} {
		c := dial(t, s.IMAP, nil)
		initial := base64.StdEncoding.EncodeToString([]byte("user=qa@example.com\x01auth=Bearer " + token + "\x01\x01"))
		got, _ := c.imap(t, "AUTHENTICATE XOAUTH2 "+initial)
		assert.Contains(t, got, want, token)
	}
}

// Submission is Dovecot's alone, and only with somewhere on this machine to go on to.
func TestDovecotSubmits(t *testing.T) {
	t.Parallel()
	relay, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer relay.Close()
	s := realserver.New(t, realserver.Dovecot, &realserver.Options{Relay: relay.Addr().String()})
	trust := &tls.Config{RootCAs: s.RootCAs, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	for addr, config := range map[string]*tls.Config{s.Submission: nil, s.Submissions: trust} {
		c := dial(t, addr, config)
		_, err := c.Write([]byte("EHLO localhost\r\n"))
		require.NoError(t, err)
		require.Equal(t, "250-localhost", c.read(t))
	}
	without := realserver.New(t, realserver.Dovecot, nil)
	require.Empty(t, without.Submission+without.Submissions)
	for kind, far := range map[realserver.Kind]string{realserver.Dovecot: "192.0.2.1:25", realserver.Cyrus: relay.Addr().String()} {
		_, err = realserver.Start(kind, &realserver.Options{Relay: far})
		require.ErrorContains(t, err, "Options.Relay")
	}
}
