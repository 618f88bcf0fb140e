package oauth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Scopes of a person's sign-in.
const (
	GoogleMailScope    = "https://mail.google.com/" // IMAP, POP3 and SMTP of Gmail; an app's delegation too
	ExchangeIMAPScope  = "https://outlook.office.com/IMAP.AccessAsUser.All"
	ExchangePOPScope   = "https://outlook.office.com/POP.AccessAsUser.All"
	ExchangeSMTPScope  = "https://outlook.office.com/SMTP.Send"
	GraphMailScope     = "https://graph.microsoft.com/Mail.ReadWrite"
	GraphSendScope     = "https://graph.microsoft.com/Mail.Send"
	GraphMailShared    = "https://graph.microsoft.com/Mail.ReadWrite.Shared" // other people's mailboxes too
	offlineAccessScope = "offline_access"
)

// Authority is a service that people sign in to: [Microsoft] or [GoogleAccounts].
type Authority struct {
	authorize, token, device string
	google                   bool
	err                      error
}

// Microsoft is where people of a tenant sign in: its id or domain, "organizations" for any company,
// "consumers" for personal accounts such as outlook.com, "common" for both. The base is another
// cloud's address; empty is [EntraAuthority].
func Microsoft(tenant, base string) Authority {
	base = strings.TrimRight(cmp.Or(base, EntraAuthority), "/")
	a := Authority{}
	if !slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(tenant)) {
		a.err = EntraTenant(tenant)
	}
	if !secureURL(base) {
		a.err = errors.New("the base is neither HTTPS nor a loopback address")
	}
	root := base + "/" + tenant + "/oauth2/v2.0/"
	a.authorize, a.token, a.device = root+"authorize", root+"token", root+"devicecode"
	return a
}

// GoogleAccounts is where people sign in to Google. The base stands for all of its hosts, and is for
// tests; empty is Google's own.
func GoogleAccounts(base string) Authority {
	a := Authority{authorize: "https://accounts.google.com/o/oauth2/v2/auth", token: GoogleTokenURL,
		device: "https://oauth2.googleapis.com/device/code", google: true}
	if base == "" {
		return a
	}
	if base = strings.TrimRight(base, "/"); !secureURL(base) {
		a.err = errors.New("the base is neither HTTPS nor a loopback address")
	}
	a.authorize, a.token, a.device = base+"/o/oauth2/v2/auth", base+"/token", base+"/device/code"
	return a
}

// DelegatedConfig says who signs in where, and where the sign-in is kept. Authority, ClientID,
// Scopes and Kept are required.
type DelegatedConfig struct {
	// Authority is [Microsoft] or [GoogleAccounts].
	Authority Authority
	// ClientID is the app's id: at Microsoft a public client, at Google one of type Desktop.
	ClientID string
	// ClientSecret is what Google gives to apps of type Desktop. Microsoft's public clients have
	// none.
	ClientSecret connector.Credential
	// Scopes are asked for; at Microsoft of one resource.
	Scopes []string
	// Account is who signs in, for the sign-in page and for errors. With a shared mailbox it is the
	// person, not the mailbox.
	Account string
	// Kept gives what Keep was given last, such as keyvault.From does. An error that is
	// connector.ErrNotFound or has a method NotFound that says so, or an empty text, is that nobody has
	// signed in.
	Kept connector.Credential
	// Keep writes the sign-in, such as to a vault; nil keeps nothing, so that a renewed sign-in is
	// lost with the process.
	Keep func(ctx context.Context, text string) error
	// Command is what a person runs to sign in again, for errors.
	Command string
	// Client makes the requests; nil is http.DefaultClient.
	Client *http.Client
}

// Delegated gets access tokens with the rights of a person who signed in. It is safe for concurrent
// use; [NewDelegated] makes one.
type Delegated struct {
	conf DelegatedConfig
	keep *keeper

	mu      sync.Mutex
	kept    func() (*signIn, string) // in use, and its text, which do not print; nil until it is read
	unsaved bool
}

