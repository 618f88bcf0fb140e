package testhelpers_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/awsvault"
	"github.com/cloudmail-go/cloudmail/keyvault/azurevault"
	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
	"github.com/cloudmail-go/cloudmail/keyvault/cyberarkvault"
	"github.com/cloudmail-go/cloudmail/keyvault/envvault"
	"github.com/cloudmail-go/cloudmail/keyvault/execvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyringvault"
)

// snippets are README's on credentials, each in a function that compiles.
var snippets = []func(ctx context.Context) (keyvault.Provider, error){
	func(context.Context) (keyvault.Provider, error) {
		// VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT and so on hold; a token from VAULT_TOKEN or "vault login"
		vault, err := hashivault.New(nil)
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		vault, err := hashivault.New(&hashivault.Options{
			Login: hashivault.JWT{Role: "mail-tests", JWT: hashivault.GitHubToken("https://vault.example.com", nil)},
		})
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		vault, err := hashivault.New(&hashivault.Options{
			Login: hashivault.AppRole{RoleID: "5c4f3b9e", SecretID: keyvault.From(envvault.New(nil), "VAULT_SECRET_ID")},
		})
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		// azidentity's usual chain: environment, workload and managed identity, az login
		vault, err := azurevault.New(azurevault.Options{URL: "https://contoso.vault.azure.net"})
		return vault, err
	},
	func(ctx context.Context) (keyvault.Provider, error) {
		// the usual chain: environment, profiles, web identity, roles. ${aws:kms:AQICAHh…} is decrypted by KMS
		vault, err := awsvault.New(ctx, &awsvault.Options{Region: "eu-central-1"})
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		// Application Default Credentials
		vault, err := gcpvault.New(&gcpvault.Options{Project: "contoso"})
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		vault, err := cyberarkvault.New(cyberarkvault.Options{
			URL:         "https://ccp.example.com",
			AppID:       "MailTests",
			Certificate: keyvault.From(filevault.New(nil), "/etc/ssl/private/ccp-client.pem"),
		})
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		vault, err := conjurvault.New(nil) // the CONJUR_* variables
		return vault, err
	},
	func(context.Context) (keyvault.Provider, error) {
		vault := keyringvault.New(nil) // Keychain, Credential Manager, GNOME Keyring, KWallet
		return vault, nil
	},
	func(context.Context) (keyvault.Provider, error) {
		vault := filevault.New(&filevault.Options{Dir: "/run/secrets"}) // Docker, Kubernetes; also .env, JSON, YAML
		return vault, nil
	},
	func(context.Context) (keyvault.Provider, error) {
		vault := envvault.New(nil)
		return vault, nil
	},
	func(context.Context) (keyvault.Provider, error) {
		// any password manager with a command; no shell is involved. Options.Secrets takes its own token from another vault
		vault, err := execvault.New(execvault.Options{Command: []string{"pass", "show", "{}"}})
		return vault, err
	},
	func(ctx context.Context) (keyvault.Provider, error) {
		vault, err := hashivault.New(nil)
		if err != nil {
			return nil, err
		}
		secrets := keyvault.NewResolver(map[string]keyvault.Provider{"hashicorp": vault, "env": envvault.New(nil)}, nil)
		password, err := secrets.Credential("${hashicorp:secret/mail#client_secret}")
		if err != nil {
			return nil, err
		}
		relay, err := secrets.Expand(ctx, "smtp://${env:USER}:${hashicorp:secret/relay#password}@mail.example.com")
		_, _ = password, relay
		return vault, err
	},
}

// README's snippets are in the code above, so that they compile.
func TestReadmeOnCredentials(t *testing.T) {
	t.Parallel()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	code, err := os.ReadFile("credentials_test.go")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "\n## Credentials\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := strings.Split(section, "```")
	shown := 0
	for i := 1; i < len(blocks); i += 2 {
		if snippet, isGo := strings.CutPrefix(blocks[i], "go\n"); isGo {
			require.Contains(t, squeeze(string(code)), squeeze(snippet))
			shown++
		}
	}
	require.GreaterOrEqual(t, shown, len(snippets))
}
