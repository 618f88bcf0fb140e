package cyberarkvault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// Credential gives a secret when it is wanted; refused is the value just rejected, "" at
// first. keyvault.From makes one.
type Credential = func(ctx context.Context, refused string) (string, error)

// Options of a Vault.
type Options struct {
	URL         string         // https://ccp.example.com. Required
	AppID       string         // the application's id. Required
	Certificate Credential     // the application's certificate, its chain and its private key, as PEM; nil = it has none
	Safe        string         // lets names be the object alone
	Reason      string         // written into the audit log
	Service     string         // the path of the web service, "" = AIMWebService
	RootCAs     *x509.CertPool // what the server is trusted by, nil = the system's
	HTTPClient  *http.Client   // nil = one with Certificate and RootCAs, which must not stand beside it
}

// Vault is a Central Credential Provider as a keyvault.Provider.
type Vault struct{ open func() *vault }

// vault is what the closure keeps.
type vault struct {
	o    Options
	base string

	mu     sync.Mutex
	pem    string // what client shows
	client *http.Client
}

// New checks the options; it makes no request. ErrConfig names the field.
func New(o Options) (*Vault, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "":
		return nil, config("URL", "write the server's address, as in https://ccp.example.com")
	case o.AppID == "":
		return nil, config("AppID", "set the application id that the administrator has made")
	case o.HTTPClient != nil && (o.Certificate != nil || o.RootCAs != nil):
		return nil, config("HTTPClient", "leave it out, or give the certificates to its transport")
	}
	service := strings.Trim(o.Service, "/")
	if service == "" {
		service = "AIMWebService"
	}
	v := &vault{o: o, base: u.JoinPath(service, "api", "Accounts").String(), client: o.HTTPClient}
	if v.client == nil {
		v.client = rest.Client(o.RootCAs)
	}
	return &Vault{open: func() *vault { return v }}, nil
}

func config(field, remedy string) *keyvault.Error {
	return &keyvault.Error{Vault: vaultName, Path: field, Kind: keyvault.ErrConfig, Remedy: remedy}
}

// Secret reads an account's content, or one field.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	n, err := keyvault.ParseName(vaultName, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if err := n.NoVersion(); err != nil {
		return keyvault.Secret{}, err
	}
	query, err := v.open().query(n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	account, err := v.open().read(ctx, n, query)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return account.pick(n)
}

// query names the account to the web service.
func (v *vault) query(n keyvault.Name) (string, error) {
	parts := strings.Split(n.Path, "/")
	if v.o.Safe != "" {
		parts = append([]string{v.o.Safe}, parts...)
	}
	last := len(parts) - 1
	if last < 1 || parts[0] == "" || parts[last] == "" {
		return "", n.Error(keyvault.ErrConfig, nil, "write safe/object, as in ${cyberark:Mail-Safe/office365}")
	}
	q := url.Values{"AppID": {v.o.AppID}, "Safe": {parts[0]}, "Object": {parts[last]}}
	if folder := strings.Join(parts[1:last], `\`); folder != "" {
		q.Set("Folder", folder)
	}
	if v.o.Reason != "" {
		q.Set("Reason", v.o.Reason)
	}
	return strings.ReplaceAll(q.Encode(), "+", "%20"), nil // the service takes + for itself
}

// read asks for the account, and once more with a fresh certificate if there is one.
func (v *vault) read(ctx context.Context, n keyvault.Name, query string) (a account, err error) {
	certificate := v.o.Certificate
	if certificate == nil {
		certificate = func(context.Context, string) (string, error) { return "", nil }
	}
	err = rest.Twice(ctx, certificate, func(text string) (bool, error) {
		client, err := v.clientFor(text)
		if err == nil {
			a, err = v.ask(ctx, client, n, query)
		}
		return errors.Is(err, keyvault.ErrRefused), err
	})
	return a, err
}

// clientFor gives the client that shows this certificate.
func (v *vault) clientFor(text string) (*http.Client, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if text == v.pem {
		return v.client, nil
	}
	pair, err := tls.X509KeyPair([]byte(text), []byte(text))
	if err != nil { // the error may quote the text
		return nil, config("Certificate", "give the certificate and its private key as PEM, one after the other")
	}
	if v.pem != "" {
		v.client.CloseIdleConnections()
	}
	v.pem, v.client = text, rest.Client(v.o.RootCAs, pair)
	return v.client, nil
}

func (v *vault) ask(ctx context.Context, client *http.Client, n keyvault.Name, query string) (account, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"?"+query, nil)
	if err != nil {
		return account{}, config("URL", "write the server's address, as in https://ccp.example.com")
	}
	answer, err := rest.Do(client, r)
	if err != nil {
		return account{}, unreached(ctx, n, err)
	}
	if answer.Status != http.StatusOK {
		return account{}, refused(n, answer)
	}
	return open(n, answer.Body)
}
