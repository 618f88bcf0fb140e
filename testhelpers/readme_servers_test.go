package testhelpers_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
)

// readmeOnServers are README's snippets on mail services. Each is tried with a vault that is empty: what it
// says then is about the vault, since all else is well.
var readmeOnServers = []func(context.Context, *filevault.Vault) error{
	func(ctx context.Context, vault *filevault.Vault) error {
		inbox, err := connector.Connect(ctx, graph.Office365{
			Tenant:       "contoso.example",
			ClientID:     "00001111-aaaa-2222-bbbb-3333cccc4444",
			ClientSecret: keyvault.From(vault, "mail/office365#client_secret"),
			Address:      "qa@contoso.example",
		}, nil)
		_ = inbox
		return err
	},
	func(ctx context.Context, vault *filevault.Vault) error {
		inbox, err := connector.Connect(ctx, gmail.Workspace{
			ServiceAccount: keyvault.From(vault, "mail/google"),
			Address:        "qa@example.com",
		}, nil)
		_ = inbox
		return err
	},
	func(ctx context.Context, vault *filevault.Vault) error {
		inbox, err := connector.Connect(ctx, imap.Server{
			Host:       "mail.example.com",
			Address:    "qa@example.com",
			Password:   keyvault.From(vault, "mail/qa#password"),
			Submission: &smtp.Server{Host: "smtp.example.com"}, // only where a test sends, with the same login
		}, nil)
		_ = inbox
		return err
	},
	func(ctx context.Context, vault *filevault.Vault) error {
		app, err := oauth.NewEntraApp(oauth.EntraAppConfig{
			Tenant:       "contoso.example",
			ClientID:     "00001111-aaaa-2222-bbbb-3333cccc4444",
			ClientSecret: keyvault.From(vault, "mail/office365#client_secret"),
		})
		if err != nil {
			return err
		}
		server := pop3.Server{Host: "outlook.office365.com", Address: "qa@contoso.example", Token: app.Token}
		_, err = server.Token(ctx, "")
		return err
	},
	func(ctx context.Context, vault *filevault.Vault) error {
		person, err := oauth.NewDelegated(oauth.DelegatedConfig{
			Authority: oauth.Microsoft("organizations", ""), // "consumers": personal outlook.com; oauth.GoogleAccounts("")
			ClientID:  "00001111-aaaa-2222-bbbb-3333cccc4444",
			Scopes:    []string{oauth.ExchangeIMAPScope},
			Kept:      keyvault.From(vault, "qa-sign-in"), // a vault that can be written to: file, keyring, HashiCorp
			Keep:      keyvault.Into(vault, "qa-sign-in"),
			Command:   "go run ./signin", // told to whoever has to sign in again
		})
		if err != nil {
			return err
		}
		signIn := func() {
			err = person.SignInByCode(ctx, func(c oauth.DeviceCode) { // once; or SignInByBrowser
				fmt.Println("open", c.URL, "and enter", c.Code)
			})
		}
		_ = signIn
		server := imap.Server{Host: "outlook.office365.com", Address: "qa@contoso.example", Token: person.Token}
		_, err = server.Token(ctx, "")
		return err
	},
}

// TestReadmeOnServers holds that README's snippets are in the code above, so that they compile, and that what they
// lack is a secret.
func TestReadmeOnServers(t *testing.T) {
	t.Parallel()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	code, err := os.ReadFile("readme_servers_test.go")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "\n## Mail services\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	snippets := strings.Split(section, "```go\n")[1:]
	require.Len(t, snippets, len(readmeOnServers))
	for _, s := range snippets {
		s, _, _ = strings.Cut(s, "```")
		for piece := range strings.SplitSeq(s, "…\n") {
			require.Contains(t, squeeze(string(code)), squeeze(piece))
		}
	}
	for i, try := range readmeOnServers {
		err := try(t.Context(), filevault.New(&filevault.Options{Dir: t.TempDir()}))
		if i == len(readmeOnServers)-1 {
			require.ErrorContains(t, err, "nobody has signed in yet; sign in again: run go run ./signin")
			continue
		}
		require.ErrorIs(t, err, keyvault.ErrNotFound, "snippet %d", i)
	}
}
