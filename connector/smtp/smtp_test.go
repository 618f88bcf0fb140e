package smtp_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	me   = "qa@example.com"
	peer = "peer@example.com"
	mail = "From: qa@example.com\r\nTo: peer@example.com\r\nBcc: blind@example.com,\r\n more@example.com\r\nSubject: one\r\n\r\n.dot\r\nBcc: not a field\r\n"
)

// world is a server, its store and a submission to it that changes.
func world(t *testing.T, o *fakesmtp.Options, change func(*smtp.Server)) (*fakesmtp.Server, *mailstore.Mailbox, *smtp.Sender) {
	t.Helper()
	store := mailstore.New()
	store.Add(me)
	box := store.Add(peer)
	fake, err := fakesmtp.Start(store, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fake.Close()) })
	s := smtp.Server{Host: "localhost", Password: connector.Literal("secret"), RootCAs: fake.CertPool,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, fake.Addr())
		}}
	change(&s)
	sender, err := s.Sender(me)
	require.NoError(t, err)
	return fake, box, sender
}

func send(t *testing.T, s *smtp.Sender, to ...string) error {
	return s.Send(t.Context(), to, strings.NewReader(mail))
}

var users = map[string]string{me: "secret"}

// TestWays sends by each kind of encryption and credential.
func TestWays(t *testing.T) {
	for name, c := range map[string]struct {
		options fakesmtp.Options
		change  func(*smtp.Server)
	}{
		"tls":      {fakesmtp.Options{TLS: fakesmtp.Implicit, Users: users}, func(*smtp.Server) {}},
		"starttls": {fakesmtp.Options{TLS: fakesmtp.StartTLS, Users: users}, func(s *smtp.Server) { s.Security = smtp.StartTLS }},
		"plain":    {fakesmtp.Options{Users: users}, func(s *smtp.Server) { s.Security = smtp.Plain }},
		"xoauth2": {fakesmtp.Options{TLS: fakesmtp.StartTLS, Tokens: map[string]string{me: "token"}}, func(s *smtp.Server) {
			s.Security, s.Password, s.Token = smtp.StartTLS, nil, connector.Literal("token")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, box, s := world(t, &c.options, c.change)
			require.NoError(t, s.Check(t.Context()))
			require.NoError(t, send(t, s, peer))
			got := box.List(mailstore.Inbox)
			require.Len(t, got, 1)
			assert.True(t, strings.HasSuffix(string(got[0].Raw), "Subject: one\r\n\r\n.dot\r\nBcc: not a field\r\n"), "%q", got[0].Raw)
			assert.NotContains(t, string(got[0].Raw), "blind@")
			assert.NotContains(t, string(got[0].Raw), "more@")
		})
	}
}

// TestRefusals gives each refusal its kind; what is refused for now was not sent.
func TestRefusals(t *testing.T) {
	fake, box, s := world(t, &fakesmtp.Options{TLS: fakesmtp.Implicit, Users: users, MaxSize: 2000}, func(*smtp.Server) {})
	for _, c := range []struct {
		fault fakesmtp.Fault
		kind  error
	}{
		{fakesmtp.Fault{Stage: fakesmtp.AtMail, Code: 421}, connector.ErrThrottled},
		{fakesmtp.Fault{Stage: fakesmtp.AtRcpt, Code: 450, Enhanced: "4.7.1"}, connector.ErrThrottled},
		{fakesmtp.Fault{Stage: fakesmtp.AtData, Code: 452}, connector.ErrThrottled},
		{fakesmtp.Fault{Stage: fakesmtp.AtMail, Code: 550, Enhanced: "5.7.60"}, connector.ErrPermission},
		{fakesmtp.Fault{Stage: fakesmtp.AtRcpt, Code: 550, Enhanced: "5.1.1"}, connector.ErrNoMailbox},
		{fakesmtp.Fault{Stage: fakesmtp.AtData, Code: 554, Enhanced: "5.6.0"}, connector.ErrUnexpected},
		{fakesmtp.Fault{Stage: fakesmtp.AtMail, Drop: true}, connector.ErrUnavailable},
	} {
		fake.Push(c.fault)
		require.ErrorIs(t, send(t, s, peer), c.kind, "%+v", c.fault)
	}
	require.ErrorIs(t, send(t, s, peer, "nobody@example.com"), connector.ErrNoMailbox)
	err := s.Send(t.Context(), []string{peer}, strings.NewReader(mail+strings.Repeat("xxxxxxxxxxxxxxxxxx\r\n", 200)))
	require.ErrorIs(t, err, connector.ErrConfig)
	require.Empty(t, box.List(mailstore.Inbox), "nothing of it was sent")

	fake.Push(fakesmtp.Fault{Stage: fakesmtp.AfterData, Drop: true})
	err = send(t, s, peer)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	require.ErrorContains(t, err, "may have been sent")
	require.Len(t, box.List(mailstore.Inbox), 1)
}

