package conjurvault

import (
	"cmp"
	"context"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// Credential gives a secret when it is wanted; refused is the value just rejected, "" at
// first. keyvault.From makes one.
type Credential = rest.Credential

// Options of a Vault; the zero value is what the CONJUR_* variables say.
type Options struct {
	URL        string         // https://conjur.example.com, with /api in the cloud; "" = CONJUR_APPLIANCE_URL
	Account    string         // the organization, "conjur" in the cloud; "" = CONJUR_ACCOUNT
	Login      Login          // nil = APIKey{}
	RootCAs    *x509.CertPool // nil = CONJUR_SSL_CERTIFICATE or CONJUR_CERT_FILE, else the system's
	HTTPClient *http.Client   // nil = one with RootCAs, which must not stand beside it
}

// Vault is a Conjur server as a keyvault.Provider.
type Vault struct{ open func() *vault }

// vault is what the closure keeps.
type vault struct {
	o      Options
	base   *url.URL
	client *http.Client
	tokens *keyvault.Cache
}

// life is how long a token is used: Conjur's end after eight minutes.
// https://docs.cyberark.com/conjur-open-source/latest/en/content/developer/conjur_api_authenticate.htm
const life = 7 * time.Minute

// New checks the options; it makes no request. ErrConfig names the field.
func New(o *Options) (*Vault, error) {
	v := &vault{}
	if o != nil {
		v.o = *o
	}
	v.o.Account = cmp.Or(v.o.Account, os.Getenv("CONJUR_ACCOUNT"))
	if v.o.Login == nil {
		v.o.Login = APIKey{}
	}
	var err error
	v.base, err = url.Parse(cmp.Or(v.o.URL, os.Getenv("CONJUR_APPLIANCE_URL")))
	switch {
	case err != nil || v.base.Scheme != "https" || v.base.Host == "" || v.base.RawQuery != "":
		return nil, config("URL", "set it or CONJUR_APPLIANCE_URL, as in https://conjur.example.com")
	case v.o.Account == "":
		return nil, config("Account", "set it or CONJUR_ACCOUNT")
	}
	if err := v.o.Login.check(); err != nil {
		return nil, err
	}
	if v.client, err = client(v.o); err != nil {
		return nil, err
	}
	// The token lives in a cache of its own, which shares logins; pauses and refusals are the
	// business of the cache before this vault.
	v.tokens = keyvault.NewCache(keyvault.Func(v.logIn), &keyvault.CacheOptions{TTL: life, Hold: -1, Patience: -1})
	return &Vault{open: func() *vault { return v }}, nil
}

// client gives the client that trusts the server.
func client(o Options) (*http.Client, error) {
	switch {
	case o.HTTPClient != nil && o.RootCAs != nil:
		return nil, config("HTTPClient", "leave it out, or give the certificates to its transport")
	case o.HTTPClient != nil:
		return o.HTTPClient, nil
	case o.RootCAs != nil:
		return rest.Client(o.RootCAs), nil
	}
	text := []byte(os.Getenv("CONJUR_SSL_CERTIFICATE"))
	if file := os.Getenv("CONJUR_CERT_FILE"); file != "" && len(text) == 0 {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, config("CONJUR_CERT_FILE", "name a file that can be read: "+err.Error())
		}
	}
	if len(text) == 0 {
		return rest.Client(nil), nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, config("RootCAs", "give the server's certificate as PEM in CONJUR_SSL_CERTIFICATE or CONJUR_CERT_FILE")
	}
	return rest.Client(roots), nil
}

func config(field, remedy string) *keyvault.Error {
	return &keyvault.Error{Vault: vaultName, Path: field, Kind: keyvault.ErrConfig, Remedy: remedy}
}

// Secret reads a variable, or one field of it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	n, err := keyvault.ParseName(vaultName, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if strings.Trim(n.Version, "0123456789") != "" {
		return keyvault.Secret{}, n.Error(keyvault.ErrConfig, nil, "a version is a number, as in "+n.Path+"@1")
	}
	whole, err := v.open().read(ctx, n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(whole)
}

func (v *vault) read(ctx context.Context, n keyvault.Name) (s keyvault.Secret, err error) {
	address := v.address("secrets", v.o.Account, "variable", n.Path)
	if n.Version != "" {
		address += "?version=" + n.Version
	}
	err = rest.Twice(ctx, keyvault.From(v.tokens, "token"), func(token string) (refused bool, err error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, config("URL", "write the server's address, as in https://conjur.example.com")
		}
		r.Header.Set("Authorization", `Token token="`+token+`"`)
		a, err := rest.Do(v.client, r)
		if err != nil {
			return false, unreached(ctx, n, err)
		}
		if a.Status != http.StatusOK {
			return a.Status == http.StatusUnauthorized, failed(n, a)
		}
		s = keyvault.NewSecret(a.Body).With(n.Version, time.Time{})
		return false, nil
	})
	return s, err
}

// address joins the parts, each escaped: an id's slashes belong to the id.
func (v *vault) address(parts ...string) string {
	address := strings.TrimSuffix(v.base.String(), "/")
	for _, p := range parts {
		address += "/" + url.PathEscape(p)
	}
	return address
}
