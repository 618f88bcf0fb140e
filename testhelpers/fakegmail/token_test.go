package fakegmail_test

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
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
)

const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// keyOf is the private key of a key file.
func keyOf(t *testing.T, file []byte) (*rsa.PrivateKey, map[string]string) {
	t.Helper()
	var fields map[string]string
	require.NoError(t, json.Unmarshal(file, &fields))
	block, _ := pem.Decode([]byte(fields["private_key"]))
	require.NotNil(t, block)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key.(*rsa.PrivateKey), fields
}

// signed is a JWS over these parts by RS256, whatever the header says.
func signed(t *testing.T, key *rsa.PrivateKey, head, claims map[string]any) string {
	t.Helper()
	h, err := json.Marshal(head)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// grantFor is a request that succeeds, for tests to spoil.
func (w *world) grantFor(head, claims map[string]any) url.Values {
	w.t.Helper()
	key, file := keyOf(w.t, w.robot.JSON())
	h := map[string]any{"alg": "RS256", "typ": "JWT", "kid": file["private_key_id"]}
	c := map[string]any{"iss": file["client_email"], "scope": fakegmail.ScopeModify, "aud": fakegmail.TokenURI,
		"iat": time.Now().Unix() - 10, "exp": time.Now().Unix() + 3590, "sub": qa}
	for into, from := range map[*map[string]any]map[string]any{&h: head, &c: claims} {
		for name, value := range from {
			if value == nil {
				delete(*into, name)
			} else {
				(*into)[name] = value
			}
		}
	}
	return url.Values{"grant_type": {grantType}, "assertion": {signed(w.t, key, h, c)}}
}

func (w *world) tokenRequest(form url.Values) response {
	w.t.Helper()
	return w.do(http.MethodPost, fakegmail.TokenURI, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func TestTokenIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, fakegmail.ScopeModify, fakegmail.ScopeSend)
	for name, form := range map[string]url.Values{
		"as in RFC 7523":     w.grantFor(nil, nil),
		"two scopes":         w.grantFor(nil, map[string]any{"scope": fakegmail.ScopeModify + " " + fakegmail.ScopeSend}),
		"prn for sub":        w.grantFor(nil, map[string]any{"sub": nil, "prn": qa}),
		"without kid":        w.grantFor(map[string]any{"kid": nil}, nil),
		"numbers as strings": w.grantFor(nil, map[string]any{"iat": fmt.Sprint(time.Now().Unix())}),
	} {
		r := w.tokenRequest(form)
		require.Equal(t, http.StatusOK, r.status, "%s: %s", name, r.body)
		out := r.tree(t)
		assert.Equal(t, float64(3599), out["expires_in"])
		assert.Equal(t, "Bearer", out["token_type"])
		assert.Len(t, out, 3, "no scope and no refresh token")
		w.token = out["access_token"].(string)
		assert.Equal(t, qa, w.get("/profile")["emailAddress"], name)
	}
	form := w.grantFor(nil, nil)
	form.Set("grant_type", "assertion")
	form.Set("assertion_type", "http://oauth.net/grant_type/jwt/1.0/bearer")
	assert.Equal(t, http.StatusOK, w.tokenRequest(form).status, "the spelling before the RFC")
}

const shortLived = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
	"Check your iat and exp values in the JWT claim."

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	now := time.Now().Unix()
	type claims = map[string]any
	const unauthorized = "Client is unauthorized to retrieve access tokens using this method, or client not " +
		"authorized for any of the scopes requested."
	for name, c := range map[string]struct {
		head, claims claims
		set          url.Values
		status       int
		code, text   string
	}{
		"wrong grant type":   {set: url.Values{"grant_type": {"password"}}, status: 400, code: "unsupported_grant_type", text: "Invalid grant_type: password"},
		"no grant type":      {set: url.Values{"grant_type": {""}}, status: 400, code: "unsupported_grant_type", text: "Invalid grant_type: "},
		"no assertion":       {set: url.Values{"assertion": {""}}, status: 400, code: "invalid_request", text: "Bad Request"},
		"two segments":       {set: url.Values{"assertion": {"e30.e30"}}, status: 400, code: "invalid_request", text: "Bad Request"},
		"no base64":          {set: url.Values{"assertion": {"!.!.!"}}, status: 400, code: "invalid_request", text: "Bad Request"},
		"other algorithm":    {head: claims{"alg": "none"}, status: 400, code: "invalid_grant", text: "Invalid JWT Signature."},
		"unknown key":        {head: claims{"kid": "00ff"}, status: 400, code: "invalid_grant", text: "Invalid JWT Signature."},
		"unknown issuer":     {claims: claims{"iss": "typo@x.iam.gserviceaccount.com"}, status: 400, code: "invalid_grant", text: "Invalid grant: account not found"},
		"no iat":             {claims: claims{"iat": nil}, status: 400, code: "invalid_grant", text: "Invalid JWT: iat (issued at) is not set."},
		"no exp":             {claims: claims{"exp": nil}, status: 400, code: "invalid_grant", text: "Invalid JWT: exp (expiration time) is not set."},
		"longer than hour":   {claims: claims{"exp": now + 7200}, status: 400, code: "invalid_grant", text: shortLived},
		"clock behind":       {claims: claims{"iat": now - 7200, "exp": now - 3600}, status: 400, code: "invalid_grant", text: shortLived},
		"clock ahead":        {claims: claims{"iat": now + 3600, "exp": now + 7200}, status: 400, code: "invalid_grant", text: shortLived},
		"no scope":           {claims: claims{"scope": nil}, status: 400, code: "invalid_scope", text: "Invalid OAuth scope or ID token audience provided."},
		"other audience":     {claims: claims{"aud": "https://example.com/token"}, status: 400, code: "invalid_grant", text: "Invalid JWT: Failed audience check."},
		"scope before aud":   {claims: claims{"aud": "x", "scope": ""}, status: 400, code: "invalid_scope", text: "Invalid OAuth scope or ID token audience provided."},
		"time before scope":  {claims: claims{"exp": now + 9999, "scope": ""}, status: 400, code: "invalid_grant", text: shortLived},
		"no address":         {claims: claims{"sub": "qa"}, status: 400, code: "invalid_grant", text: "Not a valid email"},
		"unknown user":       {claims: claims{"sub": "nobody@example.com"}, status: 400, code: "invalid_grant", text: "Invalid email or User ID"},
		"deleted user":       {claims: claims{"sub": "gone@example.com"}, status: 400, code: "invalid_grant", text: "The account has been deleted"},
		"suspended user":     {claims: claims{"sub": "idle@example.com"}, status: 400, code: "access_denied", text: "Account restricted"},
		"wider scope":        {claims: claims{"scope": fakegmail.ScopeFull}, status: 401, code: "unauthorized_client", text: unauthorized},
		"one scope too many": {claims: claims{"scope": fakegmail.ScopeModify + " " + fakegmail.ScopeInsert}, status: 401, code: "unauthorized_client", text: unauthorized},
		"other domain":       {claims: claims{"sub": "qa@contoso.example"}, status: 401, code: "unauthorized_client", text: unauthorized},
		"consumer":           {claims: claims{"sub": "someone@gmail.com"}, status: 401, code: "unauthorized_client", text: unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, fakegmail.ScopeModify)
			w.fake.SetUser("gone@example.com", fakegmail.UserDeleted)
			w.fake.SetUser("idle@example.com", fakegmail.UserSuspended)
			form := w.grantFor(c.head, c.claims)
			for key := range c.set {
				form.Set(key, c.set.Get(key))
			}
			r := w.tokenRequest(form)
			assert.Equal(t, c.status, r.status)
			assert.Equal(t, "application/json; charset=UTF-8", r.header.Get("Content-Type"))
			assert.Equal(t, map[string]any{"error": c.code, "error_description": c.text}, r.tree(t))
		})
	}
}

func TestKeysComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	form := w.grantFor(nil, map[string]any{"scope": fakegmail.ScopeFull})
	require.Equal(t, http.StatusOK, w.tokenRequest(form).status)

	fresh, err := w.fake.RotateKey(w.robot)
	require.NoError(t, err)
	assert.Contains(t, w.tokenRequest(form).body, "Invalid JWT Signature.", "the old key")
	w.robot = fresh
	form = w.grantFor(nil, map[string]any{"scope": fakegmail.ScopeFull})
	assert.Equal(t, http.StatusOK, w.tokenRequest(form).status, "the new key")

	w.fake.RevokeKeys()
	assert.Contains(t, w.tokenRequest(form).body, "Invalid JWT Signature.")
	w.fake.RemoveAccount(fresh)
	assert.Contains(t, w.tokenRequest(form).body, "Invalid grant: account not found")
}

func TestTokenOfAnUnknownScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	r := w.tokenRequest(w.grantFor(nil, map[string]any{"sub": nil, "scope": "https://api.example.com/x " + fakegmail.ScopeFull}))
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.Len(t, r.tree(t), 1)
	assert.NotEmpty(t, r.tree(t)["id_token"])
}

func TestDelegationSwitches(t *testing.T) {
	t.Parallel()
	userFirst := newWorld(t, &fakegmail.Options{UserFirst: true}, fakegmail.ScopeModify)
	r := userFirst.tokenRequest(userFirst.grantFor(nil, map[string]any{"sub": "x@example.com", "scope": fakegmail.ScopeFull}))
	assert.Contains(t, r.body, "Invalid email or User ID")

	long := newWorld(t, &fakegmail.Options{LongAudienceText: true})
	r = long.tokenRequest(long.grantFor(nil, map[string]any{"aud": "x"}))
	assert.Contains(t, r.body, "The right audience is https://oauth2.googleapis.com/token")

	slow := newWorld(t, &fakegmail.Options{Propagation: time.Hour})
	r = slow.tokenRequest(slow.grantFor(nil, map[string]any{"scope": fakegmail.ScopeFull}))
	assert.Equal(t, http.StatusUnauthorized, r.status)

	slow.fake.Delegate("example.com", slow.robot.ClientID)
	assert.Equal(t, http.StatusUnauthorized, slow.tokenRequest(slow.grantFor(nil, nil)).status)
}

