package graph_test

import (
	"context"
	"net/smtp"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
)

// live is the real mailbox that the environment names by CLOUDMAIL_LIVE_OFFICE365_TENANT,
// _CLIENT_ID, _CLIENT_SECRET and _ADDRESS. Without them the test is skipped. The app needs
// Mail.ReadWrite and Mail.Send there. All live tests of Office 365:
//
//	go test -run Live ./connector/graph ./testhelpers/fakegraph
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

// TestLiveLaws tries the laws on the real service, one after the other. Their mails come by SMTP, as
// those of a product do: CLOUDMAIL_LIVE_OFFICE365_SMTP names a relay (host:port) that delivers to the
// mailbox, such as the tenant's own MX. The mailbox must be the tests' own: what lies in its Inbox
// and Junk is put into Deleted Items before each law.
func TestLiveLaws(t *testing.T) {
	o := live(t)
	relay := os.Getenv("CLOUDMAIL_LIVE_OFFICE365_SMTP")
	if relay == "" {
		t.Skip("no relay to the mailbox: set CLOUDMAIL_LIVE_OFFICE365_SMTP")
	}
	var one sync.Mutex // the laws share the mailbox
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) *connectortest.Instance {
		one.Lock()
		t.Cleanup(one.Unlock)
		return liveInstance(t, o, relay)
	}})
}

// TestLiveInstance tries the harness of the live laws on the fake.
func TestLiveInstance(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and this takes real time; .ci/run does without -short")
	}
	w := newWorld(t, nil)
	relay, err := fakesmtp.Start(w.store, nil)
	require.NoError(t, err)
	defer relay.Close()
	o := w.loopback(t)
	n := 0
	for _, law := range connectortest.Laws() {
		if !slices.Contains([]string{"late-mail-is-found", "mail-is-given-once-per-session", "attachment-bytes-are-kept", "an-unknown-mailbox-shows-at-connect"}, law.Name) {
			continue
		}
		n++
		v := connectortest.Try(t, connectortest.Harness{New: func(t *testing.T) *connectortest.Instance { return liveInstance(t, o, relay.Addr()) }}, law)
		assert.Empty(t, v.Errors, law.Name)
		assert.False(t, v.Skipped, law.Name)
	}
	assert.Equal(t, 4, n)
}

// liveInstance puts an empty real mailbox into the hands of the suite.
func liveInstance(t *testing.T, o graph.Office365, relay string) *connectortest.Instance {
	t.Helper()
	b, err := o.Open(t.Context(), []connector.Folder{connector.Anywhere})
	require.NoError(t, err)
	m := &liveMailbox{t, b}
	for _, f := range []connector.Folder{connector.Inbox, connector.Junk} {
		m.each(connector.Query{Everything: true, Folder: f}, func(id string) error { return b.(connector.Trasher).Trash(t.Context(), id) })
	}
	unknown := o
	unknown.Address = "no-such-user-7f2c@" + o.Address[strings.LastIndex(o.Address, "@")+1:]
	return &connectortest.Instance{Server: o, Unknown: unknown, StableIDs: true, Deliver: func(raw []byte) { m.deliver(relay, o.Address, raw) }}
}

// liveMailbox is someone else's hand in the mailbox.
type liveMailbox struct {
	t *testing.T
	connector.Backend
}

// each does something with the mails of a query.
func (m *liveMailbox) each(q connector.Query, do func(id string) error) {
	var ids []string
	for e, err := range m.Search(m.t.Context(), q) {
		require.NoError(m.t, err)
		ids = append(ids, e.ID)
	}
	for _, id := range ids {
		require.NoError(m.t, do(id))
	}
}

// deliver sends a mail to the mailbox and waits until it is there.
func (m *liveMailbox) deliver(relay, to string, raw []byte) {
	place, err := m.End(m.t.Context())
	require.NoError(m.t, err)
	require.NoError(m.t, smtp.SendMail(relay, nil, "shop@example.com", []string{to}, raw))
	for range 120 {
		var came []connector.Envelope
		came, place, err = m.Arrivals(m.t.Context(), place)
		require.NoError(m.t, err)
		if len(came) > 0 {
			return
		}
		<-time.After(time.Second)
	}
	m.t.Fatal("the mail did not come")
}
