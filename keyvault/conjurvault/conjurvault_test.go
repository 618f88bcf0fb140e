package conjurvault_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/conjurvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakecyberark"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/stretchr/testify/require"
)

func literal(value string) conjurvault.Credential {
	return func(context.Context, string) (string, error) { return value, nil }
}

func open(t *testing.T, fake *fakecyberark.Conjur, login conjurvault.Login) *conjurvault.Vault {
	t.Helper()
	vault, err := conjurvault.New(&conjurvault.Options{URL: "https://conjur.example.com", Account: fakecyberark.ConjurAccount, Login: login,
		HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
	require.NoError(t, err)
	return vault
}

func TestLaws(t *testing.T) {
	t.Parallel()
	keyvaulttest.RunInBubble(t, func(t *testing.T) *keyvaulttest.Harness {
		fake := fakecyberark.NewConjur()
		fake.APIKey("host/mail-tests", "key")
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		return &keyvaulttest.Harness{
			Vault: open(t, fake, conjurvault.APIKey{ID: "host/mail-tests", Key: literal("key")}),
			Put:   func(path string, value []byte) string { fake.Put("qa/"+path, string(value)); return "qa/" + path },
			Versions: func(path string, values ...string) (names []string) {
				for _, v := range values {
					names = append(names, fmt.Sprint("qa/", path, "@", fake.Put("qa/"+path, v)))
				}
				return names
			},
			Refuse:   fake.Deny,
			Down:     toggle(fakehttp.Fault{Status: http.StatusServiceUnavailable, Times: -1}),
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Count("read") },
			Throttle: func(after time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Kind: "read", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {fmt.Sprint(int(after.Seconds()))}}})
			},
		}
	})
}

func TestLogins(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewConjur()
	fake.Put("qa/mail secret+x", "v")
	fake.APIKey("host/qa/mail-tests", "key")
	fake.JWT("github", "", "job")
	fake.JWT("k8s", "host/qa/pod", "pod")
	for name, login := range map[string]conjurvault.Login{
		"APIKey":       conjurvault.APIKey{ID: "host/qa/mail-tests", Key: literal("key")},
		"JWT":          conjurvault.JWT{Service: "github", Token: literal("job")},
		"JWT and host": conjurvault.JWT{Service: "k8s", Host: "host/qa/pod", Token: literal("pod")},
	} {
		vault := open(t, fake, login)
		for range 2 {
			s, err := vault.Secret(t.Context(), "qa/mail secret+x")
			require.NoError(t, err, name)
			require.Equal(t, "v", s.Reveal())
		}
	}
	require.Equal(t, 3, fake.Counter.Count("login"), "one login each")
}

// A token that ended is replaced by one login, and a rotated key is read once.
func TestDeadTokens(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewConjur()
	fake.Put("qa/mail", "v")
	fake.APIKey("host/qa", "one")
	keys := &keyvaulttest.Memory{}
	keys.Put("key", []byte("one"), time.Time{})
	vault := open(t, fake, conjurvault.APIKey{ID: "host/qa", Key: keyvault.From(keys, "key")})
	read := func() error { _, err := vault.Secret(t.Context(), "qa/mail"); return err }
	require.NoError(t, read())
	fake.Revoke()
	require.NoError(t, read())
	require.Equal(t, 2, fake.Counter.Count("login"))
	fake.APIKey("host/qa", "two")
	keys.Put("key", []byte("two"), time.Time{})
	fake.Revoke()
	require.NoError(t, read())
	require.Equal(t, 4, fake.Counter.Count("login"), "one refused, one granted")
	require.Equal(t, 2, keys.Requests())
}

