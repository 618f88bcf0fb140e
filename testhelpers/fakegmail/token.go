package fakegmail

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// tokenError is a refusal of the token endpoint (RFC 6749 §5.2). Google does not use the
// google.rpc envelope there.
type tokenError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func badGrant(description string) *tokenError {
	return &tokenError{http.StatusBadRequest, "invalid_grant", description}
}

func unauthorizedClient() *tokenError {
	return &tokenError{http.StatusUnauthorized, "unauthorized_client",
		"Client is unauthorized to retrieve access tokens using this method, " +
			"or client not authorized for any of the scopes requested."}
}

func invalidScope() *tokenError {
	return &tokenError{http.StatusBadRequest, "invalid_scope",
		"Invalid OAuth scope or ID token audience provided."}
}

const (
	grantJWT      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantLegacy   = "assertion"
	lifetime      = 3599 * time.Second
	skew          = 5 * time.Minute // [3]
	notShortLived = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable " +
		"timeframe. Check your iat and exp values in the JWT claim."
)

// serveToken is the token endpoint.
func (f *Fake) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	body, refusal := f.exchange(r)
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Server", "scaffolding on HTTPServer2")
	if refusal != nil {
		w.WriteHeader(refusal.status)
		_ = json.NewEncoder(w).Encode(refusal)
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

// exchange turns an assertion, or what a person gave, into a token.
func (f *Fake) exchange(r *http.Request) (map[string]any, *tokenError) {
	if err := r.ParseForm(); err != nil {
		return nil, &tokenError{http.StatusBadRequest, "invalid_request", "Bad Request"}
	}
	switch grant := r.PostForm.Get("grant_type"); grant {
	case grantJWT, grantLegacy:
	case "authorization_code", "refresh_token":
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.redeem(r.PostForm)
	default:
		return nil, &tokenError{http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: " + grant}
	}
	a, err := parseAssertion(r.PostForm.Get("assertion"))
	if err != nil {
		return nil, &tokenError{http.StatusBadRequest, "invalid_request", "Bad Request"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	issuer, refusal := f.verify(a)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := f.checkClaims(&a.claims, tokenURIs(r)); refusal != nil {
		return nil, refusal
	}
	return f.grantTo(issuer, &a.claims)
}

// verify checks signature and issuer, in this order as far as an unknown issuer allows it.
func (f *Fake) verify(a *assertion) (*account, *tokenError) {
	issuer, known := f.accounts[a.claims.Iss]
	signer := issuer
	if !known {
		for _, other := range f.accounts {
			if other.keys[a.head.Kid] != nil {
				signer = other
			}
		}
	}
	if a.head.Alg != "RS256" || signer != nil && !a.signedBy(signer.keysOf(a.head.Kid)) {
		return nil, badGrant("Invalid JWT Signature.")
	}
	if !known {
		return nil, badGrant("Invalid grant: account not found")
	}
	return issuer, nil
}

// checkClaims follows the order that was measured on 2026-09-02.
func (f *Fake) checkClaims(c *claims, audiences []string) *tokenError {
	switch {
	case c.Iat == nil:
		return badGrant("Invalid JWT: iat (issued at) is not set.")
	case c.Exp == nil:
		return badGrant("Invalid JWT: exp (expiration time) is not set.")
	case !inTime(float64(*c.Iat), float64(*c.Exp)):
		return badGrant(notShortLived)
	case strings.TrimSpace(c.Scope) == "":
		return invalidScope()
	case !slices.Contains(audiences, c.Aud):
		text := "Invalid JWT: Failed audience check."
		if f.opts.LongAudienceText {
			text += " The right audience is " + audiences[0]
		}
		return badGrant(text)
	}
	return nil
}

func inTime(iat, exp float64) bool {
	now := float64(time.Now().UnixMilli()) / 1000
	return iat <= now+skew.Seconds() && exp > now-skew.Seconds() && exp > iat && exp-iat <= 3600
}

// tokenURIs are the URLs by which this endpoint may be named in aud: Google's, and on the loopback
// door its own.
func tokenURIs(r *http.Request) []string {
	own := origin(r) + r.URL.Path
	if own == TokenURI {
		return []string{TokenURI}
	}
	return []string{own, TokenURI}
}

// grantTo looks at scopes, delegation and user, and makes the token.
func (f *Fake) grantTo(issuer *account, c *claims) (map[string]any, *tokenError) {
	scopes := strings.Fields(c.Scope)
	if slices.ContainsFunc(scopes, func(s string) bool { return !wellFormed(s) }) {
		return nil, invalidScope()
	}
	subject := strings.ToLower(c.subject())
	if subject != "" {
		if refusal := f.checkSubject(issuer, subject, scopes); refusal != nil {
			return nil, refusal
		}
	}
	if slices.ContainsFunc(scopes, func(s string) bool { return !recognised(s) }) {
		return map[string]any{"id_token": idToken(issuer, c)}, nil
	}
	token := f.mint(grant{subject: subject, account: issuer.Email, project: issuer.Project, scopes: scopes})
	return map[string]any{
		"access_token": token,
		"expires_in":   int(lifetime / time.Second),
		"token_type":   "Bearer",
	}, nil
}

// checkSubject looks at the delegation and then at the user, or the other way round [1].
func (f *Fake) checkSubject(issuer *account, subject string, scopes []string) *tokenError {
	if addr, err := mail.ParseAddress(subject); err != nil || addr.Address != subject ||
		strings.Contains(subject, " ") {
		return badGrant("Not a valid email")
	}
	delegation := func() *tokenError {
		if !f.delegated(domainOf(subject), issuer.ClientID, scopes) {
			return unauthorizedClient()
		}
		return nil
	}
	checks := []func() *tokenError{delegation, func() *tokenError { return f.checkUser(subject) }}
	if f.opts.UserFirst {
		slices.Reverse(checks)
	}
	for _, check := range checks {
		if refusal := check(); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (f *Fake) checkUser(subject string) *tokenError {
	switch f.state(subject) {
	case UserUnknown:
		return badGrant("Invalid email or User ID")
	case UserDeleted:
		return badGrant("The account has been deleted")
	case UserSuspended:
		return &tokenError{http.StatusBadRequest, "access_denied", "Account restricted"}
	}
	return nil
}

// idToken is what the endpoint gives in place of an access token for a scope that it takes for an
// audience. It is signed by the account's own key, as nobody here verifies it.
func idToken(issuer *account, c *claims) string {
	payload, _ := json.Marshal(map[string]any{
		"iss": "https://accounts.google.com", "aud": c.Scope, "azp": issuer.Email,
		"sub": issuer.ClientID, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token, _ := signJWT(issuer.key, issuer.system, string(payload))
	return token
}
