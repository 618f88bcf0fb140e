package pop3_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const (
	attackedUser   = "somebody@example.com"
	attackedSecret = "sesame-4711"
)

// middle is somebody on the line. What the client sends is recorded as it goes over the wire.
type middle struct {
	mu   sync.Mutex
	said bytes.Buffer
	work sync.WaitGroup
}

// dial answers the client by script.
func (m *middle) dial(script func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		_ = server.SetDeadline(time.Now().Add(time.Minute))
		m.work.Go(func() {
			defer server.Close()
			script(server)
			_, _ = io.Copy(io.Discard, server)
		})
		return recorded{client, m}, nil
	}
}

// heard is what the client has said.
func (m *middle) heard() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.said.String()
}

type recorded struct {
	net.Conn
	m *middle
}

func (r recorded) Write(p []byte) (int, error) {
	r.m.mu.Lock()
	r.m.said.Write(p)
	r.m.mu.Unlock()
	return r.Conn.Write(p)
}

// chat sends lines, one for each that the client says; the first is the greeting.
func chat(lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for i, l := range lines {
			if i > 0 {
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
			}
			if _, err := io.WriteString(c, l); err != nil {
				return
			}
		}
	}
}

// withTLS says lines and begins TLS with a certificate, then goes on.
func withTLS(cert tls.Certificate, before func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if before != nil {
			before(c)
		}
		t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, SessionTicketsDisabled: true})
		if t.Handshake() == nil {
			chat("+OK secure\r\n", "+OK\r\nUSER\r\n.\r\n", "+OK\r\n", "+OK\r\n")(t)
		}
	}
}

// TestAttacks puts somebody between who strips, injects and pretends, in 112 combinations: no byte of
// a credential goes in the clear, and the login never succeeds.
func TestAttacks(t *testing.T) {
	ca, err := fakehttp.NewCA()
	require.NoError(t, err)
	foreign, err := fakehttp.NewCA()
	require.NoError(t, err)
	wrongCA, err := foreign.Issue("mail.example.com")
	require.NoError(t, err)
	wrongName, err := ca.Issue("other.example.com")
	require.NoError(t, err)
	greeting, capa := "+OK hello <1.2@x>\r\n", "+OK\r\nUSER\r\nSASL PLAIN XOAUTH2\r\n.\r\n"
	scripts := map[pop3.Security]map[string]func(net.Conn){
		pop3.StartTLS: {
			"refused":                 chat(greeting, "-ERR no TLS today\r\n", capa, "+OK\r\n", "+OK\r\n"),
			"refused as locked":       chat(greeting, "-ERR [IN-USE] later\r\n", capa, "+OK\r\n"),
			"nonsense":                chat(greeting, "what?\r\n", "+OK\r\n"),
			"challenged":              chat(greeting, "+ \r\n", "+OK\r\n", "+OK\r\n"),
			"injected answers":        chat(greeting, "+OK begin\r\n"+capa+"+OK\r\n+OK\r\n", "+OK\r\n"),
			"injected byte":           chat(greeting, "+OK begin\r\n+", "+OK\r\n"),
			"no TLS behind":           chat(greeting, "+OK begin\r\n", capa, "+OK\r\n", "+OK\r\n"),
			"already in, it says":     chat("+OK logged in\r\n", "-ERR not now\r\n", "+OK\r\n"),
			"wrong authority":         withTLS(wrongCA, chat(greeting, "+OK begin\r\n")),
			"wrong name":              withTLS(wrongName, chat(greeting, "+OK begin\r\n")),
			"greeting is refusal":     chat("-ERR [SYS/TEMP] away\r\n", "+OK\r\n"),
			"greeting without an end": func(c net.Conn) { _, _ = c.Write(bytes.Repeat([]byte("x"), 100_000)) },
		},
		pop3.TLS: {
			"plain from the start": chat(greeting, capa, "+OK\r\n", "+OK\r\n"),
			"closed":               func(c net.Conn) { _ = c.Close() },
			"wrong authority":      withTLS(wrongCA, nil),
			"wrong name":           withTLS(wrongName, nil),
		},
	}
	cases := 0
	for security, all := range scripts {
		for name, script := range all {
			for _, way := range []pop3.Auth{"", pop3.AuthUser, pop3.AuthAPOP, pop3.AuthPlain, pop3.AuthLogin, pop3.AuthXOAUTH2, pop3.AuthOAuthBearer} {
				if way == pop3.AuthAPOP && security == pop3.StartTLS {
					way = pop3.AuthUser // APOP is refused before the first byte
				}
				synctest.Test(t, func(t *testing.T) {
					attack(t, pop3.Server{Host: "mail.example.com", Address: attackedUser, Security: security, Auth: way, RootCAs: ca.Pool()}, script, name)
				})
				cases++
			}
		}
	}
	require.Equal(t, 112, cases)
}

// attack opens a mailbox over the script.
func attack(t *testing.T, s pop3.Server, script func(net.Conn), name string) {
	m := &middle{}
	s.Dial = m.dial(script)
	s.Password = connector.Literal(attackedSecret)
	if s.Auth == pop3.AuthXOAUTH2 || s.Auth == pop3.AuthOAuthBearer {
		s.Password, s.Token = nil, s.Password
	}
	_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
	m.work.Wait()
	require.Error(t, err, "%s: %s with %s", s.Security, name, s.Auth)
	for _, secret := range secretForms() {
		require.NotContains(t, m.heard(), secret, "%s: %s with %s", s.Security, name, s.Auth)
	}
}

