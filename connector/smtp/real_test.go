package smtp_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// carrier takes what was submitted to the mailbox of a real server, as the mail system behind a submission
// server does.
type carrier struct {
	out  *mailstore.Mailbox
	in   *realserver.Server
	done int
}

// carry delivers what was not delivered before, and returns it.
func (c *carrier) carry(t *testing.T) []byte {
	t.Helper()
	var raw []byte
	for _, m := range c.out.Above(mailstore.Inbox, 0)[c.done:] {
		c.done++
		raw = m.Raw
		require.NoError(t, c.in.Deliver(realserver.DefaultUser, raw))
	}
	require.NotEmpty(t, raw, "something was submitted")
	return raw
}

// TestSessionsOnRealServers sends, answers and forwards with sessions that read by IMAP and POP3 from servers
// that no one of this module wrote. Nothing leaves the machine.
func TestSessionsOnRealServers(t *testing.T) {
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := realserver.New(t, kind, nil)
			store := mailstore.New()
			out, err := fakesmtp.New(store, &fakesmtp.Options{TLS: fakesmtp.StartTLS, Users: map[string]string{realserver.DefaultUser: realserver.DefaultPassword}})
			require.NoError(t, err)
			defer out.Close()
			c := &carrier{out: store.Add(realserver.DefaultUser), in: server}
			submission := smtp.Server{Host: "localhost", Security: smtp.StartTLS, Password: connector.Literal(realserver.DefaultPassword), RootCAs: out.CertPool, Dial: out.DialContext}
			secret := connector.Literal(realserver.DefaultPassword)
			t.Run("imap", func(t *testing.T) {
				talk(t, c, imap.Server{Host: "127.0.0.1", Port: server.Port(server.IMAPS), Address: realserver.DefaultUser, Password: secret, RootCAs: server.RootCAs, Submission: &submission})
			})
			t.Run("pop3", func(t *testing.T) {
				talk(t, c, pop3.Server{Host: "127.0.0.1", Port: server.Port(server.POP3S), Address: realserver.DefaultUser, Password: secret, RootCAs: server.RootCAs, Submission: &submission})
			})
		})
	}
}

// talk is a session that sends and reads.
func talk(t *testing.T, c *carrier, server connector.Server) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s, err := connector.Connect(ctx, server, nil)
	require.NoError(t, err)
	defer s.Close()
	blob := bytes.Repeat([]byte{0, '\r', '.', 255}, 1000)
	sent, err := s.Send(ctx, connector.Draft{To: []string{realserver.DefaultUser}, Subject: "Grüße", Text: ".\n..\nfrom here", Attachments: []connector.File{{Name: "a.bin", Data: blob}}})
	require.NoError(t, err)
	c.carry(t)
	m, err := s.WaitFor(ctx, connector.Query{MessageID: sent.MessageID, Body: "from here"})
	require.NoError(t, err)
	require.Equal(t, ".\n..\nfrom here", strings.TrimSpace(m.Text))
	a, err := m.Attachment("a.bin")
	require.NoError(t, err)
	file, err := a.Open(ctx)
	require.NoError(t, err)
	defer file.Close()
	got := new(bytes.Buffer)
	_, err = got.ReadFrom(file)
	require.NoError(t, err)
	require.Equal(t, blob, got.Bytes())

	_, err = s.Reply(ctx, m, connector.Draft{Text: "Thanks."})
	require.NoError(t, err)
	require.Contains(t, string(c.carry(t)), "In-Reply-To: <"+m.MessageID+">")
	answer, err := s.WaitFor(ctx, connector.Query{Header: map[string]string{"In-Reply-To": m.MessageID}})
	require.NoError(t, err)
	_, err = s.Forward(ctx, answer, connector.Draft{To: []string{realserver.DefaultUser}, Text: "See below."})
	require.NoError(t, err)
	c.carry(t)
	_, err = s.WaitFor(ctx, connector.Query{Body: "See below.", Attachment: "*"})
	require.NoError(t, err)
}