// TestRotation asks once for another secret, and not for ever.
func TestRotation(t *testing.T) {
	var asked []string
	_, _, s := world(t, &fakesmtp.Options{TLS: fakesmtp.Implicit, Users: users}, func(s *smtp.Server) {
		s.Password = func(_ context.Context, refused string) (string, error) {
			asked = append(asked, refused)
			return map[string]string{"": "old", "old": "secret"}[refused], nil
		}
	})
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Check(t.Context()))
	require.Equal(t, []string{"", "old"}, asked)

	_, _, s = world(t, &fakesmtp.Options{TLS: fakesmtp.Implicit, Users: users}, func(s *smtp.Server) { s.Password = connector.Literal("wrong") })
	require.ErrorIs(t, s.Check(t.Context()), connector.ErrAuth)
}

// TestFields refuses before the first connection what cannot work.
func TestFields(t *testing.T) {
	good := smtp.Server{Host: "localhost", Password: connector.Literal("x")}
	for name, change := range map[string]func(*smtp.Server){
		"no host":        func(s *smtp.Server) { s.Host = " " },
		"port in host":   func(s *smtp.Server) { s.Host = "localhost:25" },
		"wrong port":     func(s *smtp.Server) { s.Port = 70000 },
		"no credential":  func(s *smtp.Server) { s.Password = nil },
		"two":            func(s *smtp.Server) { s.Token = s.Password },
		"line break":     func(s *smtp.Server) { s.User = "a\r\nb" },
		"plain, far off": func(s *smtp.Server) { s.Host, s.Security = "mail.example.com", smtp.Plain },
		"no such":        func(s *smtp.Server) { s.Security = "none" },
	} {
		s := good
		change(&s)
		_, err := s.Sender(me)
		require.ErrorIs(t, err, connector.ErrConfig, name)
	}
	_, err := good.Sender("nonsense")
	require.ErrorIs(t, err, connector.ErrConfig)
}

// TestStrippedSTARTTLS sees that no secret leaves where TLS does not begin: the server's words are
// those of somebody in the middle.
func TestStrippedSTARTTLS(t *testing.T) {
	for _, answer := range []string{"250 AUTH PLAIN LOGIN XOAUTH2\r\n", "250-AUTH PLAIN\r\n250 STARTTLS\r\n"} {
		var mu sync.Mutex
		var said []string
		s := smtp.Server{Host: "localhost", Security: smtp.StartTLS, Password: connector.Literal("geheim"),
			Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() {
					defer server.Close()
					_ = server.SetDeadline(time.Now().Add(time.Minute))
					_, _ = server.Write([]byte("220 hello\r\n"))
					for r := bufio.NewReader(server); ; {
						line, err := r.ReadString('\n')
						mu.Lock()
						said = append(said, line)
						mu.Unlock()
						if err != nil {
							return
						}
						if strings.HasPrefix(line, "EHLO") {
							_, _ = server.Write([]byte("250-hello\r\n" + answer))
						} else {
							_, _ = server.Write([]byte("454 not now\r\n"))
						}
					}
				}()
				return client, nil
			}}
		sender, err := s.Sender(me)
		require.NoError(t, err)
		require.ErrorIs(t, sender.Check(t.Context()), connector.ErrConfig)
		mu.Lock()
		require.NotContains(t, strings.Join(said, ""), "AUTH")
		mu.Unlock()
	}
}

// TestPorts dials 465 with TLS from the first byte and 587 without, where no port is named.
func TestPorts(t *testing.T) {
	for security, want := range map[smtp.Security]string{"": "mail.example.com:465", smtp.TLS: "mail.example.com:465", smtp.StartTLS: "mail.example.com:587"} {
		var dialled string
		s, err := smtp.Server{Host: "mail.example.com", Security: security, Password: connector.Literal("x"),
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, net.ErrClosed
			}}.Sender(me)
		require.NoError(t, err)
		require.ErrorIs(t, s.Check(t.Context()), connector.ErrUnavailable)
		require.Equal(t, want, dialled)
	}
}

// TestExpiredToken asks for another token once when the server refuses one, and sends the mail once.
func TestExpiredToken(t *testing.T) {
	asked := 0
	fake, box, s := world(t, &fakesmtp.Options{TLS: fakesmtp.StartTLS, Tokens: map[string]string{me: "fresh"}}, func(s *smtp.Server) {
		s.Security, s.Password = smtp.StartTLS, nil
		s.Token = func(_ context.Context, refused string) (string, error) {
			asked++
			return map[string]string{"": "expired", "expired": "fresh", "fresh": "fresher"}[refused], nil
		}
	})
	require.NoError(t, send(t, s, peer))
	require.Equal(t, 2, asked)
	require.Len(t, box.List(mailstore.Inbox), 1)
	fake.SetToken(me, "")
	require.ErrorIs(t, send(t, s, peer), connector.ErrAuth)
	require.Equal(t, 3, asked, "not for ever")
	require.Len(t, box.List(mailstore.Inbox), 1)
}