// secretForms are how user and secret could go over a line.
func secretForms() []string {
	out := []string{attackedUser, attackedSecret}
	for _, s := range []string{"\x00" + attackedUser + "\x00" + attackedSecret, attackedUser, attackedSecret, "user=" + attackedUser, "n,a=" + attackedUser} {
		out = append(out, base64.StdEncoding.EncodeToString([]byte(s))[:len(s)/3*4])
	}
	return out
}

// TestHostileValues refuses control characters before the first byte, and sends all else as one word
// of the command that it is for.
func TestHostileValues(t *testing.T) {
	for _, bad := range []string{"a\r\nDELE 1", "a\nQUIT", "a\x00b"} {
		m := &middle{}
		base := pop3.Server{Host: "127.0.0.1", Address: attackedUser, Security: pop3.Plain, Password: connector.Literal("x"),
			Dial: m.dial(chat("+OK\r\n", "-ERR\r\n", "+OK\r\n"))}
		user, address, host, secret := base, base, base, base
		user.User, address.Address, host.Host, secret.Password = bad, bad, bad, connector.Literal(bad)
		for _, s := range []pop3.Server{user, address, host, secret} {
			_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
			require.ErrorIs(t, err, connector.ErrConfig)
		}
		m.work.Wait()
		require.Equal(t, "CAPA\r\n", m.heard(), "only the secret is looked at after the server was asked what it can")
	}
}

// TestRefusedLogins tells a maildrop that is busy from an account that is locked, and both from a secret that is
// wrong and a server that wants TLS first.
func TestRefusedLogins(t *testing.T) {
	for text, want := range map[string]error{
		"[IN-USE] Do you have another POP session running?":                               connector.ErrUnavailable,
		"maildrop already locked":                                                         connector.ErrUnavailable,
		"account is locked by another session":                                            connector.ErrUnavailable,
		"[AUTH] your account is locked":                                                   connector.ErrPermission,
		"this account has been suspended":                                                 connector.ErrPermission,
		"[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.": connector.ErrConfig,
		"must issue a STLS command first":                                                 connector.ErrConfig,
		"[AUTH] Authentication failed.":                                                   connector.ErrAuth,
		"[LOGIN-DELAY] minimum time between mail checks violation":                        connector.ErrThrottled,
		"[SYS/TEMP] Server Error. Please try again later.":                                connector.ErrUnavailable,
	} {
		m := &middle{}
		_, err := pop3.Server{Host: "127.0.0.1", Address: attackedUser, Security: pop3.Plain, Password: connector.Literal(attackedSecret),
			Dial: m.dial(chat("+OK\r\n", "-ERR no CAPA\r\n", "+OK\r\n", "-ERR "+text+"\r\n", "+OK\r\n"))}.Open(t.Context(), []connector.Folder{connector.Inbox})
		require.ErrorIs(t, err, want, text)
		m.work.Wait()
	}
}

// TestHostileIDs fetches ten thousand ids that no server gave: what is sent does not depend on them.
func TestHostileIDs(t *testing.T) {
	fake, s := hostileServer(t)
	b, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.(io.Closer).Close()) }()
	for i := range hostile / 5 {
		for _, id := range []string{fmt.Sprint(i, "\r\nDELE 1"), fmt.Sprint("1\nQUIT ", i), fmt.Sprint(i), strings.Repeat("x", i%3000), fmt.Sprintf("\x00%d", i)} {
			_, err := b.Fetch(t.Context(), id, connector.DepthWhole)
			require.ErrorIs(t, err, connector.ErrNotFound)
		}
	}
	known := map[string]bool{"CAPA": true, "USER qa@example.com": true, "PASS ***": true, "UIDL": true, "LIST": true, "QUIT": true}
	for _, c := range fake.Commands() {
		require.True(t, known[c], "%q", c)
	}
}

// TestHostileUsers logs in by ten thousand names: the server's log is what the names say, and no name with a
// line break or a NUL makes a connection.
func TestHostileUsers(t *testing.T) {
	fake, s := hostileServer(t)
	var want []string
	for i := range hostile / 5 {
		for _, name := range []string{fmt.Sprintf(`"q%d" OR 1=1`, i), fmt.Sprintf("%d%%s%%n {4096+} \\ \x7f\t<>", i), fmt.Sprintf("ü%d\u2028\u202e", i), strings.Repeat("n", i%200+1), fmt.Sprintf("\xff\xfe%d", i)} {
			s.User = name
			_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
			require.ErrorIs(t, err, connector.ErrAuth, "%q", name)
			want = append(want, "CAPA", "USER "+name, "PASS ***")
			before := fake.Connections()
			for _, bad := range []string{"\r\nQUIT", "\nDELE 1", "\x00"} {
				s.User = name + bad
				_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
				require.ErrorIs(t, err, connector.ErrConfig)
			}
			require.Equal(t, before, fake.Connections())
		}
	}
	require.Equal(t, want, fake.Commands())
}

// hostile is how many values are tried.
const hostile = 10_000

// hostileServer has one mail.
func hostileServer(t *testing.T) (*fakepop3.Server, pop3.Server) {
	t.Helper()
	store := mailstore.New()
	store.Add("qa@example.com").Deliver([]byte("Subject: one\r\n\r\n"), mailstore.Delivery{})
	fake, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Plain, LockWait: time.Minute, Users: map[string]string{"qa@example.com": "secret"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fake.Close()) })
	return fake, pop3.Server{Host: "localhost", Security: pop3.Plain, Address: "qa@example.com", Password: connector.Literal("secret"), Dial: fake.DialContext}
}
