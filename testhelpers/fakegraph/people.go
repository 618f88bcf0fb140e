package fakegraph

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// People who sign in: the device code flow (RFC 8628), the authorization code flow with PKCE (RFC
// 7636), and refresh tokens.
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
// https://learn.microsoft.com/entra/identity-platform/refresh-tokens

// people is what the fake knows of sign-ins; Fake.mu guards it.
type people struct {
	browser string // who sits at the browser; "" refuses
	devices map[string]*deviceCode
	codes   map[string]*authCode
	refresh map[string]*refreshToken
}

// consent is what a person allowed an app to do.
type consent struct {
	app     string // client id
	account string
	scopes  []string
}

type deviceCode struct {
	consent
	user    string
	expires time.Time
	polled  time.Time
	denied  bool
}

type authCode struct {
	consent
	redirect  string
	challenge string
	expires   time.Time
	used      bool
}

type refreshToken struct {
	consent
	dead int // the AADSTS number that it is refused with; 0: it is good
}

// The times that Entra gives.
const (
	deviceLife   = 15 * time.Minute
	authCodeLife = 10 * time.Minute
)

// peopleErrors are the errors of these flows, by AADSTS number.
var peopleErrors = map[int]EntraRow{
	70016:   {70016, "authorization_pending", 400, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."},
	70018:   {70018, "bad_verification_code", 400, "Invalid verification code due to user typing in wrong user code for device code flow."},
	70020:   {70020, "expired_token", 400, "The provided value for the input parameter 'device_code' is not valid. This device code has expired."},
	50199:   {50199, "slow_down", 400, "The client polls too often."},
	65004:   {65004, "authorization_declined", 400, "User declined to consent to access the app."},
	54005:   {54005, "invalid_grant", 400, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."},
	70008:   {70008, "invalid_grant", 400, "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."},
	501481:  {501481, "invalid_grant", 400, "The Code_Verifier does not match the code_challenge supplied in the authorization request."},
	50011:   {50011, "invalid_request", 400, "The redirect URI specified in the request does not match the redirect URIs configured for the application."},
	9002313: {9002313, "invalid_grant", 400, "Invalid request. Request is malformed or invalid."},
	50173:   {50173, "invalid_grant", 400, "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password."},
	700082:  {700082, "invalid_grant", 400, "The refresh token has expired due to inactivity."},
	65001:   {65001, "invalid_grant", 400, "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource."},
}

func (f *Fake) deviceEvery() time.Duration { return cmp.Or(f.o.DeviceInterval, 5*time.Second) }

func personErr(code int) *entraError {
	row := peopleErrors[code]
	return &entraError{row: row, text: row.Text}
}

// AtBrowser says who signs in when a browser comes to the authorize endpoint; "" refuses.
func (f *Fake) AtBrowser(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.people.browser = account
}

// EnterCode is a person who types a user code in and signs in; an empty account refuses. It reports
// whether there is such a code.
func (f *Fake) EnterCode(userCode, account string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.people.devices {
		if d.user == userCode {
			d.account, d.denied = account, account == ""
			return true
		}
	}
	return false
}

// EndSignIns makes the refresh tokens of an account be refused: 50173 is a changed password or a
// revocation, 700082 ninety days without use, 65001 a consent taken back.
func (f *Fake) EndSignIns(account string, code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.people.refresh {
		if strings.EqualFold(t.account, account) {
			t.dead = code
		}
	}
}

// publicApp finds the app of a request; the tenant may be one of the names for any.
func (f *Fake) publicApp(tenant, clientID string) (*app, *entraError) {
	t, err := f.findTenant(tenant)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.apps[strings.ToLower(clientID)]
	anyTenant := slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(t.ID))
	if !ok || !anyTenant && a.Tenant != t.ID {
		return nil, entraErr(700016, clientID)
	}
	return a, nil
}

// deviceCode begins the flow.
func (f *Fake) deviceCode(r *http.Request, tenant string) (object, *entraError) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("scope") == "" {
		return nil, entraErr(900144, "scope")
	}
	a, err := f.publicApp(tenant, r.PostForm.Get("client_id"))
	if err != nil {
		return nil, err
	}
	d := &deviceCode{consent: consent{app: a.ClientID, scopes: strings.Fields(r.PostForm.Get("scope"))}, user: rand.Text()[:9], expires: time.Now().Add(deviceLife)}
	code := rand.Text()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.people.devices == nil {
		f.people.devices = map[string]*deviceCode{}
	}
	f.people.devices[code] = d
	page := "https://microsoft.com/devicelogin"
	return object{{"user_code", d.user}, {"device_code", code}, {"verification_uri", page}, {"expires_in", int(deviceLife.Seconds())},
		{"interval", int(f.deviceEvery().Seconds())},
		{"message", "To sign in, use a web browser to open the page " + page + " and enter the code " + d.user + " to authenticate."}}, nil
}

