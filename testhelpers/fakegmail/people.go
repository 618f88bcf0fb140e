package fakegmail

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// People who sign in: the authorization code flow of apps of type Desktop, with PKCE, and refresh
// tokens. https://developers.google.com/identity/protocols/oauth2/native-app

// DesktopApp is an OAuth client of type Desktop. Its secret is one in name only: it ships with the
// app.
type DesktopApp struct{ ClientID, ClientSecret string }

// people is what the fake knows of sign-ins; Fake.mu guards it.
type people struct {
	browser string // who sits at the browser; "" refuses
	apps    map[string]DesktopApp
	codes   map[string]*signIn
	refresh map[string]*signIn
}

// signIn is what a person allowed an app to do, behind a code or a refresh token.
type signIn struct {
	app, account string
	scopes       []string
	redirect     string
	challenge    string
	offline      bool      // a refresh token is asked for
	expires      time.Time // zero: never
}

// The times that Google gives.
const (
	codeLife    = 10 * time.Minute
	testingLife = 7 * 24 * time.Hour // of a refresh token of an app that is in testing
)

// deviceScopes are all that the sign-in by code gives: no mail is among them.
// https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes
var deviceScopes = []string{"openid", "email", "profile", "https://www.googleapis.com/auth/drive.appdata",
	"https://www.googleapis.com/auth/drive.file", "https://www.googleapis.com/auth/youtube", "https://www.googleapis.com/auth/youtube.readonly"}

// AddDesktopApp registers an app that people can sign in to.
func (f *Fake) AddDesktopApp() DesktopApp {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := DesktopApp{ClientID: randomHex(12) + ".apps.googleusercontent.com", ClientSecret: "GOCSPX-" + randomHex(14)}
	f.people.apps[a.ClientID] = a
	return a
}

// AtBrowser says who signs in when a browser comes to the consent page; "" refuses.
func (f *Fake) AtBrowser(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.people.browser = strings.ToLower(account)
}

// EndSignIns ends the refresh tokens of an account, as a changed password does that has mail among its
// scopes, or a person who takes the consent back. Access tokens that are out live on.
func (f *Fake) EndSignIns(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for token, s := range f.people.refresh {
		if s.account == strings.ToLower(account) {
			delete(f.people.refresh, token)
		}
	}
}

// serveConsent answers a browser: whoever sits there has signed in at once.
func (f *Fake) serveConsent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f.mu.Lock()
	defer f.mu.Unlock()
	app, known := f.people.apps[q.Get("client_id")]
	if !known || !loopbackIP(q.Get("redirect_uri")) || q.Get("response_type") != "code" { // shown to the person, never sent on
		http.Error(w, "Error 400: invalid_request or redirect_uri_mismatch", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if f.people.browser == "" {
		back.Set("error", "access_denied")
	} else {
		code := "4/" + randomHex(30)
		f.people.codes[code] = &signIn{app: app.ClientID, account: f.people.browser, scopes: strings.Fields(q.Get("scope")),
			redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), expires: time.Now().Add(codeLife),
			offline: q.Get("access_type") == "offline" && q.Get("prompt") == "consent"}
		back.Set("code", code)
		back.Set("scope", q.Get("scope"))
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// loopbackIP reports whether a redirect is http://127.0.0.1 or [::1] with any port, all that a Desktop
// app has.
func loopbackIP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}

// redeem turns the code or refresh token of a person into an access token; f.mu is held.
func (f *Fake) redeem(form url.Values) (map[string]any, *tokenError) {
	app, known := f.people.apps[form.Get("client_id")]
	switch {
	case !known:
		return nil, &tokenError{http.StatusUnauthorized, "invalid_client", "The OAuth client was not found."}
	case app.ClientSecret != form.Get("client_secret"):
		return nil, &tokenError{http.StatusUnauthorized, "invalid_client", "Unauthorized"}
	}
	if form.Get("grant_type") == "refresh_token" {
		s, ok := f.people.refresh[form.Get("refresh_token")]
		if !ok || s.app != app.ClientID || s.over() {
			return nil, badGrant("Token has been expired or revoked.")
		}
		body := f.issue(s)
		if f.opts.RotateRefresh {
			delete(f.people.refresh, form.Get("refresh_token"))
			f.keepRefresh(s, body)
		}
		return body, nil
	}
	s, ok := f.people.codes[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	delete(f.people.codes, form.Get("code")) // it is good for one try
	switch {
	case !ok || s.app != app.ClientID || s.over():
		return nil, badGrant("Malformed auth code.")
	case s.redirect != form.Get("redirect_uri"):
		return nil, &tokenError{http.StatusBadRequest, "redirect_uri_mismatch", "Bad Request"}
	case s.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return nil, badGrant("Invalid code verifier.")
	}
	body := f.issue(s)
	if s.offline {
		f.keepRefresh(s, body)
	}
	return body, nil
}

// over reports whether the time of a code or refresh token is over.
func (s *signIn) over() bool { return !s.expires.IsZero() && time.Now().After(s.expires) }

// issue mints an access token.
func (f *Fake) issue(s *signIn) map[string]any {
	return map[string]any{"access_token": f.mint(grant{subject: s.account, project: "acme-mail-test", scopes: s.scopes}),
		"expires_in": int(lifetime / time.Second), "token_type": "Bearer", "scope": strings.Join(s.scopes, " ")}
}

// keepRefresh adds a refresh token to an answer.
func (f *Fake) keepRefresh(s *signIn, body map[string]any) {
	kept := *s
	kept.expires = time.Time{}
	if f.opts.Testing {
		kept.expires = time.Now().Add(testingLife)
		body["refresh_token_expires_in"] = int(testingLife/time.Second) - 1
	}
	token := "1//" + randomHex(40)
	f.people.refresh[token] = &kept
	body["refresh_token"] = token
}

// serveDeviceCode refuses every scope of mail.
func (f *Fake) serveDeviceCode(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	refusal := &tokenError{http.StatusBadRequest, "invalid_scope", "Invalid device flow scope: " + r.PostFormValue("scope")}
	if !slices.ContainsFunc(strings.Fields(r.PostFormValue("scope")), func(s string) bool { return !slices.Contains(deviceScopes, s) }) {
		refusal = &tokenError{http.StatusUnauthorized, "invalid_client", "Invalid client type."} // a Desktop app has no such flow
	}
	w.WriteHeader(refusal.status)
	_ = json.NewEncoder(w).Encode(refusal)
}

// serveRevoke ends what a token stands for.
// https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke
func (f *Fake) serveRevoke(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	token := r.PostFormValue("token")
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.people.refresh[token]
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(&tokenError{Code: "invalid_token", Description: "Token expired or revoked"})
		return
	}
	delete(f.people.refresh, token)
	for _, g := range f.tokens {
		if g.subject == s.account && g.account == "" {
			g.expires = time.Time{}
		}
	}
	fmt.Fprint(w, "{}")
}
