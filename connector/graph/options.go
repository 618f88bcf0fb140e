package graph

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// check finds what no request is needed for to find.
func (o Office365) check() error {
	if err := o.checkCredential(); err != nil {
		return err
	}
	a, err := mail.ParseAddress(o.Mailbox())
	if err != nil || a.Address != o.Mailbox() {
		return o.config("Address", fmt.Errorf("%q is no address", o.Address), `write "local@domain"`)
	}
	if o.TokenCredential == nil {
		if err := oauth.EntraTenant(o.Tenant); err != nil {
			return o.config("Tenant", err, "give the directory's id or one of its domains (Entra, Overview)")
		}
		if !oauth.IsGUID(o.ClientID) {
			return o.config("ClientID", fmt.Errorf("%q is no GUID", o.ClientID), "give the Application (client) ID of the app registration")
		}
	}
	return o.checkEndpoints()
}

func (o Office365) checkCredential() error {
	var set []string
	for _, c := range []struct {
		name string
		is   bool
	}{{"ClientSecret", o.ClientSecret != nil}, {"Certificate", o.Certificate != nil},
		{"FederatedToken", o.FederatedToken != nil}, {"TokenCredential", o.TokenCredential != nil}} {
		if c.is {
			set = append(set, c.name)
		}
	}
	switch {
	case len(set) == 0:
		return o.config("ClientSecret", errors.New("no credential is set"), "set ClientSecret, Certificate, FederatedToken or TokenCredential")
	case len(set) > 1:
		return o.config(set[0], fmt.Errorf("%d credentials are set", len(set)), "set one of ClientSecret, Certificate, FederatedToken and TokenCredential")
	case o.CertificatePassword != nil && o.Certificate == nil:
		return o.config("CertificatePassword", errors.New("there is no Certificate"), "set both or none")
	}
	return nil
}

func (o Office365) checkEndpoints() error {
	e := o.endpoints()
	if e.authority == "" || e.graph == "" {
		return o.config("Cloud", fmt.Errorf("%q is unknown", o.Cloud), "use Global, USGovernment, USGovernmentDoD or China, or set AuthorityHost and Endpoint")
	}
	for i, s := range []string{e.authority, e.graph} {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
			return o.config([]string{"AuthorityHost", "Endpoint"}[i], errors.New("it is no https address of a host"), `write "https://host" or "https://host:port"`)
		}
	}
	if o.Proxy != nil && o.Proxy.Hostname() == "" {
		return o.config("Proxy", errors.New("it has no host"), `write "http://host:port"`)
	}
	return nil
}

// checkSecret refuses what cannot be a secret's value.
func (o Office365) checkSecret(secret string) error {
	if oauth.IsGUID(strings.TrimSpace(secret)) {
		return o.config("ClientSecret", errors.New("it is a GUID, so it is the secret's id"), "give the secret's value, which the portal shows once, when the secret is made")
	}
	return nil
}

// config is an ErrConfig about a field.
func (o Office365) config(field string, err error, remedy string) error {
	return &connector.Error{Op: "connect", Mailbox: o.Mailbox(), Kind: connector.ErrConfig, Err: fmt.Errorf("%s: %w", field, err), Remedy: remedy}
}