func TestSignJWT(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const caller = "runner@ci.iam.gserviceaccount.com"
	now := time.Now().Unix()
	payload, err := json.Marshal(map[string]any{"iss": w.robot.Email, "scope": fakegmail.ScopeFull,
		"aud": fakegmail.TokenURI, "iat": now, "exp": now + 3600, "sub": qa})
	require.NoError(t, err)
	call := func(account, payload string) response {
		body, err := json.Marshal(map[string]any{"payload": payload})
		require.NoError(t, err)
		return w.do(http.MethodPost, "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"+account+":signJwt",
			"application/json", strings.NewReader(string(body)))
	}

	w.token = ""
	assert.Equal(t, http.StatusUnauthorized, call(w.robot.Email, string(payload)).status)
	w.token = w.fake.CallerToken(caller, fakegmail.ScopeModify)
	assert.Contains(t, call(w.robot.Email, string(payload)).body, "insufficient authentication scopes")
	w.token = w.fake.CallerToken(caller)
	assert.Contains(t, call(w.robot.Email, string(payload)).body,
		"Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).")
	w.fake.AllowSigning(caller, w.robot.Email)
	assert.Equal(t, http.StatusBadRequest, call(w.robot.Email, "no JSON").status)
	assert.Equal(t, http.StatusForbidden, call("nobody@x.example", string(payload)).status)
	w.fake.EnableAPI("acme-mail-test", "iamcredentials.googleapis.com", false)
	assert.Contains(t, call(w.robot.Email, string(payload)).body, "IAM Service Account Credentials API has not been used")
	w.fake.EnableAPI("acme-mail-test", "iamcredentials.googleapis.com", true)

	r := call(w.robot.Email, string(payload))
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.NotEmpty(t, r.tree(t)["keyId"])
	form := url.Values{"grant_type": {grantType}, "assertion": {r.tree(t)["signedJwt"].(string)}}
	w.fake.RevokeKeys()
	assert.Equal(t, http.StatusOK, w.tokenRequest(form).status, "Google's own key is not the user's")
}

func TestServiceAccountJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{KeyBits: 1024})
	file, err := w.fake.ServiceAccountJSON("example.com")
	require.NoError(t, err)
	key, fields := keyOf(t, file)
	assert.Equal(t, 1024, key.N.BitLen())
	assert.Equal(t, "service_account", fields["type"])
	assert.Equal(t, "https://oauth2.googleapis.com/token", fields["token_uri"])
	assert.Regexp(t, `^\d{21}$`, fields["client_id"])
	assert.Regexp(t, `^[0-9a-f]{40}$`, fields["private_key_id"])
	assert.Equal(t, "googleapis.com", fields["universe_domain"])
}
