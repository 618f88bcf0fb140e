package fakegraph

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Fake is Entra and Graph over the mailboxes of a store. It is safe for concurrent use, and an
// [http.Handler]: see [Fake.RoundTripper] and [Fake.Start] for the other doors.
//
// Its Front is the hand that tests have on it: Counter, Faults and Latency. The kinds of requests
// are listed in the package documentation.
type Fake struct {
	fakehttp.Front

	store   *mailstore.Store
	o       Options
	key     []byte // of the tokens' signatures
	routes  []endpoint
	handler http.Handler

	mu         sync.Mutex
	tenants    []Tenant
	apps       map[string]*app // by lower-case client id
	unlicensed map[string]bool // users without a mailbox, by lower-case address
	serial     uint64          // of the latest token
	tokensFrom uint64          // the first token that ExpireTokens did not end
	changed    map[uint64]time.Time
	linked     map[uint64][]Reference
	sessions   map[string]*upload
	deltas     map[string]*deltaState
	quirks     map[Quirk]int
	people     people

	docMu sync.Mutex
	docs  map[uint64]*document

	tokens, requests, sends, uploads window
	running                          gate
}

// New returns a fake over the mailboxes of a store, with one tenant (contoso.example) and no app.
// nil options are the defaults.
func New(store *mailstore.Store, o *Options) *Fake {
	f := &Fake{
		store:      store,
		key:        make([]byte, 32),
		apps:       map[string]*app{},
		unlicensed: map[string]bool{},
		changed:    map[uint64]time.Time{},
		linked:     map[uint64][]Reference{},
		sessions:   map[string]*upload{},
		deltas:     map[string]*deltaState{},
		quirks:     map[Quirk]int{},
		routes:     endpoints(),
		docs:       map[uint64]*document{},
	}
	if o != nil {
		f.o = *o
	}
	f.o.Limits = f.o.Limits.withDefaults()
	_, _ = rand.Read(f.key) // never fails
	f.AddTenant(Tenant{})
	f.handler = f.Counter.Wrap(f.Faults.Wrap(http.HandlerFunc(f.serve), f.kind), f.kind)
	return f
}

// RoundTripper is the door in memory: a transport for HTTP clients whose requests go to the fake
// whatever their host is. It runs under testing/synctest.
func (f *Fake) RoundTripper() *fakehttp.Transport { return fakehttp.RoundTripper(f) }

// Start opens the door on the loopback interface: TLS, on a free port, with a certificate for
// Microsoft's hosts too. Entra and Graph are at one root; a client is given the server's URL as
// authority and as Graph's address, or [fakehttp.Server.Transport], which dials the fake for any
// host. The caller closes it.
func (f *Fake) Start() (*fakehttp.Server, error) {
	return fakehttp.Listen(f, slices.Concat(loginHosts, graphHosts)...)
}

// ServeHTTP answers a request: by its host where that is one of Microsoft's, else by its path.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// serve is what is behind the counter and the faults.
func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if !isEntra(r) {
		f.serveGraph(w, r)
		return
	}
	f.pause(r)
	f.serveEntra(w, r, parseEntra(r.URL.EscapedPath()))
}

// kind names a request for faults and counters.
func (f *Fake) kind(r *http.Request) string {
	if isEntra(r) {
		return cmp.Or(parseEntra(r.URL.EscapedPath()).kind, "other")
	}
	segs, err := segments(r.URL.EscapedPath())
	switch {
	case err != nil:
		return "other"
	case segs[0] == "api":
		return "upload"
	case len(segs) == 2 && segs[1] == "$batch":
		return "batch"
	}
	route := f.parseRoute(r.Method, segs[1:])
	switch {
	case route.endpoint == nil:
		return "other"
	case route.endpoint.kind == "list" && strings.Contains(strings.ToLower(r.URL.RawQuery), "search="):
		return "search"
	}
	return route.endpoint.kind
}

// pause lets the round-trip time pass, or ends when the client gives up.
func (f *Fake) pause(r *http.Request) {
	d := f.Latency.Get()
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// isEntra tells the two services apart.
func isEntra(r *http.Request) bool {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	switch {
	case slices.Contains(loginHosts, host):
		return true
	case slices.Contains(graphHosts, host):
		return false
	}
	return !isGraphPath(r.URL.EscapedPath())
}

// graphHosts are the hosts of Graph in the clouds, and the one that takes uploads.
var graphHosts = []string{"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us",
	"microsoftgraph.chinacloudapi.cn", "outlook.office.com", "outlook.office365.com"}

// isGraphPath tells Graph from Entra where both are at one root.
func isGraphPath(path string) bool {
	first, _, _ := strings.Cut(strings.Trim(path, "/"), "/")
	return first == "v1.0" || first == "beta" || first == "api"
}

// cloudOf is the Graph host of the cloud that a login host belongs to, "" for any other host.
func cloudOf(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	switch i := slices.Index(loginHosts, host); {
	case i < 0:
		return ""
	case i < 4:
		return graphHosts[0]
	case i < 6:
		return graphHosts[1]
	}
	return graphHosts[3]
}

// origin is scheme and host of a request, which the links in its answer carry.
func origin(r *http.Request) string {
	scheme := "https"
	if r.TLS == nil {
		scheme = "http"
	}
	return scheme + "://" + r.Host
}
