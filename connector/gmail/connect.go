package gmail

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/mail"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	api "google.golang.org/api/gmail/v1"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// Workspace names a mailbox of Google Workspace and says who reads it. Address and exactly one of
// ServiceAccount, Keyless, Token and TokenSource are required.
type Workspace struct {
	// Address of the mailbox.
	Address string
	// Subject is the user to act for, where Address is an alias of that user; empty is Address.
	Subject string

	// ServiceAccount gives the JSON key file of a service account with domain-wide delegation, as
	// text. A key that Google refuses is asked for afresh once.
	ServiceAccount connector.Credential
	// Keyless lets IAM sign for the service account, so that no key exists.
	Keyless *oauth.GoogleKeyless
	// Token gives access tokens that a person's sign-in gives, such as the Token of an oauth.Delegated
	// with the scope https://www.googleapis.com/auth/gmail.modify. Sessions with it share no feed.
	Token connector.Credential
	// TokenSource gives access tokens made elsewhere. Sessions with it share no feed.
	TokenSource oauth2.TokenSource
	// Scopes are asked for, letter by letter as the administrator delegated them; nil is
	// gmail.modify alone. A wider scope does not stand for a narrower one.
	Scopes []string

	// UserUnits is how many quota units a minute the Cloud project has for one user, as its Quotas
	// page says; 0 is 6,000, what a project has at first. Requests are held within them.
	// https://developers.google.com/workspace/gmail/api/reference/quota
	UserUnits int

	// Proxy is used for all requests; nil is what HTTPS_PROXY says.
	Proxy *url.URL
	// NoProxy lists hosts, domains and networks to reach directly, as in NO_PROXY.
	NoProxy []string
	// RootCAs are trusted in place of the system's: for a proxy that opens TLS.
	RootCAs *x509.CertPool
	// Endpoint overrides https://gmail.googleapis.com/: HTTPS, or a loopback address, no path.
	Endpoint string
	// TokenURL overrides the token endpoint: one of Google's, or a loopback address.
	TokenURL string
	// Transport makes all requests in place of an own connection pool; Proxy, NoProxy and RootCAs
	// are not used then, and sessions share no feed. It is meant for tests.
	Transport http.RoundTripper
}

// ScopeModify allows to read, send, label and trash, and not to delete for good.
const ScopeModify = api.GmailModifyScope

// defaultEndpoint is Google's own.
const defaultEndpoint = "https://gmail.googleapis.com/"

var (
	_ connector.Server      = Workspace{}
	_ connector.Preflighter = Workspace{}
)

// Mailbox returns the address.
func (w Workspace) Mailbox() string { return w.Address }

// Open checks the fields, gets the first token and reads the mailbox's profile. What is wrong shows
// here: a field as [connector.ErrConfig], a key as [connector.ErrAuth], a missing delegation or
// scope as [connector.ErrPermission], an unknown user or one without Gmail as
// [connector.ErrNoMailbox].
func (w Workspace) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	b, err := w.dial(ctx, watch)
	if err != nil {
		return nil, err
	}
	if err := b.look(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	if b.identity() == "" {
		return private{b}, nil
	}
	return b, nil
}

// dial makes a backend without a request to Google.
func (w Workspace) dial(ctx context.Context, watch []connector.Folder) (*backend, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	w = w.withDefaults()
	base, done := w.transport()
	tokens, err := oauth.NewGoogle(ctx, w.google(base))
	if err != nil {
		return nil, w.about("connect", err)
	}
	return newBackend(ctx, w, watch, tokens, base, done)
}

// google is how tokens are got.
func (w Workspace) google(base http.RoundTripper) oauth.GoogleConfig {
	return oauth.GoogleConfig{Key: w.ServiceAccount, Keyless: w.Keyless, Token: w.Token, Source: w.TokenSource, Subject: w.Subject,
		Scopes: w.Scopes, TokenURL: w.TokenURL, Client: client(base)}
}

// sourced reports whether tokens are made elsewhere.
func (w Workspace) sourced() bool { return w.TokenSource != nil || w.Token != nil }

// withDefaults fills what may be left empty.
func (w Workspace) withDefaults() Workspace {
	w.Address = strings.TrimSpace(w.Address)
	if w.Subject == "" {
		w.Subject = w.Address
	}
	if w.Scopes == nil {
		w.Scopes = []string{ScopeModify}
	}
	if w.Endpoint == "" {
		w.Endpoint = defaultEndpoint
	}
	return w
}

// check finds what no request is needed for to find. What concerns tokens is checked by oauth.
func (w Workspace) check() error {
	address := strings.TrimSpace(w.Address)
	switch {
	case address == "":
		return w.config("Address is empty", "name the mailbox: qa@example.com")
	case !bare(address):
		return w.config("Address is no mail address", `write "local@domain", without a name`)
	case w.Subject != "" && !bare(w.Subject):
		return w.config("Subject is no mail address", "name the user that Address is an alias of, or leave it empty")
	case w.Endpoint != "" && !rootURL(w.Endpoint):
		return w.config("Endpoint is no HTTPS or loopback address without a path", "leave it empty for "+defaultEndpoint)
	case w.UserUnits < 0:
		return w.config("UserUnits is negative", "leave it 0, or write what the project's Quotas page says")
	case w.Proxy != nil && w.Proxy.Host == "":
		return w.config("Proxy has no host", "write it as http://proxy.example.com:3128")
	}
	return nil
}

// bare reports whether the text is an address and nothing else.
func bare(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// rootURL reports whether a URL can stand for the API's root. Uploads ignore a path in it.
func rootURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}
