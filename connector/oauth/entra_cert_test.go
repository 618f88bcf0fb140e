package oauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// certificate makes a certificate, and its text with its key.
func certificate(t *testing.T) (*x509.Certificate, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "qa-mail"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return cert, string(append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...))
}

// TestEntraCertificate proves by a certificate who the app is; one that Entra refuses is asked for afresh
// once.
func TestEntraCertificate(t *testing.T) {
	cert, text := certificate(t)
	_, foreign := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		fake.ChangeApp(app.ClientID, func(a *fakegraph.App) { a.Secrets, a.Certificates = nil, []*x509.Certificate{cert} })
		var asked []string
		give := func(values ...string) *oauth.EntraApp {
			asked = nil
			a, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: app.Tenant, ClientID: app.ClientID, Client: client,
				Certificate: func(_ context.Context, refused string) (string, error) {
					asked = append(asked, refused)
					return values[min(len(asked), len(values))-1], nil
				}})
			require.NoError(t, err)
			return a
		}
		a := give(text)
		first, err := a.Token(t.Context(), "")
		require.NoError(t, err)
		second, err := a.Token(t.Context(), first)
		require.NoError(t, err)
		require.NotEqual(t, first, second)
		require.Equal(t, []string{""}, asked)

		_, err = give(foreign, text).Token(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, []string{"", foreign}, asked, "byte for byte what was given, for a vault to know it by")

		_, err = give(foreign).Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "upload this certificate")

		_, err = give("no PEM").Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrConfig)
		require.ErrorContains(t, err, "Certificate: there is no CERTIFICATE block")
	})
}
