package oauth_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// TestLiveEntraApp gets a token for Exchange Online from the real Entra, with the app that
// CLOUDMAIL_LIVE_OAUTH_TENANT, _CLIENT_ID and _CLIENT_SECRET name, or _CERTIFICATE_FILE, a PEM file.
// Without them the test is skipped.
func TestLiveEntraApp(t *testing.T) {
	of := func(name string) string { return os.Getenv("CLOUDMAIL_LIVE_OAUTH_" + name) }
	if of("TENANT") == "" || of("CLIENT_ID") == "" {
		t.Skip("no real app: set CLOUDMAIL_LIVE_OAUTH_TENANT, _CLIENT_ID, and _CLIENT_SECRET or _CERTIFICATE_FILE")
	}
	conf := oauth.EntraAppConfig{Tenant: of("TENANT"), ClientID: of("CLIENT_ID")}
	if path := of("CERTIFICATE_FILE"); path != "" {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		conf.Certificate = connector.Literal(string(text))
	} else {
		conf.ClientSecret = connector.Literal(of("CLIENT_SECRET"))
	}
	app, err := oauth.NewEntraApp(conf)
	require.NoError(t, err)
	token, err := app.Token(t.Context(), "")
	require.NoError(t, err)
	fresh, err := app.Token(t.Context(), token)
	require.NoError(t, err)
	require.NotEqual(t, token, fresh)
}
