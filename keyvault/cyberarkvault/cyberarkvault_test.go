package cyberarkvault_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/cyberarkvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakecyberark"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, fake *fakecyberark.CCP, o cyberarkvault.Options) *cyberarkvault.Vault {
	t.Helper()
	o.URL, o.AppID, o.HTTPClient = "https://ccp.example.com", "MailTests", &http.Client{Transport: fake.RoundTripper()}
	vault, err := cyberarkvault.New(o)
	require.NoError(t, err)
	return vault
}

func TestLaws(t *testing.T) {
	t.Parallel()
	keyvaulttest.RunInBubble(t, func(t *testing.T) *keyvaulttest.Harness {
		fake := fakecyberark.NewCCP(nil)
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		return &keyvaulttest.Harness{
			Vault: open(t, fake, cyberarkvault.Options{}),
			Put: func(path string, value []byte) string {
				fake.Put("Mail", "", path, fakecyberark.Account{Content: string(value), UserName: "qa"})
				return "Mail/" + path
			},
			CanHold:  func(value []byte) bool { return string(value) != "\xff\xfe\x80" }, // JSON holds text
			Refuse:   fake.Deny,
			Down:     toggle(fakehttp.Fault{Status: http.StatusServiceUnavailable, Times: -1}),
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Count("account") },
			Throttle: func(after time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {fmt.Sprint(int(after.Seconds()))}}})
			},
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewCCP(nil)
	fake.Put("Mail Safe", "", "office365", fakecyberark.Account{Content: "one", UserName: "qa@example.com", Properties: map[string]string{"Tenant": "contoso"}})
	fake.Put("Mail Safe", `Root\eu`, "office365", fakecyberark.Account{Content: "two"})
	fake.Put("Mail Safe", "", "both", fakecyberark.Account{Content: `{"client_id":"app"}`, Address: "mail.example.com"})
	for _, row := range []struct {
		o          cyberarkvault.Options
		name, want string
	}{
		{cyberarkvault.Options{}, "Mail Safe/office365", "one"},
		{cyberarkvault.Options{Reason: "tests & more"}, "mail safe/Root/eu/OFFICE365", "two"},
		{cyberarkvault.Options{Safe: "Mail Safe"}, "office365#UserName", "qa@example.com"},
		{cyberarkvault.Options{Safe: "Mail Safe"}, "office365#Tenant", "contoso"},
		{cyberarkvault.Options{Safe: "Mail Safe"}, "both#client_id", "app"},
		{cyberarkvault.Options{Safe: "Mail Safe"}, "both#Address", "mail.example.com"},
	} {
		s, err := open(t, fake, row.o).Secret(t.Context(), row.name)
		require.NoError(t, err, row.name)
		require.Equal(t, row.want, s.Reveal(), row.name)
	}
	before := fake.Counter.Count("account")
	for _, name := range []string{"office365", "/office365", "Mail/"} {
		_, err := open(t, fake, cyberarkvault.Options{}).Secret(t.Context(), name)
		require.ErrorContains(t, err, "write safe/object", name)
	}
	require.Equal(t, before, fake.Counter.Count("account"))
}

func TestErrorsNameTheWayOut(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewCCP(nil)
	fake.Put("Mail", "", "office365", fakecyberark.Account{Content: "hunter2"})
	vault := open(t, fake, cyberarkvault.Options{})
	_, err := vault.Secret(t.Context(), "Mail/none")
	require.EqualError(t, err, "keyvault: cyberark: Mail/none: not found: status 404 APPAP004E; check safe and object, and that both the provider and the application are members of the safe")
	fake.Changing(true)
	_, err = vault.Secret(t.Context(), "Mail/office365")
	require.ErrorIs(t, err, keyvault.ErrUnavailable, "a password that is being changed comes later")
	fake.Changing(false)
	for body, kind := range map[string]error{
		`{"ErrorCode":"APPAP229E","ErrorMsg":"Too many password objects"}`: keyvault.ErrConfig,
		`{"ErrorCode":"APPAP007E","ErrorMsg":"Connection failed"}`:         keyvault.ErrUnavailable,
		`{"ErrorCode":"hunter2","ErrorMsg":"hunter2"}`:                     keyvault.ErrConfig,
		`<html>hunter2`: keyvault.ErrConfig,
	} {
		fake.Faults.Push(fakehttp.Fault{Status: http.StatusBadRequest, Body: body})
		_, err = vault.Secret(t.Context(), "Mail/office365")
		require.ErrorIs(t, err, kind, body)
		require.NotContains(t, err.Error(), "hunter2")
	}
	fake.Faults.Push(fakehttp.Fault{Status: http.StatusOK, Body: "<html>hunter2"})
	_, err = vault.Secret(t.Context(), "Mail/office365")
	require.ErrorContains(t, err, "the answer is no account")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	pem := func(context.Context, string) (string, error) { return "", nil }
	for field, o := range map[string]cyberarkvault.Options{
		"URL":        {URL: "http://ccp.example.com", AppID: "x"},
		"AppID":      {URL: "https://ccp.example.com"},
		"HTTPClient": {URL: "https://ccp.example.com", AppID: "x", HTTPClient: &http.Client{}, Certificate: pem},
	} {
		_, err := cyberarkvault.New(o)
		require.ErrorIs(t, err, keyvault.ErrConfig)
		require.ErrorContains(t, err, ": "+field+": ")
	}
	vault, err := cyberarkvault.New(cyberarkvault.Options{URL: "https://ccp.example.com", AppID: "x",
		Certificate: func(context.Context, string) (string, error) { return "hunter2", nil }})
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), "Mail/office365")
	require.ErrorIs(t, err, keyvault.ErrConfig)
	require.ErrorContains(t, err, "Certificate")
	require.NotContains(t, err.Error(), "hunter2")
}