// authorize answers a browser: whoever sits there has signed in at once.
func (f *Fake) authorize(w http.ResponseWriter, r *http.Request, tenant string) {
	q := r.URL.Query()
	a, err := f.publicApp(tenant, q.Get("client_id"))
	if err == nil && !loopbackRedirect(q.Get("redirect_uri")) {
		err = personErr(50011)
	}
	if err != nil { // shown to the person: never sent to an address that nobody vouches for
		http.Error(w, fmt.Sprintf("AADSTS%d: %s", err.row.Code, err.text), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	back := url.Values{"state": {q.Get("state")}}
	if f.people.browser == "" {
		back.Set("error", "access_denied")
		back.Set("error_description", "AADSTS65004: "+peopleErrors[65004].Text)
	} else {
		code := rand.Text()
		if f.people.codes == nil {
			f.people.codes = map[string]*authCode{}
		}
		f.people.codes[code] = &authCode{consent: consent{app: a.ClientID, account: f.people.browser, scopes: strings.Fields(q.Get("scope"))},
			redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), expires: time.Now().Add(authCodeLife)}
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// loopbackRedirect reports whether a redirect is http://localhost with any port, as public clients
// register it.
func loopbackRedirect(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http" && u.Hostname() == "localhost"
}

// personGrant redeems what a person's sign-in gave; false: the grant is none of these.
func (f *Fake) personGrant(r *http.Request, tenant string) (object, *entraError, bool) {
	_ = r.ParseForm() // what cannot be read has no grant
	form := r.PostForm
	redeem := map[string]func(url.Values, *app) (consent, *entraError){
		"urn:ietf:params:oauth:grant-type:device_code": f.redeemDevice,
		"authorization_code":                           f.redeemCode,
		"refresh_token":                                f.redeemRefresh,
	}[form.Get("grant_type")]
	if redeem == nil {
		return nil, nil, false
	}
	a, err := f.publicApp(tenant, form.Get("client_id"))
	if err != nil {
		return nil, err, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := redeem(form, a)
	if err != nil {
		return nil, err, true
	}
	return f.issueTo(a, c), nil, true
}

func (f *Fake) redeemDevice(form url.Values, a *app) (consent, *entraError) {
	d, ok := f.people.devices[form.Get("device_code")]
	now := time.Now()
	switch {
	case !ok || d.app != a.ClientID:
		return consent{}, personErr(70018)
	case now.After(d.expires):
		return consent{}, personErr(70020)
	case d.denied:
		return consent{}, personErr(65004)
	case now.Sub(d.polled) < f.deviceEvery():
		d.polled = now
		return consent{}, personErr(50199)
	case d.account == "":
		d.polled = now
		return consent{}, personErr(70016)
	}
	delete(f.people.devices, form.Get("device_code"))
	return d.consent, nil
}

func (f *Fake) redeemCode(form url.Values, a *app) (consent, *entraError) {
	c, ok := f.people.codes[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case !ok || c.app != a.ClientID:
		return consent{}, personErr(9002313)
	case c.used:
		return consent{}, personErr(54005)
	case time.Now().After(c.expires):
		return consent{}, personErr(70008)
	case c.redirect != form.Get("redirect_uri"):
		return consent{}, personErr(50011)
	case c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		return consent{}, personErr(501481)
	}
	c.used = true
	return c.consent, nil
}

// redeemRefresh gives a new token for an old one, which stays good.
func (f *Fake) redeemRefresh(form url.Values, a *app) (consent, *entraError) {
	t, ok := f.people.refresh[form.Get("refresh_token")]
	switch {
	case !ok || t.app != a.ClientID:
		return consent{}, personErr(9002313)
	case t.dead != 0:
		return consent{}, personErr(t.dead)
	}
	return t.consent, nil
}

// issueTo mints the tokens of a person; f.mu is held.
func (f *Fake) issueTo(a *app, c consent) object {
	life := cmp.Or(f.o.TokenLife, 3599*time.Second)
	f.serial++
	now := time.Now()
	var scopes []string
	resource := graphAppID
	for _, s := range c.scopes {
		if at := strings.LastIndexByte(s, '/'); at > 0 {
			resource, scopes = s[:at], append(scopes, s[at+1:])
		}
	}
	home := f.homeOf(c.account).ID
	payload := object{{"aud", resource}, {"iss", "https://sts.windows.net/" + home + "/"}, {"iat", now.Unix()}, {"nbf", now.Unix()},
		{"exp", now.Add(life).Unix()}, {"appid", a.ClientID}, {"appidacr", "0"}, {"idtyp", "user"}, {"oid", mailboxGUID(c.account)},
		{"scp", strings.Join(scopes, " ")}, {"tid", home}, {"upn", c.account}, {"ver", "1.0"}, {"fake_serial", int64(f.serial)}}
	body := object{{"token_type", "Bearer"}, {"scope", strings.Join(c.scopes, " ")}, {"expires_in", int(life.Seconds())},
		{"ext_expires_in", int(life.Seconds())}, {"access_token", f.sign(payload)}}
	if !slices.Contains(c.scopes, "offline_access") {
		return body
	}
	refresh := "1.A" + rand.Text() + rand.Text()
	if f.people.refresh == nil {
		f.people.refresh = map[string]*refreshToken{}
	}
	f.people.refresh[refresh] = &refreshToken{consent: c}
	body.add("refresh_token", refresh)
	return body
}

// personRights are what a token with a person's rights gives in a mailbox: the own one, or another's
// by a scope that ends in .Shared. Who was let into which mailbox the fake does not ask.
func personRights(c claims, mailbox string) rights {
	var r rights
	own := strings.EqualFold(c.User, mailbox)
	for s := range strings.FieldsSeq(c.Scopes) {
		role, shared := strings.CutSuffix(s, ".Shared")
		if own || shared {
			r.add(role)
		}
	}
	return r
}
