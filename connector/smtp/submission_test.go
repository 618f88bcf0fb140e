package smtp_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// submissionServer is Dovecot's submission service, and the relay behind it: the only place that its mail can go to.
type submissionServer struct {
	*realserver.Server
	me, peer *mailstore.Mailbox // of the relay
}

// realSubmission starts one. Tokens are accepted if they are "good".
func realSubmission(t *testing.T, o *fakesmtp.Options) submissionServer {
	t.Helper()
	store := mailstore.New()
	s := submissionServer{me: store.Add(me), peer: store.Add(peer)}
	relay, err := fakesmtp.Start(store, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, relay.Close()) })
	s.Server = realserver.New(t, realserver.Dovecot, &realserver.Options{Relay: relay.Addr(),
		Token: func(token string) (string, bool) { return me, token == "good" || token == longToken }})
	return s
}

// longToken has the length of one of Entra.
var longToken = strings.Repeat("eyJ0eXAi.", 300)

// sender is one of the server's, by default with TLS and the password.
func (s submissionServer) sender(t *testing.T, change func(*smtp.Server)) *smtp.Sender {
	t.Helper()
	server := smtp.Server{Host: "127.0.0.1", Port: s.Port(s.Submissions), RootCAs: s.RootCAs, Password: connector.Literal(realserver.DefaultPassword)}
	change(&server)
	sender, err := server.Sender(me)
	require.NoError(t, err)
	return sender
}

// TestRealSubmission signs in and sends by a server that no one of this module wrote, with each encryption and
// credential, and is refused with wrong ones.
func TestRealSubmission(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, nil)
	for security, addr := range map[smtp.Security]string{smtp.TLS: server.Submissions, smtp.StartTLS: server.Submission} {
		for kind, wrong := range map[string]string{"password": "mistyped", "token": "expired"} {
			t.Run(string(security)+" "+kind, func(t *testing.T) {
				secret := map[string]string{"password": realserver.DefaultPassword, "token": "good"}[kind]
				with := func(secret string) *smtp.Sender {
					return server.sender(t, func(s *smtp.Server) {
						s.Security, s.Port, s.Password = security, server.Port(addr), connector.Literal(secret)
						if kind == "token" {
							s.Token, s.Password = s.Password, nil
						}
					})
				}
				before := len(server.peer.List(mailstore.Inbox))
				err := with(wrong).Check(t.Context())
				require.ErrorIs(t, err, connector.ErrAuth)
				require.NotContains(t, err.Error(), wrong)
				require.ErrorIs(t, send(t, with(wrong), peer), connector.ErrAuth)
				require.NoError(t, with(secret).Check(t.Context()))
				require.Len(t, server.peer.List(mailstore.Inbox), before)
				require.NoError(t, send(t, with(secret), peer))
				got := server.peer.List(mailstore.Inbox)
				require.Len(t, got, before+1)
				assert.True(t, bytes.HasSuffix(got[0].Raw, []byte("Subject: one\r\n\r\n.dot\r\nBcc: not a field\r\n")), "%q", got[0].Raw)
				assert.NotContains(t, string(got[0].Raw), "blind@")
			})
		}
	}
}

// TestRealLongTokens signs in with tokens of any length: one that makes no line of a command comes when it is asked for,
// and one that is refused is asked for afresh.
func TestRealLongTokens(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, nil)
	for _, wrong := range []string{"expired", strings.Repeat("expired", 300)} {
		s := server.sender(t, func(s *smtp.Server) {
			s.Password, s.Token = nil, func(_ context.Context, refused string) (string, error) {
				return map[string]string{"": wrong, wrong: longToken}[refused], nil
			}
		})
		require.NoError(t, send(t, s, peer))
	}
	require.Len(t, server.peer.List(mailstore.Inbox), 2)
}

// withoutPlain hides that the server knows PLAIN.
type withoutPlain struct{ net.Conn }

func (w withoutPlain) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	return copy(p, bytes.Replace(p[:n], []byte("AUTH PLAIN"), []byte("AUTH"), 1)), err
}

// TestRealLogin signs in by LOGIN, where there is no PLAIN.
func TestRealLogin(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, nil)
	for password, kind := range map[string]error{realserver.DefaultPassword: nil, "mistyped": connector.ErrAuth} {
		s := server.sender(t, func(s *smtp.Server) {
			s.Security, s.Port, s.Password = smtp.Plain, server.Port(server.Submission), connector.Literal(password)
			s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return withoutPlain{conn}, err
			}
		})
		require.ErrorIs(t, send(t, s, peer), kind)
	}
	require.Len(t, server.peer.List(mailstore.Inbox), 1)
	require.Contains(t, server.Log(), "method=LOGIN")
}

