package pop3_test

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// live is the real mailbox that the environment names: CLOUDMAIL_LIVE_POP3_HOST, _ADDRESS, and _PASSWORD or
// _TOKEN, an access token; _USER and _SECURITY where they are not the default. CLOUDMAIL_LIVE_SMTP_HOST and
// _SECURITY, which is starttls by default, name its submission server. Without them the test is skipped.
func live(t *testing.T) pop3.Server {
	t.Helper()
	of := func(name string) string { return os.Getenv("CLOUDMAIL_LIVE_POP3_" + name) }
	if of("HOST") == "" || of("ADDRESS") == "" {
		t.Skip("no real mailbox: set CLOUDMAIL_LIVE_POP3_HOST, _ADDRESS, and _PASSWORD or _TOKEN")
	}
	s := pop3.Server{Host: of("HOST"), Address: of("ADDRESS"), User: of("USER"), Security: pop3.Security(of("SECURITY"))}
	if of("TOKEN") != "" {
		s.Token = connector.Literal(of("TOKEN"))
	} else {
		s.Password = connector.Literal(of("PASSWORD"))
	}
	if host := os.Getenv("CLOUDMAIL_LIVE_SMTP_HOST"); host != "" {
		s.Submission = &smtp.Server{Host: host, Security: smtp.Security(cmp.Or(os.Getenv("CLOUDMAIL_LIVE_SMTP_SECURITY"), string(smtp.StartTLS)))}
	}
	return s
}

// TestLive connects to the real service; with a submission server a mail that the mailbox sends to itself
// comes.
func TestLive(t *testing.T) {
	server := live(t)
	for _, f := range server.Preflight(t.Context()) {
		require.True(t, f.OK, "%s: %s; %s", f.Check, f.Detail, f.Remedy)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	s, err := connector.Connect(ctx, server, nil)
	require.NoError(t, err)
	defer s.Close()
	if server.Submission == nil {
		return
	}
	sent, err := s.Send(ctx, connector.Draft{To: []string{server.Address}, Subject: "cloudmail live test", Text: "Grüße, 123456"})
	require.NoError(t, err)
	_, err = s.WaitFor(ctx, connector.Query{MessageID: sent.MessageID, Body: "grüsse, 123456"})
	require.NoError(t, err)
}
