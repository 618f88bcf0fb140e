package fakegmail_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// vendor is Google's own client, signed in by a key file.
func vendor(t *testing.T, key []byte, door http.RoundTripper, opts ...option.ClientOption) *gmail.Service {
	t.Helper()
	cfg, err := google.JWTConfigFromJSON(key, gmail.GmailModifyScope)
	require.NoError(t, err)
	cfg.Subject = qa
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: door})
	svc, err := gmail.NewService(ctx, append(opts, option.WithHTTPClient(cfg.Client(ctx)))...)
	require.NoError(t, err)
	return svc
}

func TestVendorClientInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, fakegmail.ScopeModify)
		w.fake.Latency.Set(50 * time.Millisecond)
		drive(t, w, vendor(t, w.robot.JSON(), w.fake.RoundTripper()))
		time.Sleep(2 * time.Hour) // the token is old: the client gets another by itself
		_, err := vendor(t, w.robot.JSON(), w.fake.RoundTripper()).Users.GetProfile("me").Do()
		require.NoError(t, err)
	})
}

func TestVendorClientOnLoopback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, fakegmail.ScopeModify)
	server, err := w.fake.Start()
	require.NoError(t, err)
	defer server.Close()
	key := w.robot.JSONFor(server.TokenURI())
	drive(t, w, vendor(t, key, server.Transport(), option.WithEndpoint(server.URL+"/")))

	plain, err := w.fake.StartPlain()
	require.NoError(t, err)
	defer plain.Close()
	drive(t, w, vendor(t, w.robot.JSONFor(plain.TokenURI()), plain.Transport(), option.WithEndpoint(plain.URL+"/")))
}

// drive does with the client what a mail test does.
func drive(t *testing.T, w *world, svc *gmail.Service) {
	t.Helper()
	profile, err := svc.Users.GetProfile("me").Do()
	require.NoError(t, err)
	assert.Equal(t, qa, profile.EmailAddress)

	for range 5 {
		w.box.Deliver([]byte(mixed), mailstore.Delivery{})
	}
	found := map[string]bool{}
	require.NoError(t, svc.Users.Messages.List("me").LabelIds("INBOX").MaxResults(2).Pages(t.Context(),
		func(page *gmail.ListMessagesResponse) error {
			for _, m := range page.Messages {
				found[m.Id] = true
			}
			return nil
		}))
	assert.GreaterOrEqual(t, len(found), 5)

	h, err := svc.Users.History.List("me").StartHistoryId(profile.HistoryId).HistoryTypes("messageAdded").Do()
	require.NoError(t, err)
	assert.Greater(t, h.HistoryId, profile.HistoryId)
	added := map[string]bool{}
	for _, record := range h.History {
		for _, a := range record.MessagesAdded {
			added[a.Message.Id] = true
		}
	}
	require.Len(t, added, 5)
	for id := range added {
		readBack(t, svc, id)
	}
	act(t, svc)
}

func readBack(t *testing.T, svc *gmail.Service, id string) {
	t.Helper()
	raw, err := svc.Users.Messages.Get("me", id).Format("raw").Do()
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(decode(t, raw.Raw), mixed))
	full, err := svc.Users.Messages.Get("me", id).Do()
	require.NoError(t, err)
	require.Len(t, full.Payload.Parts, 2)
	a, err := svc.Users.Messages.Attachments.Get("me", id, full.Payload.Parts[1].Body.AttachmentId).Do()
	require.NoError(t, err)
	assert.Equal(t, "Caf\xe9", decode(t, a.Data))
}

// act sends, uploads in chunks, trashes, and meets an error.
func act(t *testing.T, svc *gmail.Service) {
	t.Helper()
	text := "To: qa@example.com\r\nSubject: up\r\n\r\n"
	sent, err := svc.Users.Messages.Send("me", &gmail.Message{}).
		Media(strings.NewReader(text+"small"), googleapi.ContentType("message/rfc822")).Do()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"UNREAD", "SENT", "INBOX"}, sent.LabelIds)

	big := text + strings.Repeat("0123456789abcdef\r\n", 40_000)
	imported, err := svc.Users.Messages.Import("me", &gmail.Message{LabelIds: []string{"INBOX"}}).NeverMarkSpam(true).
		Media(strings.NewReader(big), googleapi.ContentType("message/rfc822"), googleapi.ChunkSize(256<<10)).Do()
	require.NoError(t, err)
	got, err := svc.Users.Messages.Get("me", imported.Id).Format("raw").Do()
	require.NoError(t, err)
	assert.Equal(t, big, decode(t, got.Raw))

	_, err = svc.Users.Messages.Trash("me", sent.Id).Do()
	require.NoError(t, err)
	err = svc.Users.Messages.Delete("me", sent.Id).Do()
	var refusal *googleapi.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, http.StatusForbidden, refusal.Code)
	assert.Equal(t, "insufficientPermissions", refusal.Errors[0].Reason)
	_, err = svc.Users.Messages.Get("me", "19a0000009000009").Do()
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, http.StatusNotFound, refusal.Code)
}
