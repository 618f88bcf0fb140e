package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const googler = "qa@example.com"

// google is Google with one app of type Desktop, and a person's sign-in to it.
func google(t *testing.T, o *fakegmail.Options, s *safe) (*fakegmail.Fake, *oauth.Delegated) {
	t.Helper()
	store := mailstore.New()
	store.Add(googler)
	fake := fakegmail.New(store, o)
	app := fake.AddDesktopApp()
	s.app = app
	fake.AtBrowser(googler)
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.GoogleAccounts(""), ClientID: app.ClientID,
		ClientSecret: connector.Literal(app.ClientSecret), Scopes: []string{oauth.GoogleMailScope}, Account: googler,
		Kept: s.read, Keep: s.write, Command: "cloudmail sign-in qa", Client: &http.Client{Transport: fake.RoundTripper()}})
	require.NoError(t, err)
	return fake, d
}

// TestGoogleSignIn signs in with a browser; the sign-in by code is refused by name.
func TestGoogleSignIn(t *testing.T) {
	vault := &safe{}
	fake, d := google(t, nil, vault)
	err := d.SignInByCode(t.Context(), func(oauth.DeviceCode) { t.Error("there is no code") })
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "use the one by browser")

	require.NoError(t, d.SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {})))
	first, err := d.Token(t.Context(), "")
	require.NoError(t, err)
	second, err := d.Token(t.Context(), first)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	require.Equal(t, 1, vault.writes, "Google keeps the refresh token")

	fake.AtBrowser("")
	err = d.SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {}))
	require.ErrorIs(t, err, connector.ErrPermission)
}

// TestGoogleSignInEnds names what only a person can mend, with the command that does it: a changed
// password or a consent taken back, and the seven days of an app in testing.
func TestGoogleSignInEnds(t *testing.T) {
	again := func(t *testing.T, err error) {
		t.Helper()
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "sign in again as qa@example.com: run cloudmail sign-in qa")
	}
	for name, end := range map[string]func(f *fakegmail.Fake){
		"revoked": func(f *fakegmail.Fake) { f.EndSignIns(googler) },
		"testing": func(*fakegmail.Fake) { time.Sleep(7*24*time.Hour + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vault := &safe{}
				fake, d := google(t, &fakegmail.Options{Testing: true}, vault)
				vault.text = inMemory(t, fake, vault)
				token, err := d.Token(t.Context(), "")
				require.NoError(t, err)
				end(fake)
				_, err = d.Token(t.Context(), token)
				again(t, err)
			})
		})
	}
}

// inMemory signs in without a socket, and returns what is kept of it.
func inMemory(t *testing.T, fake *fakegmail.Fake, s *safe) string {
	t.Helper()
	verifier := oauth2.GenerateVerifier()
	app := s.app
	conf := oauth2.Config{ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURL: "http://127.0.0.1:1", Scopes: []string{oauth.GoogleMailScope},
		Endpoint: oauth2.Endpoint{AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: oauth.GoogleTokenURL, AuthStyle: oauth2.AuthStyleInParams}}
	var code string
	client := &http.Client{Transport: fake.RoundTripper(), CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		code = r.URL.Query().Get("code")
		return http.ErrUseLastResponse
	}}
	resp, err := client.Get(conf.AuthCodeURL("x", oauth2.AccessTypeOffline, oauth2.ApprovalForce, oauth2.S256ChallengeOption(verifier)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	token, err := conf.Exchange(context.WithValue(t.Context(), oauth2.HTTPClient, client), code, oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	return fmt.Sprintf(`{"v":1,"client_id":%q,"refresh_token":%q}`, app.ClientID, token.RefreshToken)
}

// TestRotatedRefreshToken keeps each new refresh token, so that another process goes on with it.
func TestRotatedRefreshToken(t *testing.T) {
	vault := &safe{}
	fake, d := google(t, &fakegmail.Options{RotateRefresh: true}, vault)
	require.NoError(t, d.SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {})))
	token, err := d.Token(t.Context(), "")
	require.NoError(t, err)
	for n := 2; n < 6; n++ {
		token, err = d.Token(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, n, vault.writes)
	}
}
