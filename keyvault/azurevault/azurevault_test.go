package azurevault_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/azurevault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeazurevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"
)

// token is a credential that needs no network.
type token string

func (t token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func open(fake *fakeazurevault.Fake, cred azcore.TokenCredential) (*azurevault.Vault, error) {
	return azurevault.New(azurevault.Options{URL: "https://contoso.vault.azure.net/", Credential: cred, HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
}

func TestLaws(t *testing.T) {
	keyvaulttest.RunInBubble(t, func(t *testing.T) *keyvaulttest.Harness {
		fake := fakeazurevault.New(nil)
		vault, err := open(fake, token("token"))
		require.NoError(t, err)
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		put := func(path string, s fakeazurevault.Secret) string { fake.Put(path, s); return path }
		return &keyvaulttest.Harness{
			Vault:   vault,
			Put:     func(path string, value []byte) string { return put(path, fakeazurevault.Secret{Value: string(value)}) },
			CanHold: func(value []byte) bool { return string(value) != "\xff\xfe\x80" }, // JSON holds text
			Versions: func(path string, values ...string) (names []string) {
				for _, v := range values {
					names = append(names, path+"@"+fake.Put(path, fakeazurevault.Secret{Value: v}))
				}
				return names
			},
			Expiring: func(path, value string, at time.Time) string {
				return put(path, fakeazurevault.Secret{Value: value, Expires: at})
			},
			Refuse:   fake.Refuse,
			Down:     toggle(fakehttp.Fault{Status: http.StatusServiceUnavailable, Times: -1}),
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Count("read") + fake.Counter.Count("write") },
			Throttle: func(after time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Kind: "read", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {fmt.Sprint(int(after.Seconds()))}}})
			},
		}
	})
}

func certificate(t *testing.T) (pfx []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pfx, err = pkcs12.Modern.Encode(key, cert, nil, "")
	require.NoError(t, err)
	return pfx, key
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	fake := fakeazurevault.New(nil)
	vault, err := open(fake, token("token"))
	require.NoError(t, err)
	read := func(name string) string {
		s, err := vault.Secret(t.Context(), name)
		require.NoError(t, err, name)
		return s.Reveal()
	}
	pfx, key := certificate(t)
	fake.Put("pfx", fakeazurevault.Secret{Value: base64.StdEncoding.EncodeToString(pfx), ContentType: "application/x-pkcs12"})
	require.Equal(t, string(pfx), read("pfx#pfx"))
	pair, err := tls.X509KeyPair([]byte(read("pfx#certificate")), []byte(read("pfx#key")))
	require.NoError(t, err)
	require.True(t, key.Equal(pair.PrivateKey))
	all := read("pfx#pem")
	require.Equal(t, read("pfx#key")+read("pfx#certificate"), all)

	fake.Put("pem", fakeazurevault.Secret{Value: all, ContentType: "application/x-pem-file"})
	for _, field := range []string{"pem", "key", "certificate"} {
		require.Equal(t, read("pfx#"+field), read("pem#"+field))
	}
	require.Equal(t, all, read("pem"))

	_, err = vault.Secret(t.Context(), "pfx#password")
	require.ErrorIs(t, err, keyvault.ErrNotFound)
	for _, bad := range []string{"no base64!", "bm8gcGZ4"} {
		fake.Put("bad", fakeazurevault.Secret{Value: bad, ContentType: "application/x-pkcs12"})
		_, err = vault.Secret(t.Context(), "bad#pem")
		require.ErrorIs(t, err, keyvault.ErrConfig)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	fake := fakeazurevault.New(nil)
	fake.Put("mail", fakeazurevault.Secret{Value: "v", Disabled: true})
	vault, err := open(fake, token("stale"))
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrRefused, "a token that the vault does not take")
	vault, err = open(fake, token("token"))
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrRefused, "a secret that is disabled")
	var sdk *azcore.ResponseError
	require.ErrorAs(t, err, &sdk)
	require.EqualError(t, err, "keyvault: azure: mail: refused: status 403 Forbidden; give the caller the role Key Vault Secrets User, open the vault's firewall to it, and see that the secret is enabled")
}

func TestBadNamesCostNothing(t *testing.T) {
	t.Parallel()
	fake := fakeazurevault.New(nil)
	vault, err := open(fake, token("token"))
	require.NoError(t, err)
	for _, name := range []string{"a/b", "a_b", "ä", strings.Repeat("a", 128), "a@x/y"} {
		_, err := vault.Secret(t.Context(), name)
		require.ErrorIs(t, err, keyvault.ErrConfig, name)
	}
	require.ErrorIs(t, vault.Write(t.Context(), "mail", keyvault.NewSecret("\xff\xfe")), keyvault.ErrConfig)
	require.Zero(t, fake.Counter.Total().Requests)
	for _, url := range []string{"", "http://contoso.vault.azure.net", "contoso"} {
		_, err := azurevault.New(azurevault.Options{URL: url})
		require.ErrorIs(t, err, keyvault.ErrConfig, url)
	}
}

func Example() {
	fake := fakeazurevault.New(nil) // a real program leaves Credential and HTTPClient out
	fake.Put("mail-client-secret", fakeazurevault.Secret{Value: "correct horse"})
	vault, err := azurevault.New(azurevault.Options{
		URL:        "https://contoso.vault.azure.net",
		Credential: token("token"),
		HTTPClient: &http.Client{Transport: fake.RoundTripper()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := keyvault.From(vault, "mail-client-secret")(context.Background(), "")
	fmt.Println(len(value), err)
	_, err = vault.Secret(context.Background(), "mail-secret")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// keyvault: azure: mail-secret: not found: status 404 SecretNotFound; az keyvault secret list shows the names; a deleted secret can be recovered
}
