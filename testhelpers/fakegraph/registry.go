package fakegraph

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// Tenant is a directory: its id and the domains that belong to it. A mailbox belongs to the tenant
// of its domain, or to the first tenant if none claims the domain.
type Tenant struct {
	ID      string   // default: a GUID of the first domain
	Domains []string // default: contoso.example
}

// App is an app registration with its service principal, and what it was granted. The zero value
// is a working app: one secret, consent for Mail.ReadWrite and Mail.Send.
type App struct {
	Tenant       string // id or domain; default: the first tenant
	ClientID     string // default: a new GUID
	Secrets      []Secret
	Certificates []*x509.Certificate
	Federated    []Federated

	// Roles are the application permissions with admin consent: Mail.ReadBasic, Mail.ReadBasic.All,
	// Mail.Read, Mail.ReadWrite, Mail.Send, or any other name. They reach every mailbox of the
	// tenant. nil stands for Mail.ReadWrite and Mail.Send, an empty list for no consent.
	Roles []string
	// Grants are Exchange's RBAC for Applications: a role on some mailboxes. They do not show in
	// the token and add to Roles.
	Grants []Grant
	// Policy is an application access policy; it narrows Roles and never Grants.
	Policy *AccessPolicy

	Disabled    bool // the service principal may not sign in
	NoPrincipal bool // registered, but not present in the tenant
	Blocked     bool // by Conditional Access
}

// Secret is a client secret. Pasting its ID instead of its Value is the classic mistake.
type Secret struct {
	ID      string    // default: a new GUID
	Value   string    // default: random, 40 characters
	Expires time.Time // default: two years after AddApp
}

// Federated is a federated identity credential: an outside token that Entra accepts for the app.
type Federated struct {
	Issuer   string
	Subject  string
	Audience string             // default: api://AzureADTokenExchange
	Keys     []crypto.PublicKey // of the issuer; none: the signature is not checked
}

// Grant is a management role assignment: a role on the mailboxes of its scope.
type Grant struct {
	Role      string   // such as "Mail.Read"
	Mailboxes []string // addresses; nil: all
}

// AccessPolicy is an application access policy.
type AccessPolicy struct {
	Deny      bool     // the mailboxes are the ones denied, not the ones allowed
	Mailboxes []string // addresses
}

// Secret is the value of the app's first secret, "" if it has none.
func (a App) Secret() string {
	if len(a.Secrets) == 0 {
		return ""
	}
	return a.Secrets[0].Value
}

// app is a registered App with what happened to its tokens.
type app struct {
	App
	tokensFrom uint64 // serial of the first token that was not revoked
}

// AddTenant adds a directory. The first one is there from the start: contoso.example.
func (f *Fake) AddTenant(t Tenant) Tenant {
	if len(t.Domains) == 0 {
		t.Domains = []string{defaultDomain}
	}
	t.ID = cmp.Or(t.ID, guid("tenant:"+t.Domains[0]))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tenants = append(f.tenants, t)
	return t
}

const defaultDomain = "contoso.example"

// Tenant is the first directory, where apps and mailboxes are if nothing else is said.
func (f *Fake) Tenant() Tenant {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tenants[0]
}

// AddApp registers an app and returns it with everything filled in: ClientID, Tenant (the id) and
// Secret() are what a client needs.
func (f *Fake) AddApp(a App) App {
	a.ClientID = cmp.Or(a.ClientID, newGUID())
	if len(a.Secrets)+len(a.Certificates)+len(a.Federated) == 0 {
		a.Secrets = []Secret{{}}
	}
	a.Secrets, a.Federated = slices.Clone(a.Secrets), slices.Clone(a.Federated)
	for i := range a.Secrets {
		a.Secrets[i].fill()
	}
	for i := range a.Federated {
		a.Federated[i].Audience = cmp.Or(a.Federated[i].Audience, "api://AzureADTokenExchange")
	}
	if a.Roles == nil {
		a.Roles = []string{"Mail.ReadWrite", "Mail.Send"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.tenantLocked(a.Tenant)
	if !ok {
		t = f.tenants[0]
	}
	a.Tenant = t.ID
	f.apps[strings.ToLower(a.ClientID)] = &app{App: a}
	return a
}

func (s *Secret) fill() {
	s.ID = cmp.Or(s.ID, newGUID())
	s.Value = cmp.Or(s.Value, newSecret())
	if s.Expires.IsZero() {
		s.Expires = time.Now().AddDate(2, 0, 0)
	}
}

// ChangeApp changes a registration at run time: consent given or taken, a secret expired, the
// principal disabled. Tokens keep the roles they were issued with; everything else counts from the
// next request on. It reports whether there is such an app.
func (f *Fake) ChangeApp(clientID string, change func(*App)) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.apps[strings.ToLower(clientID)]
	if !ok {
		return false
	}
	next := a.App
	change(&next)
	for i := range next.Secrets {
		next.Secrets[i].fill()
	}
	a.App = next
	return true
}

// RotateSecret replaces all secrets of an app by a new one and returns its value. Tokens issued
// with the old ones live on.
func (f *Fake) RotateSecret(clientID string) string {
	value := newSecret()
	f.ChangeApp(clientID, func(a *App) { a.Secrets = []Secret{{Value: value}} })
	return value
}

// tenantLocked finds a tenant by id or domain, "" finds the first; f.mu is held.
func (f *Fake) tenantLocked(name string) (Tenant, bool) {
	if name == "" {
		return f.tenants[0], true
	}
	for _, t := range f.tenants {
		if strings.EqualFold(t.ID, name) || slices.ContainsFunc(t.Domains, func(d string) bool { return strings.EqualFold(d, name) }) {
			return t, true
		}
	}
	return Tenant{}, false
}

// homeOf is the tenant of a mailbox; f.mu is held.
func (f *Fake) homeOf(address string) Tenant {
	_, domain, _ := strings.Cut(address, "@")
	for _, t := range f.tenants {
		if slices.ContainsFunc(t.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			return t
		}
	}
	return f.tenants[0]
}

func newGUID() string { return guid(rand.Text()) }

// newSecret looks like Entra's: 40 characters, among them '~', '.' and '_'.
func newSecret() string {
	b := make([]byte, 27)
	_, _ = rand.Read(b) // never fails
	s := base64.RawURLEncoding.EncodeToString(b)
	return s[:3] + "8Q~" + strings.ReplaceAll(s[3:], "-", ".")
}
