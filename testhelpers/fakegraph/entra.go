package fakegraph

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// The token endpoint and what stands before it: instance discovery and the tenant's
// openid-configuration. https://learn.microsoft.com/entra/identity-platform/v2-protocols

// entraRoute is what a path of the login host means.
type entraRoute struct {
	kind   string // "discovery", "openid", "token", "keys"; "" for anything else
	tenant string
}

func parseEntra(path string) entraRoute {
	tenant, rest, _ := strings.Cut(strings.Trim(path, "/"), "/")
	switch strings.ToLower(rest) {
	case "discovery/instance":
		return entraRoute{"discovery", tenant}
	case "v2.0/.well-known/openid-configuration":
		return entraRoute{"openid", tenant}
	case "oauth2/v2.0/token":
		return entraRoute{"token", tenant}
	case "oauth2/v2.0/devicecode":
		return entraRoute{"devicecode", tenant}
	case "oauth2/v2.0/authorize":
		return entraRoute{"authorize", tenant}
	case "discovery/v2.0/keys":
		return entraRoute{"keys", tenant}
	}
	return entraRoute{"", tenant}
}

func (f *Fake) serveEntra(w http.ResponseWriter, r *http.Request, route entraRoute) {
	var body object
	var err *entraError
	switch route.kind {
	case "discovery":
		body, err = f.instances(r)
	case "openid":
		body, err = f.openID(r, route.tenant)
	case "token":
		body, err = f.token(r, route.tenant)
	case "devicecode":
		body, err = f.deviceCode(r, route.tenant)
	case "authorize":
		f.authorize(w, r, route.tenant)
		return
	case "keys":
		body = object{{"keys", []object{}}}
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		f.writeEntraError(w, r, err)
		return
	}
	writeEntra(w, r, http.StatusOK, body)
}

func writeEntra(w http.ResponseWriter, r *http.Request, status int, body object) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("P3P", `CP="DSP CUR OTPi IND OTRi ONL FIN"`)
	h.Set("x-ms-request-id", newGUID())
	if id := r.Header.Get("Client-Request-Id"); id != "" && strings.EqualFold(r.Header.Get("Return-Client-Request-Id"), "true") {
		h.Set("client-request-id", id)
	}
	w.WriteHeader(status)
	_, _ = w.Write(encode(body)) // the client is gone
}

// loginHosts are the hosts of the clouds: global, US government, China.
var loginHosts = []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net",
	"login.microsoftonline.us", "login.usgovcloudapi.net", "login.partner.microsoftonline.cn", "login.chinacloudapi.cn"}

// instances answers which authorities there are.
func (f *Fake) instances(r *http.Request) (object, *entraError) {
	endpoint := r.URL.Query().Get("authorization_endpoint")
	u, err := url.Parse(endpoint)
	if endpoint == "" || err != nil || u.Host == "" {
		return nil, entraErr(900144, "authorization_endpoint")
	}
	tenant, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	known := func(network, cache string, aliases ...string) object {
		return object{{"preferred_network", network}, {"preferred_cache", cache}, {"aliases", aliases}}
	}
	return object{
		{"tenant_discovery_endpoint", "https://" + u.Host + "/" + tenant + "/v2.0/.well-known/openid-configuration"},
		{"api-version", "1.1"},
		{"metadata", []object{
			known("login.microsoftonline.com", "login.windows.net", loginHosts[:4]...),
			known("login.microsoftonline.us", "login.microsoftonline.us", loginHosts[4:6]...),
			known("login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn", loginHosts[6:]...),
		}},
	}, nil
}

var tenantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)

// findTenant resolves the tenant of a path, with the errors of a wrong one.
func (f *Fake) findTenant(name string) (Tenant, *entraError) {
	switch strings.ToLower(name) {
	case "common", "organizations", "consumers":
		return Tenant{ID: name}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.tenantLocked(name)
	switch {
	case ok && name != "":
		return t, nil
	case !tenantName.MatchString(name) || !strings.ContainsAny(name, ".-"):
		return Tenant{}, entraErr(900023, name)
	}
	return Tenant{}, entraErr(90002, name)
}

// openID is a tenant's openid-configuration. The issuer names the public cloud also where the
// endpoints are on a loopback address: clients trust its host.
func (f *Fake) openID(r *http.Request, tenant string) (object, *entraError) {
	t, err := f.findTenant(tenant)
	if err != nil {
		return nil, err
	}
	base := origin(r) + "/" + t.ID
	graph := "graph.microsoft.com"
	if graphHost := cloudOf(r.Host); graphHost != "" {
		graph = graphHost
	}
	return object{
		{"token_endpoint", base + "/oauth2/v2.0/token"},
		{"token_endpoint_auth_methods_supported", []string{"client_secret_post", "private_key_jwt", "client_secret_basic"}},
		{"jwks_uri", base + "/discovery/v2.0/keys"},
		{"response_modes_supported", []string{"query", "fragment", "form_post"}},
		{"subject_types_supported", []string{"pairwise"}},
		{"id_token_signing_alg_values_supported", []string{"RS256"}},
		{"response_types_supported", []string{"code", "id_token", "code id_token", "id_token token"}},
		{"scopes_supported", []string{"openid", "profile", "email", "offline_access"}},
		{"issuer", f.issuer(r) + "/" + t.ID + "/v2.0"},
		{"authorization_endpoint", base + "/oauth2/v2.0/authorize"},
		{"device_authorization_endpoint", base + "/oauth2/v2.0/devicecode"},
		{"end_session_endpoint", base + "/oauth2/v2.0/logout"},
		{"tenant_region_scope", "EU"},
		{"cloud_instance_name", "microsoftonline.com"},
		{"cloud_graph_host_name", "graph.windows.net"},
		{"msgraph_host", graph},
	}, nil
}

// issuer is the authority's own origin if it is one of Microsoft's hosts, else the public cloud's.
func (f *Fake) issuer(r *http.Request) string {
	if f.o.Issuer != "" {
		return strings.TrimSuffix(f.o.Issuer, "/")
	}
	if cloudOf(r.Host) != "" {
		return origin(r)
	}
	return "https://login.microsoftonline.com"
}
