package fakegraph_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// claimsOf opens an access token.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	pieces := strings.Split(token, ".")
	require.Len(t, pieces, 3)
	raw, err := base64.RawURLEncoding.DecodeString(pieces[1])
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(raw, &c))
	return c
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	endpoint := login + "contoso.example/oauth2/v2.0/authorize"
	a := r.get(login + "common/discovery/instance?" + query("api-version", "1.1", "authorization_endpoint", endpoint))
	require.Equal(t, 200, a.Status)
	assert.Equal(t, login+"contoso.example/v2.0/.well-known/openid-configuration", a.str("tenant_discovery_endpoint"))
	meta := a.JSON["metadata"].([]any)[0].(map[string]any)
	assert.Equal(t, "login.microsoftonline.com", meta["preferred_network"])
	assert.Contains(t, meta["aliases"], "sts.windows.net")
	assert.Equal(t, 1, r.fake.Counter.Count("discovery"))
}

func TestOpenIDConfiguration(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	id := r.fake.Tenant().ID
	for _, tc := range []struct{ host, tenant, endpoint, issuer, graph string }{
		{"login.microsoftonline.com", id, "https://login.microsoftonline.com/", "https://login.microsoftonline.com/", "graph.microsoft.com"},
		{"login.microsoftonline.com", "contoso.example", "https://login.microsoftonline.com/", "https://login.microsoftonline.com/", "graph.microsoft.com"},
		{"login.microsoftonline.us", id, "https://login.microsoftonline.us/", "https://login.microsoftonline.us/", "graph.microsoft.us"},
		{"login.partner.microsoftonline.cn", id, "https://login.partner.microsoftonline.cn/", "https://login.partner.microsoftonline.cn/", "microsoftgraph.chinacloudapi.cn"},
		{"127.0.0.1:4711", id, "https://127.0.0.1:4711/", "https://login.microsoftonline.com/", "graph.microsoft.com"},
	} {
		a := r.get("https://" + tc.host + "/" + tc.tenant + "/v2.0/.well-known/openid-configuration?")
		require.Equal(t, 200, a.Status, tc.host)
		assert.Equal(t, tc.endpoint+id+"/oauth2/v2.0/token", a.str("token_endpoint"))
		assert.Equal(t, tc.endpoint+id+"/oauth2/v2.0/authorize", a.str("authorization_endpoint"))
		assert.Equal(t, tc.issuer+id+"/v2.0", a.str("issuer"))
		assert.Equal(t, tc.graph, a.str("msgraph_host"))
	}
}

func TestWrongTenantFailsAtDiscovery(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for tenant, code := range map[string]float64{
		"11111111-2222-4333-8444-555555555555": 90002,
		"nowhere.example":                      90002,
		"nonsense":                             900023,
	} {
		a := r.get(login + tenant + "/v2.0/.well-known/openid-configuration")
		assert.Equal(t, 400, a.Status, tenant)
		assert.Equal(t, []any{code}, a.JSON["error_codes"], tenant)
	}
}

func TestTokenOfASecret(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, fakegraph.App{Roles: []string{"Mail.Read", "Mail.Send"}})
	a := r.tokenRequest("contoso.example", secretForm(r.app))
	require.Equal(t, 200, a.Status, a.Text)
	assert.Equal(t, "Bearer", a.str("token_type"))
	assert.EqualValues(t, 3599, a.JSON["expires_in"])
	assert.EqualValues(t, 3599, a.JSON["ext_expires_in"])
	assert.NotContains(t, a.JSON, "refresh_token")
	assert.NotContains(t, a.JSON, "refresh_in")
	assert.Contains(t, a.Header.Get("Cache-Control"), "no-store")
	c := claimsOf(t, a.str("access_token"))
	id := r.fake.Tenant().ID
	assert.Equal(t, "https://graph.microsoft.com", c["aud"])
	assert.Equal(t, "https://sts.windows.net/"+id+"/", c["iss"])
	assert.Equal(t, id, c["tid"])
	assert.Equal(t, r.app.ClientID, c["appid"])
	assert.Equal(t, "1", c["appidacr"])
	assert.Equal(t, "app", c["idtyp"])
	assert.Equal(t, "1.0", c["ver"])
	assert.Equal(t, c["oid"], c["sub"])
	assert.Equal(t, []any{"Mail.Read", "Mail.Send"}, c["roles"])
	assert.NotContains(t, c, "xms_cc")
	assert.Equal(t, []any{"cp1"}, claimsOf(t, r.token)["xms_cc"])
}

// Entra issues a token without consent too; it has no roles claim, with RBAC grants neither.
func TestTokenWithoutConsent(t *testing.T) {
	t.Parallel()
	for _, app := range []fakegraph.App{{Roles: []string{}}, {Roles: []string{}, Grants: []fakegraph.Grant{{Role: "Mail.Read"}}}} {
		r := newRig(t, nil, app)
		assert.NotContains(t, claimsOf(t, r.token), "roles")
	}
}

func TestLongTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{LongCAETokens: true}, fakegraph.App{})
	form := secretForm(r.app)
	assert.EqualValues(t, 3599, r.tokenRequest(r.app.Tenant, form).JSON["expires_in"])
	form.Set("claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`)
	a := r.tokenRequest(r.app.Tenant, form)
	assert.EqualValues(t, 86399, a.JSON["expires_in"])
	assert.EqualValues(t, 43199, a.JSON["refresh_in"])
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	with := func(name, value string) func(*rig, url.Values) {
		return func(_ *rig, form url.Values) { form.Set(name, value) }
	}
	without := func(name string) func(*rig, url.Values) {
		return func(_ *rig, form url.Values) { form.Del(name) }
	}
	change := func(f func(*fakegraph.App)) func(*rig, url.Values) {
		return func(r *rig, _ url.Values) { r.fake.ChangeApp(r.app.ClientID, f) }
	}
	for name, tc := range map[string]struct {
		tenant string
		edit   func(*rig, url.Values)
		code   int
		err    string
		status int
	}{
		"wrong secret":         {"", with("client_secret", "nope"), 7000215, "invalid_client", 401},
		"secret id":            {"", func(r *rig, f url.Values) { f.Set("client_secret", r.app.Secrets[0].ID) }, 7000215, "invalid_client", 401},
		"expired secret":       {"", change(func(a *fakegraph.App) { a.Secrets[0].Expires = time.Now().Add(-time.Hour) }), 7000222, "invalid_client", 401},
		"no credential":        {"", without("client_secret"), 7000216, "invalid_request", 400},
		"empty secret":         {"", with("client_secret", ""), 7000218, "invalid_client", 401},
		"unknown app":          {"", with("client_id", "11111111-2222-4333-8444-555555555555"), 700016, "unauthorized_client", 400},
		"app of another":       {"fabrikam.example", nil, 700016, "unauthorized_client", 400},
		"no principal":         {"", change(func(a *fakegraph.App) { a.NoPrincipal = true }), 7000229, "unauthorized_client", 400},
		"disabled":             {"", change(func(a *fakegraph.App) { a.Disabled = true }), 7000112, "unauthorized_client", 400},
		"conditional access":   {"", change(func(a *fakegraph.App) { a.Blocked = true }), 53003, "invalid_grant", 400},
		"unknown tenant":       {"nowhere.example", nil, 90002, "invalid_tenant", 400},
		"malformed tenant":     {"nonsense", nil, 900023, "invalid_request", 400},
		"common":               {"common", nil, 9001023, "invalid_request", 400},
		"organizations":        {"organizations", nil, 50059, "invalid_request", 400},
		"scope not default":    {"", with("scope", "https://graph.microsoft.com/Mail.Read"), 1002012, "invalid_scope", 400},
		"scope openid only":    {"", with("scope", "openid profile"), 1002012, "invalid_scope", 400},
		"two resources":        {"", with("scope", "https://graph.microsoft.com/.default https://outlook.office365.com/.default"), 700022, "invalid_scope", 400},
		"unknown resource":     {"", with("scope", "https://nothing.example/.default"), 500011, "invalid_resource", 400},
		"no scope":             {"", without("scope"), 900144, "invalid_request", 400},
		"no grant type":        {"", without("grant_type"), 900144, "invalid_request", 400},
		"no client id":         {"", without("client_id"), 900144, "invalid_request", 400},
		"another grant":        {"", with("grant_type", "password"), 70003, "unsupported_grant_type", 400},
		"assertion is no JWT":  {"", assertion("abc"), 50027, "invalid_client", 401},
		"assertion, no type":   {"", with("client_assertion", "a.b.c"), 900144, "invalid_request", 400},
		"assertion of no cert": {"", assertion("e30.e30.e30"), 700027, "invalid_client", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := simpleRig(t)
			r.fake.AddTenant(fakegraph.Tenant{Domains: []string{"fabrikam.example"}})
			form := secretForm(r.app)
			if tc.edit != nil {
				tc.edit(r, form)
			}
			tenant := tc.tenant
			if tenant == "" {
				tenant = r.app.Tenant
			}
			requireEntra(t, r.tokenRequest(tenant, form), tc.code, tc.err, tc.status)
		})
	}
}

// assertion puts a client assertion in the place of the secret.
func assertion(jwt string) func(*rig, url.Values) {
	return func(_ *rig, form url.Values) {
		form.Del("client_secret")
		form.Set("client_assertion", jwt)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	}
}

