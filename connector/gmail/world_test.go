package gmail_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// robots are the accounts of all tests: making a key takes a while.
var robots = sync.OnceValue(func() [2]*fakegmail.Account {
	var out [2]*fakegmail.Account
	for i := range out {
		a, err := fakegmail.NewAccount(1024)
		if err != nil {
			panic(err)
		}
		out[i] = a
	}
	return out
})

// world is a domain with two users and a robot that may read their mail.
type world struct {
	t     testing.TB
	store *mailstore.Store
	box   *mailstore.Mailbox
	fake  *fakegmail.Fake
	robot *fakegmail.Account
	in    *connectortest.Instance

	reads atomic.Int64 // of the key
	mu    sync.Mutex
	key   string
	next  string // what the vault holds after a rotation
}

func newWorld(t testing.TB, o *fakegmail.Options, scopes ...string) *world {
	t.Helper()
	w := &world{t: t, store: mailstore.New(), robot: robots()[0]}
	w.in = connectortest.FromStore(w.store)
	w.box, _ = w.store.Mailbox(connectortest.Address)
	w.fake = fakegmail.New(w.store, o)
	w.fake.Register(w.robot)
	if len(scopes) == 0 {
		scopes = []string{fakegmail.ScopeModify}
	}
	w.fake.Delegate("example.com", w.robot.ClientID, scopes...)
	w.key = string(w.robot.JSON())
	return w
}

// server is the mailbox through the door in memory.
func (w *world) server() gmail.Workspace {
	return gmail.Workspace{Address: connectortest.Address, ServiceAccount: w.credential, Transport: smallPages{w.fake.RoundTripper()}}
}

// smallPage is how many records of history come at a time, so that laws about pages need few mails.
const smallPage = 20

// smallPages is a service that gives less than it is asked for, as it may.
type smallPages struct{ http.RoundTripper }

func (s smallPages) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/history") {
		req = req.Clone(req.Context())
		q := req.URL.Query()
		q.Set("maxResults", strconv.Itoa(smallPage))
		req.URL.RawQuery = q.Encode()
	}
	return s.RoundTripper.RoundTrip(req)
}

// loopback is the mailbox through a socket.
func (w *world) loopback(t testing.TB) gmail.Workspace {
	t.Helper()
	s, err := w.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	w.key = string(w.robot.JSONFor(s.TokenURI()))
	return gmail.Workspace{Address: connectortest.Address, ServiceAccount: w.credential,
		UserUnits: 1 << 30, Endpoint: s.URL, TokenURL: s.TokenURI(), RootCAs: s.CertPool}
}

// credential is the vault's entry of the key.
func (w *world) credential(_ context.Context, refused string) (string, error) {
	w.reads.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if refused != "" && w.next != "" {
		w.key, w.next = w.next, ""
	}
	return w.key, nil
}

// revoke takes the key back; replace puts another one into the vault.
func (w *world) revoke(replace bool) {
	if !replace {
		w.fake.RevokeKeys()
		w.fake.ExpireTokens()
		return
	}
	other := *robots()[1]
	w.fake.RemoveAccount(w.robot)
	w.fake.Register(&other)
	w.fake.Delegate("example.com", other.ClientID, fakegmail.ScopeModify)
	w.fake.ExpireTokens()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = string(other.JSON())
}

// open opens the mailbox without a session.
func (w *world) open(server gmail.Workspace, watch ...connector.Folder) connector.Backend {
	w.t.Helper()
	if watch == nil {
		watch = []connector.Folder{connector.Inbox, connector.Junk}
	}
	b, err := server.Open(w.t.Context(), watch)
	require.NoError(w.t, err)
	return b
}
