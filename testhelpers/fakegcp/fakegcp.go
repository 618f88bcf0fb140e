// Package fakegcp is Google Secret Manager in memory, by REST, with the token endpoint that its
// callers log in at: https://cloud.google.com/secret-manager/docs/reference/rest and
// https://developers.google.com/identity/protocols/oauth2/service-account. See ASSUMPTIONS.md.
//
// A Fake embeds a fakehttp.Front; the kinds of its requests are "token", "access", "add" and "create".
package fakegcp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// TokenURL is where the Fake's callers log in.
const TokenURL = "https://oauth2.googleapis.com/token"

// Fake is the service.
type Fake struct {
	fakehttp.Front
	handler http.Handler
	key     *rsa.PrivateKey

	mu      sync.Mutex
	deny    bool
	tokens  map[string]time.Time
	serial  int
	secrets map[string][]version
}

type version struct {
	data     []byte
	disabled bool
}

// New makes the service with one service account.
func New() (*Fake, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	f := &Fake{key: key, tokens: map[string]time.Time{}, secrets: map[string][]version{}}
	f.handler = f.Wrap(http.HandlerFunc(f.serve), kind)
	return f, nil
}

// Key is the service account's key as JSON, as the console gives it out.
func (f *Fake) Key() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(f.key)
	if err != nil {
		panic(err) // an RSA key always marshals
	}
	doc, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "contoso", "private_key_id": "k1", "client_email": "qa@contoso.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": TokenURL,
	})
	return doc
}

// ServeHTTP answers a request.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// RoundTripper is the door in memory.
func (f *Fake) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Start is the door on the loopback interface, by TLS.
func (f *Fake) Start() (*fakehttp.Server, error) { return fakehttp.Listen(f) }

// Put stores a new version under projects/<p>/secrets/<s> and gives its number.
func (f *Fake) Put(name string, value []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.secrets[name] = append(f.secrets[name], version{data: value})
	return len(f.secrets[name])
}

// Disable disables the newest version.
func (f *Fake) Disable(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.secrets[name]; len(v) > 0 {
		v[len(v)-1].disabled = true
	}
}

// Deny takes the caller's role away, or gives it back.
func (f *Fake) Deny(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deny = on
}

// Token is an access token that the service takes, for clients whose login is elsewhere.
func (f *Fake) Token() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.grant()
}

func (f *Fake) grant() string {
	f.serial++
	token := fmt.Sprintf("ya29.fake%d", f.serial)
	f.tokens[token] = time.Now().Add(time.Hour)
	return token
}

// Revoke ends all tokens.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func kind(r *http.Request) string {
	switch {
	case r.URL.Path == "/token":
		return "token"
	case strings.HasSuffix(r.URL.Path, ":access"):
		return "access"
	case strings.HasSuffix(r.URL.Path, ":addVersion"):
		return "add"
	}
	return "create"
}

var (
	accessPath = regexp.MustCompile(`^/v1/(projects/[^/]+/secrets/[^/]+)/versions/([^/:]+):access$`)
	addPath    = regexp.MustCompile(`^/v1/(projects/[^/]+/secrets/[^/:]+):addVersion$`)
	createPath = regexp.MustCompile(`^/v1/(projects/[^/]+)/secrets$`)
)

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/token" {
		f.token(w, r)
		return
	}
	ends, known := f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	access, add, create := accessPath.FindStringSubmatch(r.URL.Path), addPath.FindStringSubmatch(r.URL.Path), createPath.FindStringSubmatch(r.URL.Path)
	switch {
	case !known || !time.Now().Before(ends):
		refuse(w, 401, "UNAUTHENTICATED", "authError", "Request had invalid authentication credentials.")
	case f.deny:
		refuse(w, 403, "PERMISSION_DENIED", "forbidden", "Permission 'secretmanager.versions.access' denied on resource (or it may not exist).")
	case access != nil && r.Method == http.MethodGet:
		f.access(w, access[1], access[2])
	case add != nil && r.Method == http.MethodPost:
		f.add(w, r, add[1])
	case create != nil && r.Method == http.MethodPost:
		f.create(w, create[1]+"/secrets/"+r.URL.Query().Get("secretId"))
	default:
		refuse(w, 404, "NOT_FOUND", "notFound", "Not found")
	}
}

func (f *Fake) access(w http.ResponseWriter, name, number string) {
	versions := f.secrets[name]
	n := len(versions)
	if number != "latest" {
		n, _ = strconv.Atoi(number)
	}
	if n < 1 || n > len(versions) {
		refuse(w, 404, "NOT_FOUND", "notFound", "Secret Version ["+name+"/versions/"+number+"] not found or has no versions.")
		return
	}
	v := versions[n-1]
	if v.disabled {
		refuse(w, 400, "FAILED_PRECONDITION", "failedPrecondition", "Secret Version ["+name+"/versions/"+number+"] is in DISABLED state.")
		return
	}
	answer(w, 200, map[string]any{"name": fmt.Sprintf("%s/versions/%d", name, n), "payload": map[string]string{
		"data": base64.StdEncoding.EncodeToString(v.data), "dataCrc32c": fmt.Sprint(crc32.Checksum(v.data, crc32.MakeTable(crc32.Castagnoli))),
	}})
}

func (f *Fake) add(w http.ResponseWriter, r *http.Request, name string) {
	var body struct{ Payload struct{ Data []byte } }
	if _, known := f.secrets[name]; !known {
		refuse(w, 404, "NOT_FOUND", "notFound", "Secret ["+name+"] not found.")
		return
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || len(body.Payload.Data) > 64<<10 {
		refuse(w, 400, "INVALID_ARGUMENT", "badRequest", "The payload is no base64, or longer than 64 KiB.")
		return
	}
	f.secrets[name] = append(f.secrets[name], version{data: body.Payload.Data})
	answer(w, 200, map[string]any{"name": fmt.Sprintf("%s/versions/%d", name, len(f.secrets[name])), "state": "ENABLED"})
}

func (f *Fake) create(w http.ResponseWriter, name string) {
	if _, known := f.secrets[name]; known {
		refuse(w, 409, "ALREADY_EXISTS", "alreadyExists", "Secret ["+name+"] already exists.")
		return
	}
	f.secrets[name] = []version{}
	answer(w, 200, map[string]any{"name": name})
}

// token gives a token for an assertion that the service account has signed.
func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.FormValue("assertion"), ".")
	if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || len(parts) != 3 {
		answer(w, 400, map[string]any{"error": "unsupported_grant_type", "error_description": "Invalid grant_type"})
		return
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&f.key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		answer(w, 400, map[string]any{"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
		return
	}
	answer(w, 200, map[string]any{"access_token": f.grant(), "token_type": "Bearer", "expires_in": 3599})
}

func refuse(w http.ResponseWriter, code int, status, reason, message string) {
	answer(w, code, map[string]any{"error": map[string]any{
		"code": code, "message": message, "status": status, "errors": []any{map[string]string{"message": message, "domain": "global", "reason": reason}},
	}})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}
