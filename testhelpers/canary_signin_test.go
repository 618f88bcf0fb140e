package testhelpers_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const appID = "6c5c4b3a-0000-4000-8000-000000000001"

// granting answers every request for tokens with the secret as each of them.
func granting(secret string) *http.Client {
	doc, _ := json.Marshal(map[string]any{"access_token": secret, "refresh_token": secret, "expires_in": 3600, "token_type": "Bearer"})
	return &http.Client{Transport: unprinted(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(doc))), Request: r}, nil
	})}
}

// signed is a source of tokens that has given the secret as one.
func signed(t *testing.T, secret string, token func(context.Context, string) (string, error)) {
	t.Helper()
	got, err := token(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, secret, got)
}

// source gives the secret as a token made elsewhere.
type source func() (*oauth2.Token, error)

func (s source) Token() (*oauth2.Token, error) { return s() }

func google(t *testing.T, secret string) any {
	t.Helper()
	g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Scopes: []string{"x"}, Client: granting(secret), Source: source(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: secret, Expiry: time.Now().Add(time.Hour)}, nil
	})})
	require.NoError(t, err)
	signed(t, secret, g.Token)
	return g
}

func entraApp(t *testing.T, secret string) any {
	t.Helper()
	a, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: "contoso.example", ClientID: appID, ClientSecret: credential(secret), Client: granting(secret)})
	require.NoError(t, err)
	signed(t, secret, a.Token)
	return a
}

func delegated(t *testing.T, secret string) any {
	t.Helper()
	kept, err := json.Marshal(map[string]any{"v": 1, "client_id": appID, "refresh_token": secret})
	require.NoError(t, err)
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft("organizations", ""), ClientID: appID, Scopes: []string{oauth.ExchangePOPScope},
		Kept: credential(string(kept)), Client: granting(secret)})
	require.NoError(t, err)
	signed(t, secret, d.Token)
	return d
}

// sender has submitted with the secret, where a password can be it: one in several lines cannot.
func sender(t *testing.T, secret string) any {
	t.Helper()
	password := strings.ReplaceAll(secret, "\n", "")
	fake, err := fakesmtp.Start(mailstore.New(), &fakesmtp.Options{TLS: fakesmtp.Implicit, Users: map[string]string{"qa@example.com": password}})
	require.NoError(t, err)
	defer func() { require.NoError(t, fake.Close()) }()
	s, err := smtp.Server{Host: "localhost", Password: credential(password), RootCAs: fake.CertPool, Dial: fake.DialContext}.Sender("qa@example.com")
	require.NoError(t, err)
	require.NoError(t, s.Check(t.Context()))
	require.Empty(t, hits(strings.Join(slices.Collect(maps.Values(channels(s))), "\n"), password))
	return s
}