func requireEntra(t *testing.T, a answer, code int, kind string, status int) {
	t.Helper()
	require.Equal(t, status, a.Status, a.Text)
	assert.Equal(t, kind, a.str("error"))
	assert.Equal(t, []any{float64(code)}, a.JSON["error_codes"])
	text := a.str("error_description")
	assert.True(t, strings.HasPrefix(text, fmt.Sprintf("AADSTS%d: ", code)), text)
	assert.NotContains(t, text, "%!")
	assert.Regexp(t, ` Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$`, text)
	assert.Equal(t, fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", code), a.str("error_uri"))
	for _, name := range []string{"timestamp", "trace_id", "correlation_id"} {
		assert.NotEmpty(t, a.str(name), name)
	}
}

func TestTokenByGet(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	requireEntra(t, r.get(login+r.app.Tenant+"/oauth2/v2.0/token"), 900561, "invalid_request", 400)
}

func TestOldErrorText(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{OldErrorText: true}, fakegraph.App{})
	form := secretForm(r.app)
	form.Set("client_secret", "nope")
	assert.Contains(t, r.tokenRequest(r.app.Tenant, form).str("error_description"), "\r\nTrace ID: ")
}

func TestTokenEndpointThrottles(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{TokenLimit: 2}, fakegraph.App{})
	require.Equal(t, 200, r.tokenRequest(r.app.Tenant, secretForm(r.app)).Status)
	a := r.tokenRequest(r.app.Tenant, secretForm(r.app))
	requireEntra(t, a, 90055, "temporarily_unavailable", 429)
	assert.NotEmpty(t, a.Header.Get("Retry-After"))
}

func TestRotateSecret(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	fresh := r.fake.RotateSecret(r.app.ClientID)
	requireEntra(t, r.tokenRequest(r.app.Tenant, secretForm(r.app)), 7000215, "invalid_client", 401)
	form := secretForm(r.app)
	form.Set("client_secret", fresh)
	require.Equal(t, 200, r.tokenRequest(r.app.Tenant, form).Status)
	require.Equal(t, 200, r.list().Status, "the old token lives on")
	assert.False(t, r.fake.ChangeApp("nobody", func(*fakegraph.App) {}))
}

func TestExpiredTokens(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fake.ExpireTokens()
	a := r.list()
	require.Equal(t, 401, a.Status)
	assert.Equal(t, "InvalidAuthenticationToken", a.code())
	assert.Equal(t, "Lifetime validation failed, the token is expired.", a.message())
	assert.NotContains(t, a.Header.Get("WWW-Authenticate"), "claims")
	r.renew()
	require.Equal(t, 200, r.list().Status)
}

func TestTokensExpireByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &fakegraph.Options{TokenLife: time.Minute}, fakegraph.App{})
		time.Sleep(59 * time.Second)
		require.Equal(t, 200, r.list().Status)
		time.Sleep(time.Second)
		require.Equal(t, 401, r.list().Status)
	})
}

func TestRevokedTokensAreChallenged(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	plain := r.tokenRequest(r.app.Tenant, secretForm(r.app)).str("access_token")
	r.fake.RevokeTokens(r.app.ClientID)
	a := r.list()
	require.Equal(t, 401, a.Status)
	header := a.Header.Get("WWW-Authenticate")
	assert.Contains(t, header, `error="insufficient_claims"`)
	_, rest, found := strings.Cut(header, `claims="`)
	require.True(t, found)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(rest, `"`))
	require.NoError(t, err)
	var want map[string]map[string]any
	require.NoError(t, json.Unmarshal(raw, &want))
	assert.Contains(t, want["access_token"], "nbf")
	r.renew()
	require.Equal(t, 200, r.list().Status)
	r.token = plain
	require.Equal(t, 200, r.list().Status, "a token without the capability goes on working")
}

func TestStrictRevoke(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{StrictRevoke: true}, fakegraph.App{})
	r.token = r.tokenRequest(r.app.Tenant, secretForm(r.app)).str("access_token")
	r.fake.RevokeTokens("")
	require.Equal(t, 401, r.list().Status)
}

func TestEntraErrorsAsFaults(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for _, row := range fakegraph.EntraErrors {
		r.fake.Faults.Push(fakegraph.EntraError(row.Code))
		var a answer
		if row.Code == 90002 || row.Code == 900023 {
			a = r.get(login + r.app.Tenant + "/v2.0/.well-known/openid-configuration")
		} else {
			a = r.tokenRequest(r.app.Tenant, secretForm(r.app))
		}
		requireEntra(t, a, row.Code, row.Error, row.Status)
	}
	require.Zero(t, r.fake.Faults.Pending())
}

func TestUnknownLoginPath(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	require.Equal(t, http.StatusNotFound, r.get(login+r.app.Tenant+"/oauth2/v2.0/logout").Status)
}
