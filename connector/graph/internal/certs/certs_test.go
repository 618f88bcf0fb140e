package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"
)

func selfSigned(t *testing.T, key crypto.Signer, name string) *x509.Certificate {
	t.Helper()
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestParse(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cert, ca := selfSigned(t, key, "app"), selfSigned(t, other, "ca")
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	modern, err := pkcs12.Modern.Encode(key, cert, []*x509.Certificate{ca}, "pw")
	require.NoError(t, err)
	legacy, err := pkcs12.Legacy.Encode(key, cert, nil, "")
	require.NoError(t, err)
	certPEM, caPEM, keyPEM := encode("CERTIFICATE", cert.Raw), encode("CERTIFICATE", ca.Raw), encode("PRIVATE KEY", pkcs8)
	for name, c := range map[string]struct{ text, password string }{
		"PEM, certificate first": {certPEM + keyPEM, ""},
		"PEM, chain first":       {keyPEM + caPEM + certPEM, ""},
		"PEM, PKCS#1":            {certPEM + encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), ""},
		"PFX of OpenSSL 3":       {base64.StdEncoding.EncodeToString(modern), "pw"},
		"PFX, old, no password":  {base64.StdEncoding.EncodeToString(legacy), ""},
	} {
		list, k, err := Parse(c.text, c.password)
		if assert.NoError(t, err, name) {
			assert.Equal(t, "app", list[0].Subject.CommonName, name)
			assert.True(t, key.Equal(k), name)
		}
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	curveDER, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":       {"", "cannot be read"},
		"no base64":     {"§§", "neither PEM"},
		"no key":        {certPEM, "no PRIVATE KEY"},
		"no cert":       {keyPEM, "no CERTIFICATE"},
		"foreign cert":  {caPEM + keyPEM, "no certificate belongs"},
		"curve":         {encode("CERTIFICATE", selfSigned(t, curve, "x").Raw) + encode("PRIVATE KEY", curveDER), "RSA"},
		"encrypted":     {certPEM + encode("ENCRYPTED PRIVATE KEY", []byte{1}), "encrypted"},
		"wrong pw":      {base64.StdEncoding.EncodeToString(modern), "password"},
		"malformed PEM": {encode("CERTIFICATE", []byte{1}) + keyPEM, "malformed"},
	} {
		_, _, err := Parse(c.text, "wrong")
		assert.ErrorContains(t, err, c.want, name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "pw")
	f.Add("MIIB", "")
	f.Fuzz(func(t *testing.T, text, password string) {
		if list, key, err := Parse(text, password); err == nil && (len(list) == 0 || key == nil) {
			t.Fatal("neither an error nor a certificate")
		}
	})
}