// TestRealRefusals sends what a real server does not take: each refusal has its kind, and nothing of it was sent.
func TestRealRefusals(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, &fakesmtp.Options{MaxSize: 100_000})
	s := server.sender(t, func(*smtp.Server) {})
	for _, to := range [][]string{{"nobody@example.com"}, {peer, "somebody@elsewhere.example"}} {
		err := send(t, s, to...)
		require.ErrorIs(t, err, connector.ErrNoMailbox)
		require.ErrorContains(t, err, to[len(to)-1])
	}
	err := s.Send(t.Context(), []string{peer}, strings.NewReader(mail+strings.Repeat("xxxxxxxxxxxxxxxxxx\r\n", 200_000)))
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "larger than the server takes")
	err = send(t, s, "grüße@example.com")
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "SMTPUTF8")
	require.Empty(t, server.peer.List(mailstore.Inbox))
	require.Empty(t, server.me.List(mailstore.Inbox))
	server.Kill()
	require.ErrorIs(t, send(t, s, peer), connector.ErrUnavailable)
}

// TestNothingLeavesTheMachine sends to a foreign recipient: the mail ends at the relay, which says so.
func TestNothingLeavesTheMachine(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, &fakesmtp.Options{AcceptUnknown: true})
	require.NoError(t, send(t, server.sender(t, func(*smtp.Server) {}), "somebody@elsewhere.example"))
	got := server.me.List(mailstore.Inbox)
	require.Len(t, got, 1, "it came back")
	require.Contains(t, string(got[0].Raw), "somebody@elsewhere.example")
	for _, relay := range []string{"smtp.example.com:25", "192.0.2.1:25", "localhost:25"} {
		_, err := realserver.Start(realserver.Dovecot, &realserver.Options{Relay: relay})
		require.ErrorContains(t, err, "is not this machine")
	}
}

// TestRealBytes sends bytes beyond ASCII, and a large mail at the limit: they arrive as they were.
func TestRealBytes(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, nil)
	s := server.sender(t, func(*smtp.Server) {})
	long := "From: qa@example.com\r\nSubject: large\r\n\r\n" + strings.Repeat("..0123456789\r\n", 30<<20/14)
	for _, mail := range []string{"From: qa@example.com\r\nSubject: 8bit\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n", long} {
		require.NoError(t, s.Send(t.Context(), []string{peer}, strings.NewReader(mail)))
		raw := server.peer.List(mailstore.Inbox)[0].Raw
		require.True(t, bytes.HasSuffix(raw, []byte(mail)), "%.200q", raw)
	}
}

// TestRealRoundTrip sends, answers and forwards with sessions that read and submit by real servers alone, by password
// and by token: the mail comes back to the mailbox, and Sent has it once.
func TestRealRoundTrip(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"password", "token"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := realSubmission(t, nil)
			c := &carrier{out: server.me, in: server.Server}
			submission := &smtp.Server{Host: "127.0.0.1", Port: server.Port(server.Submission), Security: smtp.StartTLS, RootCAs: server.RootCAs}
			password, token := connector.Literal(realserver.DefaultPassword), connector.Credential(nil)
			if kind == "token" {
				password, token = nil, connector.Literal("good")
			}
			in := imap.Server{Host: "127.0.0.1", Port: server.Port(server.IMAPS), Address: me, Password: password, Token: token, RootCAs: server.RootCAs, Submission: submission}
			talk(t, c, in)
			talk(t, c, pop3.Server{Host: "127.0.0.1", Port: server.Port(server.POP3S), Address: me, Password: password, Token: token, RootCAs: server.RootCAs, Submission: submission})
			once(t, in, 3)
		})
	}
}

// once looks into Sent: it has n mails, no two of them the same.
func once(t *testing.T, server connector.Server, n int) {
	t.Helper()
	s, err := connector.Connect(t.Context(), server, &connector.Options{Folders: []connector.Folder{connector.Sent}})
	require.NoError(t, err)
	defer s.Close()
	got, err := s.Find(t.Context(), connector.Query{Folder: connector.Sent, Everything: true}, 100)
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, m := range got {
		ids[m.MessageID] = true
	}
	require.Len(t, got, n)
	require.Len(t, ids, n)
}

// TestKilledSubmission kills the server at a step of the transaction: what was not taken is not sent, and once the
// mail is under way the error says that it may have been.
func TestKilledSubmission(t *testing.T) {
	t.Parallel()
	server := realSubmission(t, nil)
	for step, half := range map[string]bool{"AUTH": false, "MAIL": false, "RCPT": false, "DATA": false, "Subject: one": true} {
		kill := server.sender(t, func(s *smtp.Server) {
			s.Security, s.Port = smtp.Plain, server.Port(server.Submission)
			s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return &deadly{Conn: conn, at: step, kill: server.Kill}, err
			}
		})
		err := send(t, kill, peer)
		require.ErrorIs(t, err, connector.ErrUnavailable, step)
		require.Equal(t, half, strings.Contains(err.Error(), "may have been sent"), "%s: %v", step, err)
		require.Empty(t, server.peer.List(mailstore.Inbox), step)
		require.NoError(t, server.Run())
	}
	require.NoError(t, send(t, server.sender(t, func(*smtp.Server) {}), peer))
	require.Len(t, server.peer.List(mailstore.Inbox), 1)
}

// deadly kills the server before it writes some word.
type deadly struct {
	net.Conn
	at   string
	kill func()
}

func (d *deadly) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(d.at)) {
		d.kill()
	}
	return d.Conn.Write(p)
}
