package fakegraph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token is the token endpoint: the client credentials grant with a secret or an assertion.
func (f *Fake) token(r *http.Request, tenant string) (object, *entraError) {
	if r.Method != http.MethodPost {
		return nil, entraErr(900561, r.Method)
	}
	if f.o.TokenLimit > 0 && !f.tokens.take("", 1, int64(f.o.TokenLimit), time.Minute) {
		err := entraErr(90055)
		err.retryAfter = f.tokens.wait("", time.Minute)
		return nil, err
	}
	if body, err, ok := f.personGrant(r, tenant); ok {
		return body, err
	}
	form, err := tokenForm(r)
	if err != nil {
		return nil, err
	}
	if grant := form.Get("grant_type"); grant != "client_credentials" {
		return nil, entraErr(70003, grant)
	}
	t, err := f.findTenant(tenant)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(t.ID) {
	case "common", "consumers":
		return nil, entraErr(9001023)
	case "organizations":
		return nil, entraErr(50059)
	}
	return f.grant(r, t, form)
}

// tokenForm reads the body and sees to the fields that must be there.
func tokenForm(r *http.Request) (url.Values, *entraError) {
	if err := r.ParseForm(); err != nil {
		return nil, entraErr(900144, "grant_type")
	}
	for _, name := range []string{"grant_type", "client_id", "scope"} {
		if r.PostForm.Get(name) == "" {
			return nil, entraErr(900144, name)
		}
	}
	return r.PostForm, nil
}

func (f *Fake) grant(r *http.Request, t Tenant, form url.Values) (object, *entraError) {
	clientID := form.Get("client_id")
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.apps[strings.ToLower(clientID)]
	switch {
	case !ok || a.Tenant != t.ID:
		return nil, entraErr(700016, clientID)
	case a.NoPrincipal:
		return nil, entraErr(7000229, clientID)
	}
	resource, err := resourceOf(form.Get("scope"))
	if err != nil {
		return nil, err
	}
	method, err := f.authenticate(r, a, t, form)
	if err != nil {
		return nil, err
	}
	switch {
	case a.Disabled:
		return nil, entraErr(7000112, clientID)
	case a.Blocked:
		return nil, entraErr(53003)
	}
	return f.issue(a, resource, method, strings.Contains(strings.ToLower(form.Get("claims")), `"cp1"`)), nil
}

// graphResources are the names of Graph in the clouds; the last one is its app id.
var graphResources = []string{"https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us",
	"https://microsoftgraph.chinacloudapi.cn", "https://outlook.office365.com", "https://outlook.office.com", graphAppID}

const graphAppID = "00000003-0000-0000-c000-000000000000"

// resourceOf reads the scope: one resource with /.default. MSAL adds openid, profile and
// offline_access, which a client credentials request may carry.
func resourceOf(scope string) (string, *entraError) {
	var resources []string
	for s := range strings.FieldsSeq(scope) {
		if slices.Contains([]string{"openid", "profile", "offline_access", "email"}, s) {
			continue
		}
		resource, ok := strings.CutSuffix(s, "/.default")
		if !ok {
			return "", entraErr(1002012, s)
		}
		resources = append(resources, strings.TrimSuffix(resource, "/"))
	}
	switch {
	case len(resources) == 0:
		return "", entraErr(1002012, scope)
	case len(resources) > 1:
		return "", entraErr(700022, scope)
	case !slices.Contains(graphResources, resources[0]):
		return "", entraErr(500011, resources[0])
	}
	return resources[0], nil
}

