// Package azurevault reads secrets from Azure Key Vault: ${azure:mail-client-secret}.
//
//	vault, err := azurevault.New(azurevault.Options{URL: "https://contoso.vault.azure.net"})
//	secret := keyvault.From(vault, "mail-client-secret")
//
// A name is the secret's name in that one vault, a version its id (@7f2c…, 32 characters). A
// value that is JSON has fields. The secret's expiry date is shown; Key Vault gives an
// expired secret all the same.
//
// # Login
//
// Any azcore.TokenCredential; none is azidentity's usual chain: environment, workload
// identity, managed identity, the Azure CLI. The cloud (public, US Government, China) follows
// from the URL; a cloud of one's own is told by Options.Cloud. The caller needs the role "Key
// Vault Secrets User", or an access policy with Get.
//
// # Certificates
//
// A certificate is read by the secret of its name. Its fields are made from the PFX or PEM that
// Key Vault keeps: #pem (private key, certificate, chain), #key, #certificate, and #pfx (the
// bytes) where it is a PFX. Without a field it is the value as it is kept: base64 of the PFX, or PEM.
//
// REST API: https://learn.microsoft.com/rest/api/keyvault/secrets
package azurevault

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// Options of a Vault.
type Options struct {
	URL        string                 // https://contoso.vault.azure.net. Required
	Credential azcore.TokenCredential // nil = azidentity.NewDefaultAzureCredential
	Cloud      *cloud.Configuration   // nil = the public, US Government or China cloud, by the URL
	HTTPClient *http.Client           // nil = http.DefaultClient
	// AnyHost takes vaults whose host is not the one that the login challenge names: private
	// clouds and test servers. https://aka.ms/azsdk/blog/vault-uri
	AnyHost bool
}

// Vault is an Azure Key Vault as a keyvault.Provider and keyvault.Writer.
type Vault struct{ open func() *azsecrets.Client }

// New checks the options; it makes no request. ErrConfig names the field.
func New(o Options) (*Vault, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, config("URL", nil, "write the vault's address, as in https://contoso.vault.azure.net")
	}
	client := azcore.ClientOptions{Cloud: cloudOf(u.Hostname(), o.Cloud), Retry: policy.RetryOptions{MaxRetries: -1},
		Transport: rest.DiscreetClient{Next: cmp.Or(o.HTTPClient, http.DefaultClient)}}
	cred := o.Credential
	if cred == nil {
		if cred, err = azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: client}); err != nil {
			return nil, config("Credential", err, "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or Options.Credential")
		}
	}
	c, err := azsecrets.NewClient(strings.TrimSuffix(o.URL, "/"), cred, &azsecrets.ClientOptions{
		ClientOptions: client, DisableChallengeResourceVerification: o.AnyHost,
	})
	if err != nil {
		return nil, config("URL", err, "write the vault's address, as in https://contoso.vault.azure.net")
	}
	return &Vault{open: func() *azsecrets.Client { return c }}, nil
}

func config(field string, cause error, remedy string) error {
	return &keyvault.Error{Vault: vaultName, Path: field, Kind: keyvault.ErrConfig, Err: cause, Remedy: remedy}
}

// cloudOf gives the cloud that a vault's host belongs to.
func cloudOf(host string, own *cloud.Configuration) cloud.Configuration {
	switch {
	case own != nil:
		return *own
	case strings.HasSuffix(host, ".usgovcloudapi.net"):
		return cloud.AzureGovernment
	case strings.HasSuffix(host, ".azure.cn"):
		return cloud.AzureChina
	}
	return cloud.AzurePublic
}

// Secret reads a secret, one field of it, or a part of a certificate.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, err := parse(ctx, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	got, err := v.open().GetSecret(ctx, n.Path, n.Version, nil)
	if err != nil {
		return keyvault.Secret{}, failed(ctx, n, err)
	}
	value := keyvault.NewSecret(text(got.Value)).With(version(got.ID), expiry(got.Attributes))
	if part, ok, err := certificate(n, text(got.ContentType), value); ok {
		return part, err
	}
	return n.Pick(value)
}

// Write stores a new version. Key Vault takes text of at most 25,000 bytes.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, err := parse(ctx, name)
	if err != nil {
		return err
	}
	if err := n.NoVersion(); err != nil {
		return err
	}
	if !utf8.ValidString(value.Reveal()) {
		return n.Error(keyvault.ErrConfig, nil, "Key Vault keeps text: encode the value, in base64 for example")
	}
	var old keyvault.Secret
	if n.Field != "" {
		got, err := v.open().GetSecret(ctx, n.Path, "", nil)
		if err != nil && status(err) != http.StatusNotFound {
			return failed(ctx, n, err)
		}
		old = keyvault.NewSecret(text(got.Value))
	}
	whole, err := n.Merge(old, value)
	if err != nil {
		return err
	}
	stored := whole.Reveal()
	if _, err := v.open().SetSecret(ctx, n.Path, azsecrets.SetSecretParameters{Value: &stored}, nil); err != nil {
		return failed(ctx, n, err)
	}
	return nil
}

// parse also holds a name to Key Vault's rule: letters, digits and hyphens.
func parse(ctx context.Context, name string) (keyvault.Name, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Name{}, err
	}
	n, err := keyvault.ParseName(vaultName, name)
	if err != nil {
		return n, err
	}
	if len(n.Path) > 127 || !alphanumeric(strings.ReplaceAll(n.Path, "-", "0")) {
		return n, n.Error(keyvault.ErrConfig, nil, "a name has letters, digits and hyphens only: write the secret's name, without the vault")
	}
	if !alphanumeric(cmp.Or(n.Version, "0")) {
		return n, n.Error(keyvault.ErrConfig, nil, "a version is the id of 32 characters that Key Vault shows")
	}
	return n, nil
}

func alphanumeric(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) < 0
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func version(id *azsecrets.ID) string {
	if id == nil {
		return ""
	}
	return id.Version()
}

func expiry(a *azsecrets.SecretAttributes) time.Time {
	if a == nil || a.Expires == nil {
		return time.Time{}
	}
	return *a.Expires
}