// signIn is what is kept of a sign-in. It holds a secret.
type signIn struct {
	Version  int    `json:"v"`
	ClientID string `json:"client_id"`
	Account  string `json:"account,omitempty"`
	Refresh  string `json:"refresh_token"`
}

// NewDelegated checks the configuration: what is wrong is a connector.ErrConfig that names the
// field. No request is made and nothing is read.
func NewDelegated(c DelegatedConfig) (*Delegated, error) {
	switch {
	case c.Authority.err != nil:
		return nil, configError("Authority: "+c.Authority.err.Error(), "use Microsoft or GoogleAccounts")
	case c.Authority.token == "":
		return nil, configError("Authority is empty", "use Microsoft or GoogleAccounts")
	case strings.TrimSpace(c.ClientID) == "":
		return nil, configError("ClientID is empty", "register an app: at Microsoft a public client, at Google one of type Desktop")
	case len(c.Scopes) == 0:
		return nil, configError("Scopes is empty", "such as "+ExchangePOPScope+" or "+GoogleMailScope)
	case c.Kept == nil:
		return nil, configError("Kept is nil", "say where the sign-in is read from, such as keyvault.From(vault, name)")
	}
	c.Scopes = slices.Clone(c.Scopes)
	if !c.Authority.google && !slices.Contains(c.Scopes, offlineAccessScope) {
		c.Scopes = append(c.Scopes, offlineAccessScope)
	}
	return &Delegated{conf: c, keep: newKeeper()}, nil
}

// Token returns an access token: the one in use, unless it is about to expire or is the refused
// one. It has the shape of a connector.Credential. A sign-in that is no longer good, since the
// password was changed, the consent taken back or too much time has passed, is connector.ErrAuth
// whose remedy is to sign in again.
func (d *Delegated) Token(ctx context.Context, refused string) (string, error) {
	return d.keep.get(ctx, refused, d.refresh)
}

// refresh redeems the kept sign-in. One that is refused is read again: another process may have
// signed in meanwhile. What is read may be older than what is in use, where Kept has a cache that does
// not see what Keep writes; then it is read once more.
func (d *Delegated) refresh(ctx context.Context) (token, error) {
	in, err := d.read(ctx, "")
	if err != nil {
		return token{}, err
	}
	for range 2 {
		t, err := d.redeem(ctx, in)
		if !errors.Is(err, errSignIn) {
			return t, err
		}
		_, text := d.current()
		other, again := d.read(ctx, text)
		if again != nil || other.Refresh == in.Refresh {
			return token{}, worse(err, again)
		}
		in = other
	}
	return d.redeem(ctx, in)
}

// current is the sign-in in use, and its text.
func (d *Delegated) current() (*signIn, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		return nil, ""
	}
	return d.kept()
}

// read returns the sign-in in use, or reads what is kept in its place.
func (d *Delegated) read(ctx context.Context, refused string) (*signIn, error) {
	in, _ := d.current()
	if in != nil && refused == "" {
		return in, nil
	}
	text, err := d.conf.Kept(ctx, refused)
	if notFound(err) || err == nil && strings.TrimSpace(text) == "" {
		return nil, d.again(errors.New("nobody has signed in yet"))
	}
	if err != nil {
		return nil, connector.CredentialError("", err)
	}
	in = &signIn{}
	if json.Unmarshal([]byte(text), in) != nil || in.Version != 1 || in.Refresh == "" {
		return nil, d.again(errors.New("what is kept is no sign-in"))
	}
	if in.ClientID != d.conf.ClientID {
		return nil, d.again(errors.New("what is kept is the sign-in to another app"))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = func() (*signIn, string) { return in, text }
	return in, nil
}

// notFound reports whether an error is that there is none yet, as a session or a vault says it.
func notFound(err error) bool {
	var absent interface{ NotFound() bool }
	return errors.Is(err, connector.ErrNotFound) || errors.As(err, &absent) && absent.NotFound()
}

// redeem exchanges a refresh token (RFC 6749 §6). A new one that comes with the answer is kept.
func (d *Delegated) redeem(ctx context.Context, in *signIn) (token, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {in.Refresh}}
	if !d.conf.Authority.google {
		form.Set("scope", strings.Join(d.conf.Scopes, " "))
	}
	g, err := d.exchange(ctx, form)
	if err != nil {
		return token{}, err
	}
	if g.Refresh != "" && g.Refresh != in.Refresh {
		d.adopt(g.Refresh, in.Account)
	}
	_ = d.save(ctx) // what fails is tried again with the next token: the old sign-in is still good
	return g.token(), nil
}

