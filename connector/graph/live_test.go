package graph_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
)

// live is the real mailbox that the environment names by CLOUDMAIL_LIVE_OFFICE365_TENANT,
// _CLIENT_ID, _CLIENT_SECRET and _ADDRESS. Without them the test is skipped.
func live(t *testing.T) graph.Office365 {
	t.Helper()
	const prefix = "CLOUDMAIL_LIVE_OFFICE365_"
	o := graph.Office365{Tenant: os.Getenv(prefix + "TENANT"), ClientID: os.Getenv(prefix + "CLIENT_ID"), Address: os.Getenv(prefix + "ADDRESS")}
	secret := os.Getenv(prefix + "CLIENT_SECRET")
	if o.Tenant == "" || o.ClientID == "" || o.Address == "" || secret == "" {
		t.Skip("no real mailbox: set " + prefix + "TENANT, _CLIENT_ID, _CLIENT_SECRET and _ADDRESS")
	}
	o.ClientSecret = connector.Literal(secret)
	return o
}

// The main path against the real service: a mail that the mailbox sends to itself comes, is read
// whole, and is put into the trash.
func TestLive(t *testing.T) {
	o := live(t)
	for _, f := range o.Preflight(t.Context()) {
		require.True(t, f.OK, "%s: %s; %s", f.Check, f.Detail, f.Remedy)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s, err := connector.Connect(ctx, o, nil)
	require.NoError(t, err)
	defer s.Close()
	sent, err := s.Send(ctx, connector.Draft{To: []string{o.Address}, Subject: "cloudmail live test",
		Text: "Grüße, 123456", Attachments: []connector.File{{Name: "a.bin", Data: []byte{0, 1, 2, 255}}}})
	require.NoError(t, err)
	m, err := s.WaitFor(ctx, connector.Query{MessageID: sent.MessageID, Body: "grüsse, 123456"})
	require.NoError(t, err)
	assert.Contains(t, m.Folders, connector.Inbox)
	a, err := m.Attachment("a.bin")
	require.NoError(t, err)
	assert.EqualValues(t, 4, a.Size)
	require.NoError(t, s.SetRead(ctx, m, true))
	require.NoError(t, s.Trash(ctx, m))
}
