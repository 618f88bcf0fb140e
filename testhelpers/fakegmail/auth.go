package fakegmail

import (
	"net/http"
	"strings"
	"time"
)

// grant is what an access token stands for.
type grant struct {
	subject string // the user it acts for; "" for the service account itself
	account string // the service account's address, or another caller of IAM
	project string
	scopes  []string
	expires time.Time
}

// mint makes an access token. The caller holds f.mu.
func (f *Fake) mint(g grant) string {
	g.expires = time.Now().Add(lifetime)
	token := "ya29.c." + randomHex(60)
	f.tokens[token] = &g
	return token
}

// Token makes an access token for a user without the token endpoint: as a user's own consent, or
// any other source of tokens, gives one. It lives for an hour.
func (f *Fake) Token(address string, scopes ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mint(grant{subject: strings.ToLower(address), project: "acme-mail-test", scopes: scopes})
}

// ExpireTokens ends all access tokens that are out: "Invalid Credentials". New ones are given.
func (f *Fake) ExpireTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.tokens {
		g.expires = time.Time{}
	}
}

const credentialTail = " Expected OAuth 2 access token, login cookie or other valid authentication " +
	"credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."

// authenticate reads the bearer token, from the header or the access_token parameter.
func (f *Fake) authenticate(r *http.Request, service, rpc string) (*grant, *apiError) {
	token, ok := bearer(r)
	if !ok {
		return nil, missingCredentials(service, rpc)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g, ok := f.tokens[token]
	if !ok || !time.Now().Before(g.expires) {
		return nil, invalidCredentials()
	}
	return g, nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && token != "" {
		return strings.TrimSpace(token), true
	}
	token = r.URL.Query().Get("access_token")
	return token, token != ""
}

func missingCredentials(service, rpc string) *apiError {
	e := fail(http.StatusUnauthorized, "UNAUTHENTICATED", "required",
		"Request is missing required authentication credential.%s", credentialTail)
	e.item.Message = "Login Required."
	e.item.Location, e.item.LocationType = "Authorization", "header"
	e.details = []any{errorInfo("CREDENTIALS_MISSING", map[string]string{"method": rpc, "service": service})}
	e.header = http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/"`}}
	return e
}

func invalidCredentials() *apiError {
	e := fail(http.StatusUnauthorized, "UNAUTHENTICATED", "authError",
		"Request had invalid authentication credentials.%s", credentialTail)
	e.item.Message = "Invalid Credentials"
	e.item.Location, e.item.LocationType = "Authorization", "header"
	e.header = http.Header{"Www-Authenticate": {
		`Bearer realm="https://accounts.google.com/", error="invalid_token"`}}
	return e
}

// checkProject refuses a project for which the API is not switched on.
func (f *Fake) checkProject(g *grant, service, name string) *apiError {
	f.mu.Lock()
	off := f.disabled[g.project+"/"+service]
	f.mu.Unlock()
	if !off {
		return nil
	}
	const number = "123456789012"
	link := "https://console.developers.google.com/apis/api/" + service + "/overview?project=" + number
	e := forbidden("accessNotConfigured", "%s has not been used in project %s before or it is disabled. "+
		"Enable it by visiting %s then retry. If you enabled this API recently, wait a few minutes for "+
		"the action to propagate to our systems and retry.", name, number, link)
	e.item.Domain, e.item.ExtendedHelp = "usageLimits", "https://console.developers.google.com"
	e.details = []any{
		map[string]any{
			"@type": "type.googleapis.com/google.rpc.Help",
			"links": []any{map[string]string{"description": "Google developers console API activation", "url": link}},
		},
		errorInfo("SERVICE_DISABLED", map[string]string{"consumer": "projects/" + number, "service": service}),
	}
	return e
}

func checkScopes(g *grant, wanted []string, service, rpc string) *apiError {
	if anyOf(g.scopes, wanted) {
		return nil
	}
	e := forbidden("insufficientPermissions", "Request had insufficient authentication scopes.")
	e.item.Message = "Insufficient Permission"
	e.details = []any{errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT",
		map[string]string{"method": rpc, "service": service})}
	return e
}

// checkUserID compares the userId of the path with the token, and the token with the directory.
func (f *Fake) checkUserID(g *grant, userID string) *apiError {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g.subject == "" {
		return precondition("Precondition check failed.")
	}
	if userID != "me" && !strings.EqualFold(userID, g.subject) {
		return forbidden("forbidden", "Delegation denied for %s", g.subject)
	}
	if f.forbidden[domainOf(g.subject)] {
		return forbidden("domainPolicy", "The domain administrators have disabled Gmail apps.")
	}
	if f.state(g.subject) != UserActive {
		return precondition("Mail service not enabled")
	}
	return nil
}
