package gmail_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
)

// live is the real mailbox that the environment names: CLOUDMAIL_LIVE_GOOGLE_KEY_FILE is the path of
// a service account's JSON key, CLOUDMAIL_LIVE_GOOGLE_ADDRESS a mailbox that it may read, and
// CLOUDMAIL_LIVE_GOOGLE_SUBJECT the user where the address is an alias. Without them the test is
// skipped.
func live(t *testing.T) gmail.Workspace {
	t.Helper()
	path, address := os.Getenv("CLOUDMAIL_LIVE_GOOGLE_KEY_FILE"), os.Getenv("CLOUDMAIL_LIVE_GOOGLE_ADDRESS")
	if path == "" || address == "" {
		t.Skip("no real mailbox: set CLOUDMAIL_LIVE_GOOGLE_KEY_FILE and CLOUDMAIL_LIVE_GOOGLE_ADDRESS")
	}
	key, err := os.ReadFile(path)
	require.NoError(t, err)
	return gmail.Workspace{ServiceAccount: connector.Literal(string(key)), Address: address,
		Subject: os.Getenv("CLOUDMAIL_LIVE_GOOGLE_SUBJECT")}
}

// The main path against the real service: a mail that the mailbox sends to itself comes, is read
// whole, answered and put into the trash.
func TestLive(t *testing.T) {
	server := live(t)
	for _, f := range server.Preflight(t.Context()) {
		require.True(t, f.OK, "%s: %s; %s", f.Check, f.Detail, f.Remedy)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s, err := connector.Connect(ctx, server, nil)
	require.NoError(t, err)
	defer s.Close()
	sent, err := s.Send(ctx, connector.Draft{To: []string{server.Address}, Subject: "cloudmail live test",
		Text: "Grüße, 123456", Attachments: []connector.File{{Name: "a.bin", Data: []byte{0, 1, 2, 255}}}})
	require.NoError(t, err)
	m, err := s.WaitFor(ctx, connector.Query{MessageID: sent.MessageID, Body: "grüsse, 123456"})
	require.NoError(t, err)
	assert.Contains(t, m.Folders, connector.Inbox)
	require.NoError(t, s.SetRead(ctx, m, true))
	require.NoError(t, s.Trash(ctx, m))
}

// What the real service answers about an id and a label that do not exist, and about a place in the
// history that is too old, is what the fake says.
func TestLiveRefusals(t *testing.T) {
	server := live(t)
	b, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
	require.NoError(t, err)
	_, err = b.Fetch(t.Context(), "19a0000000000abc", connector.DepthWhole)
	assert.ErrorIs(t, err, connector.ErrNotFound)
	_, err = b.Fetch(t.Context(), "no-id", connector.DepthWhole)
	assert.ErrorIs(t, err, connector.ErrNotFound)
	_, _, err = b.Arrivals(t.Context(), connector.Cursor{Token: "1"})
	assert.ErrorIs(t, err, connector.ErrCursorLost)
	server.Scopes = []string{fakegmail.ScopeModify + "x"}
	_, err = server.Open(t.Context(), []connector.Folder{connector.Inbox})
	assert.ErrorIs(t, err, connector.ErrPermission)
}