// authenticate checks the credential and says which kind it was: "1" a secret, "2" an assertion,
// as the claim appidacr has it.
func (f *Fake) authenticate(r *http.Request, a *app, t Tenant, form url.Values) (string, *entraError) {
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	if id, pass, ok := r.BasicAuth(); ok && strings.EqualFold(id, a.ClientID) && secret == "" {
		secret, _ = url.QueryUnescape(pass)
	}
	switch {
	case assertion != "":
		if kind := form.Get("client_assertion_type"); kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			return "", entraErr(900144, "client_assertion_type")
		}
		return "2", f.checkAssertion(r, a, t, assertion)
	case secret != "":
		return "1", checkSecret(a, secret)
	case form.Has("client_secret"):
		return "", entraErr(7000218)
	}
	return "", entraErr(7000216)
}

// checkSecret takes any value that has not expired. The id of a secret is not its value.
func checkSecret(a *app, secret string) *entraError {
	for _, s := range a.Secrets {
		if s.Value == secret {
			if !time.Now().Before(s.Expires) {
				return entraErr(7000222, a.ClientID)
			}
			return nil
		}
	}
	return entraErr(7000215, a.ClientID)
}

// claims are what the fake reads back from a token of its own. Clients must not.
type claims struct {
	Audience string   `json:"aud"`
	Tenant   string   `json:"tid"`
	AppID    string   `json:"appid"`
	Roles    []string `json:"roles"`
	Expires  int64    `json:"exp"`
	CAE      []string `json:"xms_cc"`
	Serial   uint64   `json:"fake_serial"`
	User     string   `json:"upn"` // of a person's token
	Scopes   string   `json:"scp"`
}

// issue mints a token. Roles are those consented now, and absent if there are none. f.mu is held.
func (f *Fake) issue(a *app, resource, method string, cae bool) object {
	life := f.o.TokenLife
	if life == 0 {
		life = 3599 * time.Second
		if cae && f.o.LongCAETokens {
			life = 86399 * time.Second
		}
	}
	f.serial++
	now := time.Now()
	principal := guid("principal:" + a.ClientID)
	payload := object{
		{"aud", resource}, {"iss", "https://sts.windows.net/" + a.Tenant + "/"},
		{"iat", now.Unix()}, {"nbf", now.Unix()}, {"exp", now.Add(life).Unix()},
		{"aio", newGUID()}, {"app_displayname", "fake"}, {"appid", a.ClientID}, {"appidacr", method},
		{"idp", "https://sts.windows.net/" + a.Tenant + "/"}, {"idtyp", "app"}, {"oid", principal},
	}
	if len(a.Roles) > 0 {
		payload.add("roles", slices.Clone(a.Roles))
	}
	payload = append(payload, object{{"sub", principal}, {"tid", a.Tenant}, {"uti", newGUID()}, {"ver", "1.0"}}...)
	if cae {
		payload.add("xms_cc", []string{"cp1"})
	}
	payload.add("fake_serial", int64(f.serial))
	body := object{{"token_type", "Bearer"}, {"expires_in", int(life / time.Second)}, {"ext_expires_in", int(life / time.Second)}}
	if life > 2*time.Hour {
		body.add("refresh_in", int(life/2/time.Second))
	}
	body.add("access_token", f.sign(payload))
	return body
}

// sign makes a compact JWT. Its signature is for the fake alone: nobody else can check a Graph
// token either.
func (f *Fake) sign(payload object) string {
	header := object{{"typ", "JWT"}, {"nonce", newGUID()}, {"alg", "RS256"}, {"x5t", "ZmFrZQ"}, {"kid", "ZmFrZQ"}}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString(encode(header)) + "." + enc.EncodeToString(encode(payload))
	return text + "." + enc.EncodeToString(f.mac(text))
}

func (f *Fake) mac(text string) []byte {
	h := hmac.New(sha256.New, f.key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// readToken opens a token that sign made.
func (f *Fake) readToken(token string) (claims, bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return claims{}, false
	}
	mac, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil || !hmac.Equal(mac, f.mac(token[:at])) {
		return claims{}, false
	}
	_, body, _ := strings.Cut(token[:at], ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	var c claims
	return c, err == nil && json.Unmarshal(raw, &c) == nil
}
