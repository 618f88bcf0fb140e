package oauth_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyringvault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakevault"
)

// writable is a vault that a sign-in can be kept in.
type writable interface {
	keyvault.Provider
	keyvault.Writer
}

// TestSignInIsKeptInAVault keeps a sign-in in a file, the system's keyring and HashiCorp's vault: one
// process signs in, another goes on with it, and a vault that has none yet says to sign in.
func TestSignInIsKeptInAVault(t *testing.T) {
	keyring.MockInit()
	server := fakevault.New(nil)
	hashi, err := hashivault.New(&hashivault.Options{Address: "https://vault.example.com", HTTPClient: &http.Client{Transport: server.RoundTripper()},
		Login: hashivault.Token{Value: func(context.Context, string) (string, error) { return fakevault.RootToken, nil }}})
	require.NoError(t, err)
	for name, vault := range map[string]writable{
		"sign-in.json":          filevault.New(&filevault.Options{Dir: t.TempDir()}),
		"cloudmail/qa":          keyringvault.New(nil),
		"secret/mail/qa#signin": hashi,
	} {
		t.Run(name, func(t *testing.T) {
			fake, app, client := entra()
			process := func() *oauth.Delegated {
				d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft(app.Tenant, ""), ClientID: app.ClientID,
					Scopes: []string{oauth.ExchangePOPScope}, Account: person, Command: "cloudmail sign-in qa", Client: client,
					Kept: keyvault.From(vault, name),
					Keep: keyvault.Into(vault, name)})
				require.NoError(t, err)
				return d
			}
			_, err := process().Token(t.Context(), "")
			require.ErrorIs(t, err, connector.ErrAuth)
			require.ErrorContains(t, err, "nobody has signed in yet")
			require.ErrorContains(t, err, "run cloudmail sign-in qa")

			fake.AtBrowser(person)
			require.NoError(t, process().SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {})))
			other := process()
			first, err := other.Token(t.Context(), "")
			require.NoError(t, err)
			_, err = other.Token(t.Context(), first)
			require.NoError(t, err)
			third, err := process().Token(t.Context(), "")
			require.NoError(t, err, "what was renewed is kept")
			require.NotEqual(t, first, third)
		})
	}
}

// TestNewSignInIsSeenAtOnce goes on with what another process kept when the sign-in in use ends, although it was renewed
// since it was read: with a vault that has no cache of its own, keyvault.From remembers what it read first.
func TestNewSignInIsSeenAtOnce(t *testing.T) {
	fake, app, client := entra()
	vault := filevault.New(&filevault.Options{Dir: t.TempDir()})
	process := func() *oauth.Delegated {
		d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft(app.Tenant, ""), ClientID: app.ClientID,
			Scopes: []string{oauth.ExchangePOPScope}, Account: person, Client: client, Kept: keyvault.From(vault, "qa"), Keep: keyvault.Into(vault, "qa")})
		require.NoError(t, err)
		return d
	}
	fake.AtBrowser(person)
	signIn := func() {
		require.NoError(t, process().SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {})))
	}
	signIn()
	long := process()
	token, err := long.Token(t.Context(), "")
	require.NoError(t, err)
	fake.EndSignIns(person, 50173)
	signIn()
	_, err = long.Token(t.Context(), token)
	require.NoError(t, err)
}
