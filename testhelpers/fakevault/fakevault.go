// Package fakevault is a HashiCorp Vault server in memory, as far as reading and writing
// secrets goes: key-value engines of both versions, leases of dynamic secrets, response
// wrapping, namespaces, and the logins by AppRole, Kubernetes, JWT and password. It is
// written from Vault's HTTP API documents (https://developer.hashicorp.com/vault/api-docs)
// and the answers of a real server; see ASSUMPTIONS.md.
//
//	fake := fakevault.New(nil)
//	fake.Put("secret/mail", map[string]any{"client_secret": "…"})
//	client := &http.Client{Transport: fake.RoundTripper()} // no sockets: runs under testing/synctest
//
// A Fake embeds a fakehttp.Front: its requests are counted and made to fail by kind, which
// is "read", "write", "login", "mounts", "lookup", "unwrap" or "other".
package fakevault

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Options of a Fake; the zero value is a server with "secret" as KV v2 and "kv" as KV v1.
type Options struct {
	Mounts map[string]int // path of an engine, without slashes at its ends, and its version, 1 or 2
	// HidesBadTokens leaves "invalid token" out of the answer to an unknown token, as old
	// servers and OpenBao do. Assumption 3.
	HidesBadTokens bool
}

// Fake is one server.
type Fake struct {
	fakehttp.Front
	o       Options
	handler http.Handler

	mu      sync.Mutex
	sealed  bool
	secrets map[string][]version // by namespace and path, oldest first
	leases  map[string]lease
	tokens  map[string]*token
	logins  map[string]login   // by namespace and login path
	wrapped map[string]wrapped // by wrapping token
	serial  int
}

// version is one version of a secret.
type version struct {
	data    map[string]any
	created time.Time
	deleted time.Time // zero = not; may lie ahead
}

type lease struct {
	data map[string]any
	ttl  time.Duration
}

// RootToken is a token that may do everything and does not end.
const RootToken = "root-token"

// New starts a server.
func New(o *Options) *Fake {
	f := &Fake{
		secrets: map[string][]version{}, leases: map[string]lease{}, logins: map[string]login{}, wrapped: map[string]wrapped{},
		tokens: map[string]*token{RootToken: {}},
	}
	if o != nil {
		f.o = *o
	}
	if f.o.Mounts == nil {
		f.o.Mounts = map[string]int{"secret": 2, "kv": 1}
	}
	f.handler = f.Wrap(http.HandlerFunc(f.serve), kind)
	return f
}

// ServeHTTP answers a request.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// RoundTripper is the door in memory.
func (f *Fake) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Start is the door on the loopback interface, by TLS.
func (f *Fake) Start() (*fakehttp.Server, error) { return fakehttp.Listen(f) }

// Seal makes the server answer 503, or lets it work again.
func (f *Fake) Seal(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sealed = on
}

// Put stores a new version of a secret in the root namespace; the path begins with its engine's.
func (f *Fake) Put(path string, data map[string]any) { f.PutIn("", path, data) }

// PutIn is Put in a namespace.
func (f *Fake) PutIn(namespace, path string, data map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(key(namespace, path), data)
}

func (f *Fake) put(key string, data map[string]any) int {
	f.secrets[key] = append(f.secrets[key], version{data: data, created: time.Now()})
	return len(f.secrets[key])
}

// DeleteAt makes the newest version of a KV v2 secret go at a time, which may lie ahead.
func (f *Fake) DeleteAt(path string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if versions := f.secrets[key("", path)]; len(versions) > 0 {
		versions[len(versions)-1].deleted = at
	}
}

// Lease makes a path give a dynamic secret with a lease.
func (f *Fake) Lease(path string, data map[string]any, ttl time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leases[key("", path)] = lease{data: data, ttl: ttl}
}

func key(namespace, path string) string {
	return strings.Trim(namespace, "/") + "|" + strings.Trim(path, "/")
}

func kind(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	switch {
	case strings.HasPrefix(path, "auth/token/"):
		return "lookup"
	case strings.HasPrefix(path, "auth/"):
		return "login"
	case strings.HasPrefix(path, "sys/internal/ui/mounts"):
		return "mounts"
	case strings.HasPrefix(path, "sys/wrapping"):
		return "unwrap"
	case strings.HasPrefix(path, "sys/"):
		return "other"
	case r.Method == http.MethodGet:
		return "read"
	}
	return "write"
}

// serve is the server behind its front.
func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	switch {
	case !ok:
		refuse(w, http.StatusNotFound)
	case f.sealed:
		refuse(w, http.StatusServiceUnavailable, "Vault is sealed")
	case path == "sys/wrapping/unwrap":
		f.unwrap(w, r)
	case strings.HasPrefix(path, "auth/") && !strings.HasPrefix(path, "auth/token/"):
		f.login(w, r, path)
	default:
		f.authorised(w, r, path)
	}
}

// authorised serves what needs a token.
func (f *Fake) authorised(w http.ResponseWriter, r *http.Request, path string) {
	t, known := f.tokens[r.Header.Get("X-Vault-Token")]
	switch {
	case !known || t.ended():
		if f.o.HidesBadTokens {
			refuse(w, http.StatusForbidden, "permission denied")
			return
		}
		refuse(w, http.StatusForbidden, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
	case path == "auth/token/lookup-self":
		answer(w, map[string]any{"data": map[string]any{"ttl": t.left(), "renewable": false}})
	case strings.HasPrefix(path, "sys/internal/ui/mounts/"):
		f.mount(w, strings.TrimPrefix(path, "sys/internal/ui/mounts/"))
	case !t.may(path):
		refuse(w, http.StatusForbidden, "1 error occurred:\n\t* permission denied\n\n")
	default:
		f.engine(w, r, path)
	}
}

func answer(w http.ResponseWriter, body map[string]any) { answerStatus(w, http.StatusOK, body) }

func answerStatus(w http.ResponseWriter, status int, body map[string]any) {
	envelope := map[string]any{
		"request_id": "5c4f3b9e-0000-4000-8000-000000000000", "lease_id": "", "renewable": false, "lease_duration": 0,
		"data": nil, "wrap_info": nil, "warnings": nil, "auth": nil, "mount_type": "",
	}
	for k, v := range body {
		envelope[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(envelope)
}

// refuse answers with Vault's list of errors.
func refuse(w http.ResponseWriter, status int, errs ...string) {
	if errs == nil {
		errs = []string{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": errs})
}
