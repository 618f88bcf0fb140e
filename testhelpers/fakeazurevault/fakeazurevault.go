// Package fakeazurevault is one Azure Key Vault in memory, as far as its secrets go: the
// login challenge, get and set with versions, expiry and content type, soft delete, and the
// service's errors. It is written from https://learn.microsoft.com/rest/api/keyvault/secrets
// and https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses;
// see ASSUMPTIONS.md.
//
// A Fake embeds a fakehttp.Front; the kinds of its requests are "challenge" (without a token),
// "read" and "write".
package fakeazurevault

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Options of a Fake; the zero value is a vault of the public cloud that takes the token "token".
type Options struct {
	Token    string // the one bearer token that is good, "" = "token"
	Tenant   string // for the challenge, "" = "contoso.example"
	Resource string // for the challenge, "" = https://vault.azure.net
}

// Fake is one vault.
type Fake struct {
	fakehttp.Front
	o       Options
	handler http.Handler

	mu      sync.Mutex
	refuse  bool
	secrets map[string][]Secret
}

// Secret is one version of a secret.
type Secret struct {
	Value       string
	ContentType string
	Expires     time.Time // zero = never
	Disabled    bool
	Version     string // set by the vault
	created     time.Time
}

// New makes a vault.
func New(o *Options) *Fake {
	f := &Fake{secrets: map[string][]Secret{}}
	if o != nil {
		f.o = *o
	}
	for field, standard := range map[*string]string{&f.o.Token: "token", &f.o.Tenant: "contoso.example", &f.o.Resource: "https://vault.azure.net"} {
		if *field == "" {
			*field = standard
		}
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

// Put stores a new version and gives its id.
func (f *Fake) Put(name string, s Secret) (version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.put(name, s)
}

func (f *Fake) put(name string, s Secret) string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	s.Version, s.created = hex.EncodeToString(id[:]), time.Now()
	name = strings.ToLower(name) // names are case-insensitive
	f.secrets[name] = append(f.secrets[name], s)
	return s.Version
}

// Refuse takes the caller's role away, or gives it back.
func (f *Fake) Refuse(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = on
}

func kind(r *http.Request) string {
	switch {
	case r.Header.Get("Authorization") == "":
		return "challenge"
	case r.Method == http.MethodGet:
		return "read"
	}
	return "write"
}

var (
	goodPath   = regexp.MustCompile(`^/secrets/([0-9a-zA-Z-]{1,127})(?:/([0-9a-f]{32})?)?$`)
	apiVersion = regexp.MustCompile(`^(7\.\d|20\d\d-\d\d-\d\d)(-preview\.\d+)?$`)
)

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := goodPath.FindStringSubmatch(r.URL.Path)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+f.o.Token:
		w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/`+f.o.Tenant+`", resource="`+f.o.Resource+`"`)
		refuse(w, http.StatusUnauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", "")
	case !apiVersion.MatchString(r.URL.Query().Get("api-version")):
		refuse(w, http.StatusBadRequest, "BadParameter", "The specified version is not recognized", "")
	case path == nil:
		refuse(w, http.StatusNotFound, "SecretNotFound", "The path is not that of a secret", "")
	case f.refuse:
		refuse(w, http.StatusForbidden, "Forbidden", "Caller is not authorized to perform action on resource.", "ForbiddenByRbac")
	case r.Method == http.MethodGet:
		f.get(w, r, path[1], path[2])
	case r.Method == http.MethodPut && path[2] == "":
		f.set(w, r, path[1])
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The method is not allowed", "")
	}
}

func (f *Fake) get(w http.ResponseWriter, r *http.Request, name, version string) {
	versions := f.secrets[strings.ToLower(name)]
	for i := len(versions) - 1; i >= 0; i-- {
		s := versions[i]
		if version != "" && s.Version != version {
			continue
		}
		if s.Disabled {
			refuse(w, http.StatusForbidden, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
			return
		}
		bundle(w, r, name, s)
		return
	}
	refuse(w, http.StatusNotFound, "SecretNotFound", "A secret with (name/id) "+name+" was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.", "")
}

func (f *Fake) set(w http.ResponseWriter, r *http.Request, name string) {
	var body struct {
		Value       *string
		ContentType string
		Attributes  struct {
			Exp     int64
			Enabled *bool
		}
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.Value == nil || len(*body.Value) > 25600 {
		refuse(w, http.StatusBadRequest, "BadParameter", "The property value is missing, or longer than 25 KB", "")
		return
	}
	s := Secret{Value: *body.Value, ContentType: body.ContentType, Disabled: body.Attributes.Enabled != nil && !*body.Attributes.Enabled}
	if body.Attributes.Exp != 0 {
		s.Expires = time.Unix(body.Attributes.Exp, 0)
	}
	f.put(name, s)
	versions := f.secrets[strings.ToLower(name)]
	bundle(w, r, name, versions[len(versions)-1])
}

// bundle is the answer to get and set.
func bundle(w http.ResponseWriter, r *http.Request, name string, s Secret) {
	attributes := map[string]any{"enabled": !s.Disabled, "created": s.created.Unix(), "updated": s.created.Unix(), "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}
	if !s.Expires.IsZero() {
		attributes["exp"] = s.Expires.Unix()
	}
	body := map[string]any{"value": s.Value, "id": "https://" + r.Host + "/secrets/" + name + "/" + s.Version, "attributes": attributes}
	if s.ContentType != "" {
		body["contentType"] = s.ContentType
	}
	answer(w, http.StatusOK, body)
}

func refuse(w http.ResponseWriter, status int, code, message, inner string) {
	e := map[string]any{"code": code, "message": message}
	if inner != "" {
		e["innererror"] = map[string]string{"code": inner}
	}
	answer(w, status, map[string]any{"error": e})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("x-ms-keyvault-region", "westeurope")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
