package fakecyberark

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// ConjurAccount is the organization of every fake Conjur.
const ConjurAccount = "contoso"

// Conjur is a Conjur server.
type Conjur struct {
	fakehttp.Front
	handler http.Handler

	mu        sync.Mutex
	deny      bool
	logins    map[string]string    // by path, what must be posted
	tokens    map[string]time.Time // by token, its end
	serial    int
	variables map[string][]string // oldest value first
}

// NewConjur makes a server without logins.
func NewConjur() *Conjur {
	f := &Conjur{logins: map[string]string{}, tokens: map[string]time.Time{}, variables: map[string][]string{}}
	f.handler = f.Wrap(http.HandlerFunc(f.serve), func(r *http.Request) string {
		if strings.HasSuffix(r.URL.Path, "/authenticate") {
			return "login"
		}
		return "read"
	})
	return f
}

// ServeHTTP answers a request.
func (f *Conjur) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// RoundTripper is the door in memory.
func (f *Conjur) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Start is the door on the loopback interface, by TLS.
func (f *Conjur) Start() (*fakehttp.Server, error) { return fakehttp.Listen(f) }

// APIKey makes a host or user known by its key; a new key takes the old one's place.
func (f *Conjur) APIKey(id, key string) {
	f.allow("authn/"+ConjurAccount+"/"+url.PathEscape(id), key)
}

// JWT makes a host known to an authenticator by a token; host "" = the token names it.
func (f *Conjur) JWT(service, host, token string) {
	path := "authn-jwt/" + service + "/" + ConjurAccount
	if host != "" {
		path += "/" + url.PathEscape(host)
	}
	f.allow(path, url.Values{"jwt": {token}}.Encode())
}

func (f *Conjur) allow(path, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins["/"+path+"/authenticate"] = body
}

// Put adds a value to a variable and gives its version.
func (f *Conjur) Put(id, value string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.variables[id] = append(f.variables[id], value)
	return len(f.variables[id])
}

// Deny takes the hosts' privileges away, or gives them back.
func (f *Conjur) Deny(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deny = on
}

// Revoke ends all tokens.
func (f *Conjur) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *Conjur) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api") // the cloud's paths begin with it
	id, isVariable := strings.CutPrefix(path, "/secrets/"+ConjurAccount+"/variable/")
	switch {
	case strings.HasSuffix(path, "/authenticate") && r.Method == http.MethodPost:
		f.login(w, r, path)
	case !f.knows(r):
		blame(w, http.StatusUnauthorized, "unauthorized", "Token is invalid or has expired")
	case !isVariable || strings.Contains(id, "/"):
		blame(w, http.StatusNotFound, "not_found", "Not found")
	case f.deny:
		blame(w, http.StatusForbidden, "forbidden", "Forbidden")
	default:
		f.read(w, r, id)
	}
}

// login gives a token for what must be posted; everything else is 401.
func (f *Conjur) login(w http.ResponseWriter, r *http.Request, path string) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	want, known := f.logins[path]
	if !known || string(body) != want {
		blame(w, http.StatusUnauthorized, "unauthorized", "Unauthorized")
		return
	}
	f.serial++
	doc := fmt.Sprintf(`{"protected":"eyJhbGciOiJjb25qdXIub3JnL3Nsb3NpbG8vdjIifQ==","payload":"n%d","signature":"s"}`, f.serial)
	token := base64.StdEncoding.EncodeToString([]byte(doc))
	f.tokens[token] = time.Now().Add(8 * time.Minute)
	if r.Header.Get("Accept-Encoding") == "base64" {
		w.Header().Set("Content-Encoding", "base64")
		doc = token
	}
	_, _ = io.WriteString(w, doc)
}

// knows tells whether the request carries a token that has not ended.
func (f *Conjur) knows(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), `Token token="`)
	token, closed := strings.CutSuffix(token, `"`)
	end, known := f.tokens[token]
	return ok && closed && known && time.Now().Before(end)
}

func (f *Conjur) read(w http.ResponseWriter, r *http.Request, escaped string) {
	id, err := url.PathUnescape(escaped)
	values := f.variables[id]
	n := len(values)
	if asked := r.URL.Query().Get("version"); asked != "" && err == nil {
		n, err = strconv.Atoi(asked)
	}
	switch {
	case err != nil:
		blame(w, http.StatusUnprocessableEntity, "unprocessable_entity", "invalid type for parameter 'version'")
	case n < 1 || n > len(values) || n <= len(values)-20:
		blame(w, http.StatusNotFound, "not_found", "CONJ00076E Variable "+ConjurAccount+":variable:"+id+" is empty or not found.")
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, values[n-1])
	}
}

func blame(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}