// certificate makes a client's certificate with its key.
func certificate(t *testing.T, serial int64) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// The application is known by its certificate, which comes from another vault and is renewed there.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewCCP(&fakecyberark.CCPOptions{Serial: "a1"})
	fake.Put("Mail", "", "office365", fakecyberark.Account{Content: "v"})
	server, err := fake.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	files := &keyvaulttest.Memory{}
	files.Put("client.pem", []byte(certificate(t, 0xa1)), time.Time{})
	vault, err := cyberarkvault.New(cyberarkvault.Options{URL: server.URL, AppID: "MailTests", Certificate: keyvault.From(files, "client.pem"), RootCAs: server.CertPool})
	require.NoError(t, err)
	read := func() error { _, err := vault.Secret(t.Context(), "Mail/office365"); return err }
	require.NoError(t, read())
	require.NoError(t, read())
	require.Equal(t, 1, files.Requests())

	fake.Allow("b2")
	require.ErrorIs(t, read(), keyvault.ErrRefused)
	require.Equal(t, 2, files.Requests(), "a refused certificate is read again, once")

	files.Put("client.pem", []byte(certificate(t, 0xb2)), time.Time{})
	fresh, err := cyberarkvault.New(cyberarkvault.Options{URL: server.URL, AppID: "MailTests", Certificate: keyvault.From(files, "client.pem"), RootCAs: server.CertPool})
	require.NoError(t, err)
	_, err = fresh.Secret(t.Context(), "Mail/office365")
	require.NoError(t, err)
	files.Put("client.pem", []byte(certificate(t, 0xc3)), time.Time{})
	fake.Allow("c3")
	_, err = fresh.Secret(t.Context(), "Mail/office365")
	require.NoError(t, err, "the renewed certificate is shown on a new connection")

	plain, err := cyberarkvault.New(cyberarkvault.Options{URL: server.URL, AppID: "MailTests", RootCAs: server.CertPool})
	require.NoError(t, err)
	_, err = plain.Secret(t.Context(), "Mail/office365")
	require.ErrorIs(t, err, keyvault.ErrRefused)
	untrusted, err := cyberarkvault.New(cyberarkvault.Options{URL: server.URL, AppID: "MailTests"})
	require.NoError(t, err)
	_, err = untrusted.Secret(t.Context(), "Mail/office365")
	require.ErrorIs(t, err, keyvault.ErrUnavailable)
	require.ErrorContains(t, err, "certificate")
}

func Example() {
	fake := fakecyberark.NewCCP(nil) // a real program gives Certificate, and no HTTPClient
	fake.Put("Mail-Safe", "", "office365", fakecyberark.Account{Content: "correct horse", UserName: "app-1"})
	vault, err := cyberarkvault.New(cyberarkvault.Options{
		URL:        "https://ccp.example.com",
		AppID:      "MailTests",
		HTTPClient: &http.Client{Transport: fake.RoundTripper()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	secret, err := keyvault.From(vault, "Mail-Safe/office365")(ctx, "")
	fmt.Println(len(secret), err)
	id, err := keyvault.From(vault, "Mail-Safe/office365#UserName")(ctx, "")
	fmt.Println(id, err)
	_, err = vault.Secret(ctx, "Mail-Safe/office")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// app-1 <nil>
	// keyvault: cyberark: Mail-Safe/office: not found: status 404 APPAP004E; check safe and object, and that both the provider and the application are members of the safe
}