// adopt takes a refresh token into use.
func (d *Delegated) adopt(refresh, account string) {
	in := &signIn{Version: 1, ClientID: d.conf.ClientID, Account: account, Refresh: refresh}
	text, _ := json.Marshal(in) // strings alone
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept, d.unsaved = func() (*signIn, string) { return in, string(text) }, true
}

// save keeps the sign-in in use, if it is not kept.
func (d *Delegated) save(ctx context.Context) error {
	_, text := d.current()
	d.mu.Lock()
	unsaved := d.unsaved
	d.mu.Unlock()
	if !unsaved || d.conf.Keep == nil {
		return nil
	}
	if err := d.conf.Keep(ctx, text); err != nil {
		return err
	}
	_, now := d.current()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unsaved = d.unsaved && now != text
	return nil
}

// exchange asks the token endpoint.
func (d *Delegated) exchange(ctx context.Context, form url.Values) (granted, error) {
	r, err := d.ask(ctx, d.conf.Authority.token, form)
	if err != nil {
		return granted{}, err
	}
	if r.status != http.StatusOK {
		return granted{}, d.refusal(r)
	}
	return r.grant()
}

// ask posts a form with what every request has.
func (d *Delegated) ask(ctx context.Context, address string, form url.Values) (reply, error) {
	form.Set("client_id", d.conf.ClientID)
	if d.conf.ClientSecret != nil && address == d.conf.Authority.token {
		secret, err := d.conf.ClientSecret(ctx, "")
		if err != nil {
			return reply{}, connector.CredentialError("", err)
		}
		form.Set("client_secret", secret)
	}
	return post(ctx, d.conf.Client, address, form)
}

// beyondThePerson are numbers that come as invalid_grant and that no new sign-in helps against: the account is
// locked or disabled, tokens were asked for in a loop, a rule of the tenant is against it.
var beyondThePerson = []int{50053, 50057, 50196, 53003}

// errSignIn is behind every error that only a new sign-in helps against.
var errSignIn = errors.New("the sign-in is no longer good")

// refusal makes an error of an answer. The words of OAuth are Google's and Entra's alike.
func (d *Delegated) refusal(r reply) error {
	e, in := r.entra()
	if in == nil {
		return e
	}
	if slices.ContainsFunc(in.Numbers, func(n int) bool { return slices.Contains(beyondThePerson, n) }) {
		return e
	}
	switch in.Code {
	case "invalid_grant", "interaction_required", "consent_required", "login_required":
		return d.again(fmt.Errorf("%w: %w", errSignIn, in))
	case "invalid_client", "unauthorized_client":
		e.Remedy = "check ClientID and ClientSecret; at Microsoft the app must allow public client flows (Authentication > Advanced settings)"
	case "invalid_scope":
		e.Remedy = "check Scopes; Google gives no mail to the sign-in by code: use the one by browser"
	}
	return e
}

// again is the error that a person can mend by signing in.
func (d *Delegated) again(cause error) error {
	remedy := "sign in again"
	if d.conf.Account != "" {
		remedy += " as " + d.conf.Account
	}
	if d.conf.Command != "" {
		remedy += ": run " + d.conf.Command
	}
	return &connector.Error{Op: "get access token", Kind: connector.ErrAuth, Err: cause, Remedy: remedy}
}
