package imap_test

import (
	"cmp"
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// live is the real mailbox that the environment names: CLOUDMAIL_LIVE_IMAP_HOST, _ADDRESS, and _PASSWORD or
// _TOKEN, an access token; _USER, _PORT and _SECURITY (tls, starttls, plain) where they are not the default.
// CLOUDMAIL_LIVE_SMTP_HOST and _SECURITY, which is starttls by default, name its submission server. Without
// them the test is skipped.
func live(t *testing.T) imap.Server {
	t.Helper()
	of := func(name string) string { return os.Getenv("CLOUDMAIL_LIVE_IMAP_" + name) }
	if of("HOST") == "" || of("ADDRESS") == "" {
		t.Skip("no real mailbox: set CLOUDMAIL_LIVE_IMAP_HOST, _ADDRESS, and _PASSWORD or _TOKEN")
	}
	s := imap.Server{Host: of("HOST"), Address: of("ADDRESS"), User: of("USER"), Security: imap.Security(of("SECURITY"))}
	var err error
	s.Port, err = strconv.Atoi(cmp.Or(of("PORT"), "0"))
	require.NoError(t, err, "CLOUDMAIL_LIVE_IMAP_PORT")
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

// TestLive connects to the real service, and puts a mail into the inbox that a session then finds; with a
// submission server a mail that the mailbox sends to itself comes, and is in Sent once.
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
	id := "live." + time.Now().UTC().Format("20060102150405.000000000") + "@example.com"
	raw := "From: a@example.com\r\nSubject: cloudmail live test\r\nMessage-ID: <" + id + ">\r\n\r\n123456\r\n"
	require.NoError(t, server.Append(ctx, connector.Inbox, []byte(raw), time.Time{}))
	m, err := s.WaitFor(ctx, connector.Query{MessageID: id, Body: "123456"})
	require.NoError(t, err)
	require.NoError(t, s.Trash(ctx, m))
	if server.Submission == nil {
		return
	}
	sent, err := s.Send(ctx, connector.Draft{To: []string{server.Address}, Subject: "cloudmail live test", Text: "Grüße, 123456"})
	require.NoError(t, err)
	require.NoError(t, sent.NoCopy)
	m, err = s.WaitFor(ctx, connector.Query{MessageID: sent.MessageID, Body: "grüsse, 123456"})
	require.NoError(t, err)
	require.NoError(t, s.Trash(ctx, m))
	copies, err := s.Find(ctx, connector.Query{MessageID: sent.MessageID, Folder: connector.Sent}, 0)
	require.NoError(t, err)
	require.Len(t, copies, 1)
}
