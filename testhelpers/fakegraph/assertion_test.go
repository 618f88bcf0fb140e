package fakegraph_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined with it
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// signer makes client assertions.
type signer struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

func newSigner(t *testing.T, from, until time.Time) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return signer{key, cert}
}

func segment(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// jwt signs claims with PS256 or RS256.
func (s signer) jwt(t *testing.T, alg string, header, claims map[string]any) string {
	t.Helper()
	header["alg"], header["typ"] = alg, "JWT"
	text := segment(t, header) + "." + segment(t, claims)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	var err error
	if alg == "PS256" {
		sig, err = rsa.SignPSS(rand.Reader, s.key, crypto.SHA256, sum[:], nil)
	} else {
		sig, err = rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	}
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func (s signer) x5tS256() string {
	sum := sha256.Sum256(s.cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestCertificateAssertion(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := newSigner(t, now.Add(-time.Hour), now.Add(time.Hour))
	other := newSigner(t, now.Add(-time.Hour), now.Add(time.Hour))
	old := newSigner(t, now.Add(-2*time.Hour), now.Add(-time.Hour))
	sum1 := sha1.Sum(good.cert.Raw) //nolint:gosec // see the import
	r := newRig(t, nil, fakegraph.App{Certificates: []*x509.Certificate{good.cert, old.cert}})
	endpoint := login + r.app.Tenant + "/oauth2/v2.0/token"

	for name, tc := range map[string]struct {
		signer signer
		alg    string
		header map[string]any
		claims map[string]any // over the good ones
		code   int            // 0: accepted
	}{
		"PS256":               {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, nil, 0},
		"RS256 and SHA-1":     {good, "RS256", map[string]any{"x5t": base64.RawURLEncoding.EncodeToString(sum1[:])}, nil, 0},
		"audience by domain":  {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"aud": login + "contoso.example/oauth2/v2.0/token"}, 0},
		"not registered":      {other, "PS256", map[string]any{"x5t#S256": other.x5tS256()}, nil, 700027},
		"foreign signature":   {other, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, nil, 700027},
		"no thumbprint":       {good, "PS256", map[string]any{}, nil, 700027},
		"expired certificate": {old, "PS256", map[string]any{"x5t#S256": old.x5tS256()}, nil, 700027},
		"another issuer":      {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"iss": "else"}, 700021},
		"expired":             {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"exp": now.Add(-time.Hour).Unix()}, 700024},
		"not yet valid":       {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"nbf": now.Add(time.Hour).Unix()}, 700024},
		"small skew":          {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"nbf": now.Add(time.Minute).Unix()}, 0},
		"another audience":    {good, "PS256", map[string]any{"x5t#S256": good.x5tS256()}, map[string]any{"aud": "https://else.example"}, 50012},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{"iss": r.app.ClientID, "sub": r.app.ClientID, "aud": endpoint, "nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(), "jti": "1"}
			for k, v := range tc.claims {
				claims[k] = v
			}
			form := secretForm(r.app)
			assertion(tc.signer.jwt(t, tc.alg, tc.header, claims))(r, form)
			a := r.tokenRequest(r.app.Tenant, form)
			if tc.code == 0 {
				require.Equal(t, 200, a.Status, a.Text)
				assert.Equal(t, "2", claimsOf(t, a.str("access_token"))["appidacr"])
				return
			}
			requireEntra(t, a, tc.code, "invalid_client", 401)
		})
	}
}

func TestFederatedAssertion(t *testing.T) {
	t.Parallel()
	now := time.Now()
	issuer := newSigner(t, now, now.Add(time.Hour))
	foreign := newSigner(t, now, now.Add(time.Hour))
	const subject, github = "repo:contoso/orders:ref:refs/heads/main", "https://token.actions.githubusercontent.com"
	r := newRig(t, nil, fakegraph.App{Federated: []fakegraph.Federated{
		{Issuer: github, Subject: subject, Keys: []crypto.PublicKey{&issuer.key.PublicKey}},
		{Issuer: "https://unsigned.example", Subject: subject},
	}})
	for name, tc := range map[string]struct {
		signer        signer
		iss, sub, aud string
		exp           time.Time
		code          int
	}{
		"good":               {issuer, github, subject, "api://AzureADTokenExchange", now.Add(time.Minute), 0},
		"signature untested": {foreign, "https://unsigned.example", subject, "api://AzureADTokenExchange", now.Add(time.Minute), 0},
		"issuer":             {issuer, "https://else.example", subject, "api://AzureADTokenExchange", now.Add(time.Minute), 700211},
		"subject":            {issuer, github, "repo:contoso/orders:pull_request", "api://AzureADTokenExchange", now.Add(time.Minute), 700213},
		"case of subject":    {issuer, github, "repo:Contoso/orders:ref:refs/heads/main", "api://AzureADTokenExchange", now.Add(time.Minute), 700213},
		"audience":           {issuer, github, subject, "api://else", now.Add(time.Minute), 700212},
		"expired":            {issuer, github, subject, "api://AzureADTokenExchange", now.Add(-time.Hour), 700024},
		"signature":          {foreign, github, subject, "api://AzureADTokenExchange", now.Add(time.Minute), 50013},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{"iss": tc.iss, "sub": tc.sub, "aud": []string{tc.aud}, "exp": tc.exp.Unix()}
			form := secretForm(r.app)
			assertion(tc.signer.jwt(t, "RS256", map[string]any{"kid": "1"}, claims))(r, form)
			a := r.tokenRequest(r.app.Tenant, form)
			if tc.code == 0 {
				require.Equal(t, 200, a.Status, a.Text)
				return
			}
			requireEntra(t, a, tc.code, "invalid_client", 401)
		})
	}
}

func TestFederatedAssertionByEllipticKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	r := newRig(t, nil, fakegraph.App{Federated: []fakegraph.Federated{{Issuer: "i", Subject: "s", Keys: []crypto.PublicKey{&key.PublicKey}}}})
	text := segment(t, map[string]any{"alg": "ES256"}) + "." + segment(t, map[string]any{"iss": "i", "sub": "s", "aud": "api://AzureADTokenExchange", "exp": time.Now().Add(time.Minute).Unix()})
	sum := sha256.Sum256([]byte(text))
	a, b, err := ecdsa.Sign(rand.Reader, key, sum[:])
	require.NoError(t, err)
	sig := append(a.FillBytes(make([]byte, 32)), b.FillBytes(make([]byte, 32))...)
	form := secretForm(r.app)
	assertion(text+"."+base64.RawURLEncoding.EncodeToString(sig))(r, form)
	require.Equal(t, 200, r.tokenRequest(r.app.Tenant, form).Status)
}
