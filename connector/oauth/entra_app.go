package oauth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/cloudmail-go/cloudmail/connector"
)

// ExchangeScope is what an application asks for to use IMAP, POP3 and SMTP of Exchange Online. What
// it may do there is what an administrator consented to, IMAP.AccessAsApp, POP.AccessAsApp or
// SMTP.SendAsApp of "Office 365 Exchange Online", in the mailboxes that Add-MailboxPermission
// opened to its service principal.
// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
const ExchangeScope = "https://outlook.office365.com/.default"

// EntraAuthority is the public cloud's.
const EntraAuthority = "https://login.microsoftonline.com"

// EntraAppConfig says how an application gets tokens with its own rights. Tenant, ClientID and one
// of ClientSecret, Certificate and FederatedToken are required.
type EntraAppConfig struct {
	// Tenant is the directory: its id, or one of its verified domains.
	Tenant string
	// ClientID is the app's id (Application (client) ID).
	ClientID string
	// ClientSecret is the value of a client secret, not its id. One that Entra refuses is asked for
	// afresh once.
	ClientSecret connector.Credential
	// Certificate gives a certificate with its RSA key as PEM. One that Entra refuses is asked for
	// afresh once.
	Certificate connector.Credential
	// FederatedToken gives a token of an outside issuer that the app trusts.
	FederatedToken func(context.Context) (string, error)
	// Scope is the resource with /.default; empty is [ExchangeScope].
	Scope string
	// Authority is another cloud's; empty is [EntraAuthority].
	Authority string
	// Client makes the requests; nil is http.DefaultClient.
	Client *http.Client
}

// EntraApp gets and keeps access tokens of Microsoft Entra for an application. It is safe for
// concurrent use; [NewEntraApp] makes one.
type EntraApp struct {
	conf EntraAppConfig
	keep *keeper

	mu     sync.Mutex
	secret func() string // the client secret or certificate in use, which does not print; nil: none yet
}

// NewEntraApp checks the configuration: what is wrong is a connector.ErrConfig that names the field.
// No request is made.
func NewEntraApp(c EntraAppConfig) (*EntraApp, error) {
	c.Scope = cmp.Or(c.Scope, ExchangeScope)
	c.Authority = strings.TrimRight(cmp.Or(c.Authority, EntraAuthority), "/")
	if err := EntraTenant(c.Tenant); err != nil {
		return nil, configError("Tenant: "+err.Error(), tenantName)
	}
	switch {
	case !IsGUID(c.ClientID):
		return nil, configError("ClientID is no GUID", "give the Application (client) ID of the app")
	case !c.oneProof():
		return nil, configError("set exactly one of ClientSecret, Certificate and FederatedToken", "ClientSecret takes the value of a client secret")
	case !strings.HasSuffix(c.Scope, "/.default"):
		return nil, configError("Scope does not end in /.default", defaultScope)
	case !secureURL(c.Authority):
		return nil, configError("Authority is neither HTTPS nor a loopback address", "leave it empty for "+EntraAuthority)
	}
	return &EntraApp{conf: c, keep: newKeeper()}, nil
}

// oneProof reports whether there is one way to show who the app is.
func (c *EntraAppConfig) oneProof() bool {
	n := 0
	for _, set := range []bool{c.ClientSecret != nil, c.Certificate != nil, c.FederatedToken != nil} {
		if set {
			n++
		}
	}
	return n == 1
}

// Token returns an access token: the one in use, unless it is about to expire or is the refused
// one. It has the shape of a connector.Credential.
func (a *EntraApp) Token(ctx context.Context, refused string) (string, error) {
	return a.keep.get(ctx, refused, a.fetch)
}

// fetch asks for a token; a secret that Entra refuses is replaced once.
func (a *EntraApp) fetch(ctx context.Context) (token, error) {
	proof, err := a.proof(ctx, a.current(), "")
	if err != nil {
		return token{}, err
	}
	t, refusal := a.request(ctx, proof)
	e, ok := errors.AsType[*EntraError](refusal)
	if !ok || !e.FreshMayHelp() || a.conf.FederatedToken != nil {
		return t, refusal
	}
	fresh, err := a.proof(ctx, "", proof)
	if err != nil || fresh == proof {
		return token{}, worse(refusal, err)
	}
	return a.request(ctx, fresh)
}

// current is the secret in use, "" if there is none.
func (a *EntraApp) current() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.secret == nil {
		return ""
	}
	return a.secret()
}

// proof is what shows who the app is: the secret in use, or one asked for in the place of another.
func (a *EntraApp) proof(ctx context.Context, inUse, refused string) (string, error) {
	if a.conf.FederatedToken != nil {
		t, err := a.conf.FederatedToken(ctx)
		if err != nil {
			err = connector.CredentialError("", err)
		}
		return t, err
	}
	if inUse != "" {
		return inUse, nil
	}
	source, field := a.conf.ClientSecret, "ClientSecret"
	if source == nil {
		source, field = a.conf.Certificate, "Certificate"
	}
	secret, err := source(ctx, refused)
	if err != nil {
		return "", connector.CredentialError("", err)
	}
	if strings.TrimSpace(secret) == "" {
		return "", configError(field+" is empty", "is the variable or vault entry set?")
	}
	a.mu.Lock()
	a.secret = func() string { return secret }
	a.mu.Unlock()
	return secret, nil
}

// tokenURL is where the tenant gives tokens.
func (a *EntraApp) tokenURL() string {
	return a.conf.Authority + "/" + a.conf.Tenant + "/oauth2/v2.0/token"
}

// request is the client credentials grant.
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (a *EntraApp) request(ctx context.Context, proof string) (token, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.conf.ClientID}, "scope": {a.conf.Scope}}
	if a.conf.ClientSecret != nil {
		form.Set("client_secret", strings.TrimSpace(proof))
	} else {
		if a.conf.Certificate != nil {
			var err error
			if proof, err = a.assertion(proof); err != nil {
				return token{}, err
			}
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", proof)
	}
	r, err := post(ctx, a.conf.Client, a.tokenURL(), form)
	if err != nil {
		return token{}, err
	}
	if r.status != http.StatusOK {
		refusal, _ := r.entra()
		return token{}, refusal
	}
	g, err := r.grant()
	return g.token(), err
}
