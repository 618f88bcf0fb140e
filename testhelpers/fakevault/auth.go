package fakevault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// token is what a login gives.
type token struct {
	ends  time.Time // zero = never
	paths []string  // what it may reach, by prefix; nil = everything
}

func (t *token) ended() bool { return !t.ends.IsZero() && !time.Now().Before(t.ends) }

func (t *token) left() int {
	if t.ends.IsZero() {
		return 0
	}
	return int(time.Until(t.ends) / time.Second)
}

func (t *token) may(path string) bool {
	return t.paths == nil || slices.ContainsFunc(t.paths, func(p string) bool { return strings.HasPrefix(path, p) })
}

// Token makes a token known. Paths are the prefixes of API paths that it may reach, none =
// everything; ttl 0 = it does not end.
func (f *Fake) Token(value string, ttl time.Duration, paths ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[value] = newToken(ttl, paths)
}

func newToken(ttl time.Duration, paths []string) *token {
	t := &token{paths: paths}
	if ttl > 0 {
		t.ends = time.Now().Add(ttl)
	}
	return t
}

// Revoke ends all tokens but the root token.
func (f *Fake) Revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for value := range f.tokens {
		if value != RootToken {
			delete(f.tokens, value)
		}
	}
}

// login is what a login path accepts.
type login struct {
	fields map[string]string
	ttl    time.Duration
	paths  []string
	status int
	errs   string
}

// AppRole makes a role known at auth/approle/login.
func (f *Fake) AppRole(roleID, secretID string, ttl time.Duration, paths ...string) {
	f.allow("auth/approle/login", login{map[string]string{"role_id": roleID, "secret_id": secretID}, ttl, paths, http.StatusBadRequest, "invalid role or secret ID"})
}

// Kubernetes makes a service account known at auth/kubernetes/login.
func (f *Fake) Kubernetes(role, jwt string, ttl time.Duration, paths ...string) {
	f.allow("auth/kubernetes/login", login{map[string]string{"role": role, "jwt": jwt}, ttl, paths, http.StatusForbidden, "permission denied"})
}

// JWT makes a token of an identity provider known at auth/<mount>/login.
func (f *Fake) JWT(mount, role, jwt string, ttl time.Duration, paths ...string) {
	f.allow("auth/"+mount+"/login", login{map[string]string{"role": role, "jwt": jwt}, ttl, paths, http.StatusBadRequest, "error validating token: invalid signature"})
}

// Userpass makes a user known at auth/userpass/login/<user>.
func (f *Fake) Userpass(user, password string, ttl time.Duration, paths ...string) {
	f.allow("auth/userpass/login/"+user, login{map[string]string{"password": password}, ttl, paths, http.StatusBadRequest, "invalid username or password"})
}

func (f *Fake) allow(path string, l login) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins[path] = l
}

// login serves auth/….
func (f *Fake) login(w http.ResponseWriter, r *http.Request, path string) {
	l, ok := f.logins[path]
	if !ok && strings.HasPrefix(path, "auth/userpass/login/") { // whether a user is known is not told
		refuse(w, http.StatusBadRequest, "invalid username or password")
		return
	}
	if !ok {
		refuse(w, http.StatusForbidden, "permission denied")
		return
	}
	given := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&given)
	for name, want := range l.fields {
		if given[name] != want {
			refuse(w, l.status, l.errs)
			return
		}
	}
	f.serial++
	value := fmt.Sprintf("hvs.fake%d", f.serial)
	f.tokens[value] = newToken(l.ttl, l.paths)
	answer(w, map[string]any{"auth": map[string]any{
		"client_token": value, "accessor": "a", "policies": []string{"default"}, "token_policies": []string{"default"}, "metadata": nil,
		"lease_duration": int(l.ttl / time.Second), "renewable": true, "entity_id": "", "token_type": "service", "orphan": true, "num_uses": 0,
	}})
}

// wrapped is an answer that waits under a wrapping token.
type wrapped struct{ body map[string]any }

// WrapData keeps data under a wrapping token, which works once: what "vault … -wrap-ttl" gives.
func (f *Fake) WrapData(data map[string]any) (wrappingToken string) {
	return f.wrap(map[string]any{"data": data})
}

// WrapToken keeps a known token under a wrapping token.
func (f *Fake) WrapToken(value string) (wrappingToken string) {
	return f.wrap(map[string]any{"auth": map[string]any{"client_token": value, "lease_duration": 3600, "renewable": true}})
}

func (f *Fake) wrap(body map[string]any) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	value := fmt.Sprintf("hvs.wrap%d", f.serial)
	f.wrapped[value] = wrapped{body}
	return value
}

// unwrap serves sys/wrapping/unwrap: the token in the header, or in the body.
func (f *Fake) unwrap(w http.ResponseWriter, r *http.Request) {
	var body struct{ Token string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	value := body.Token
	if value == "" {
		value = r.Header.Get("X-Vault-Token")
	}
	kept, ok := f.wrapped[value]
	if !ok {
		refuse(w, http.StatusBadRequest, "wrapping token is not valid or does not exist")
		return
	}
	delete(f.wrapped, value)
	answer(w, kept.body)
}