func TestErrorsNameTheWayOut(t *testing.T) {
	t.Parallel()
	fake := fakecyberark.NewConjur()
	fake.APIKey("host/qa", "key")
	_, err := open(t, fake, conjurvault.APIKey{ID: "host/qa", Key: literal("hunter2")}).Secret(t.Context(), "qa/mail")
	require.EqualError(t, err, "keyvault: conjur: login: refused: status 401; check the URL, the account, the login and its key; an authenticator must be enabled on the server")
	vault := open(t, fake, conjurvault.APIKey{ID: "host/qa", Key: literal("key")})
	_, err = vault.Secret(t.Context(), "qa/mail")
	require.EqualError(t, err, "keyvault: conjur: qa/mail: not found: status 404; conjur list -k variable shows the variables; one that was never set has no value")
	_, err = vault.Secret(t.Context(), "qa/mail@first")
	require.ErrorContains(t, err, "a version is a number, as in qa/mail@1")
	for field, o := range map[string]conjurvault.Options{
		"URL":           {URL: "http://conjur.example.com", Account: "a"},
		"Account":       {URL: "https://conjur.example.com"},
		"Login.ID":      {URL: "https://conjur.example.com", Account: "a"},
		"Login.Key":     {URL: "https://conjur.example.com", Account: "a", Login: conjurvault.APIKey{ID: "host/qa"}},
		"Login.Service": {URL: "https://conjur.example.com", Account: "a", Login: conjurvault.JWT{}},
		"Login.Token":   {URL: "https://conjur.example.com", Account: "a", Login: conjurvault.JWT{Service: "github"}},
	} {
		_, err := conjurvault.New(&o)
		require.ErrorIs(t, err, keyvault.ErrConfig, field)
		require.ErrorContains(t, err, ": "+field+": ")
	}
}

// The variables that CyberArk's own tools read.
func TestEnvironment(t *testing.T) {
	fake := fakecyberark.NewConjur()
	fake.Put("qa/mail", "v")
	fake.APIKey("host/qa", "key")
	server, err := fake.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, server.CAPEM, 0o600))
	for name, value := range map[string]string{"CONJUR_APPLIANCE_URL": server.URL + "/api", "CONJUR_ACCOUNT": fakecyberark.ConjurAccount,
		"CONJUR_AUTHN_LOGIN": "host/qa", "CONJUR_AUTHN_API_KEY": "key", "CONJUR_CERT_FILE": file} {
		t.Setenv(name, value)
	}
	read := func() error {
		vault, err := conjurvault.New(nil)
		if err == nil {
			_, err = vault.Secret(t.Context(), "qa/mail")
		}
		return err
	}
	require.NoError(t, read())
	t.Setenv("CONJUR_CERT_FILE", "")
	require.ErrorIs(t, read(), keyvault.ErrUnavailable, "a server that is not trusted")
	t.Setenv("CONJUR_SSL_CERTIFICATE", string(server.CAPEM))
	require.NoError(t, read())
	t.Setenv("CONJUR_SSL_CERTIFICATE", "none")
	require.ErrorIs(t, read(), keyvault.ErrConfig)
	t.Setenv("CONJUR_SSL_CERTIFICATE", "")
	t.Setenv("CONJUR_CERT_FILE", filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, read(), keyvault.ErrConfig)
}

func Example() {
	fake := fakecyberark.NewConjur() // a real program passes nil options, or names its server
	fake.Put("qa/mail/client-secret", "correct horse")
	fake.JWT("github", "", "job-token")
	vault, err := conjurvault.New(&conjurvault.Options{
		URL:        "https://conjur.example.com",
		Account:    "contoso",
		Login:      conjurvault.JWT{Service: "github", Token: literal("job-token")}, // conjurvault.GitHubToken("conjur", nil)
		HTTPClient: &http.Client{Transport: fake.RoundTripper()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	secret, err := keyvault.From(vault, "qa/mail/client-secret")(context.Background(), "")
	fmt.Println(len(secret), err)
	_, err = vault.Secret(context.Background(), "qa/mail/secret")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// keyvault: conjur: qa/mail/secret: not found: status 404; conjur list -k variable shows the variables; one that was never set has no value
}
