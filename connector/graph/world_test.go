package graph_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// world is a tenant with two mailboxes and an app that may read and send.
type world struct {
	t     testing.TB
	store *mailstore.Store
	box   *mailstore.Mailbox
	fake  *fakegraph.Fake
	app   fakegraph.App
	in    *connectortest.Instance
	watch []connector.Folder

	reads  atomic.Int64 // of the secret
	mu     sync.Mutex
	secret string
	seen   []*http.Request
	next   string          // what the vault holds after a rotation
	cut    map[string]bool // links that failed once; nil: none does
}

func newWorld(t testing.TB, o *fakegraph.Options) *world {
	t.Helper()
	w := &world{t: t, store: mailstore.New(), watch: []connector.Folder{connector.Inbox, connector.Junk}}
	w.in = connectortest.FromStore(w.store)
	w.box, _ = w.store.Mailbox(connectortest.Address)
	w.fake = fakegraph.New(w.store, o)
	w.app = w.fake.AddApp(fakegraph.App{})
	w.secret = w.app.Secret()
	return w
}

// server is the mailbox through the door in memory.
func (w *world) server() graph.Office365 {
	return graph.Office365{Tenant: w.app.Tenant, ClientID: w.app.ClientID, ClientSecret: w.credential,
		Address: connectortest.Address, Transport: w.fake.RoundTripper()}
}

// loopback is the mailbox through a socket.
func (w *world) loopback(t testing.TB) graph.Office365 {
	t.Helper()
	s, err := w.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	o := w.server()
	o.Transport, o.AuthorityHost, o.Endpoint, o.RootCAs = nil, s.URL, s.URL, s.CertPool
	return o
}

// smallPage is how many mails come at a time, so that laws about pages need few mails.
const smallPage = 10

// smallPages is a service that gives less than it is asked for, as it may.
type smallPages struct{ http.RoundTripper }

func (s smallPages) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/messages") && req.Method == http.MethodGet {
		req = req.Clone(req.Context())
		req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "$top=500", "$top="+strconv.Itoa(smallPage), 1)
	}
	return s.RoundTripper.RoundTrip(req)
}

// credential is the vault's entry of the secret.
func (w *world) credential(_ context.Context, refused string) (string, error) {
	w.reads.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if refused != "" && w.next != "" {
		w.secret, w.next = w.next, ""
	}
	return w.secret, nil
}

// revoke takes the secret and the tokens back; replace puts another one into the vault.
func (w *world) revoke(replace bool) {
	w.mu.Lock() // the vault is not asked before it has the new one
	defer w.mu.Unlock()
	fresh := w.fake.RotateSecret(w.app.ClientID)
	w.fake.ExpireTokens()
	if replace {
		w.next = fresh
	}
}

// breaksOff reports, once for each link, that the request for a next page is to fail.
func (w *world) breaksOff(r *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !strings.Contains(r.URL.RawQuery, "skip=") || w.cut[r.URL.RawQuery] {
		return false
	}
	w.cut[r.URL.RawQuery] = true
	return true
}

// open opens the mailbox without a session.
func (w *world) open(o graph.Office365) connector.Backend {
	w.t.Helper()
	b, err := o.Open(w.t.Context(), w.watch)
	require.NoError(w.t, err)
	return b
}

// parse makes an address of a text that is one.
func parse(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// caeFault is the challenge of Continuous Access Evaluation, which asks for a newer token.
func caeFault(kind string) fakehttp.Fault {
	f := fakegraph.GraphError(kind, "InvalidAuthenticationToken")
	want := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"1"}}}`))
	f.Header.Set("Www-Authenticate", `Bearer realm="", error="insufficient_claims", claims="`+want+`"`)
	return f
}

// roundTrip is a transport of one func.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// countdown is a fault that harms nothing: it lets something happen at each of the next ten pages of
// a list.
func countdown(happen func()) fakehttp.Fault {
	return fakehttp.Fault{Kind: "list", Times: 10, Match: func(*http.Request) bool { happen(); return true }}
}

// placed is a delivery into a folder.
func placed(folder string) mailstore.Delivery {
	return mailstore.Delivery{Folder: folder, Draft: folder == mailstore.Drafts}
}
