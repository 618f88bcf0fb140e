package gcpvault_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/gcpvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegcp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/stretchr/testify/require"
)

func literal(value []byte) gcpvault.Credential {
	return func(context.Context, string) (string, error) { return string(value), nil }
}

func open(t *testing.T, key func(*fakegcp.Fake) []byte) (*gcpvault.Vault, *fakegcp.Fake) {
	t.Helper()
	fake, err := fakegcp.New()
	require.NoError(t, err)
	vault, err := gcpvault.New(&gcpvault.Options{Project: "contoso", Key: literal(key(fake)), HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
	require.NoError(t, err)
	return vault, fake
}

func TestLaws(t *testing.T) {
	keyvaulttest.RunInBubble(t, func(t *testing.T) *keyvaulttest.Harness {
		vault, fake := open(t, (*fakegcp.Fake).Key)
		toggle := func(f fakehttp.Fault) func(bool) {
			return func(on bool) {
				fake.Faults.Clear()
				if on {
					fake.Faults.Push(f)
				}
			}
		}
		put := func(path string, value []byte) (string, int) {
			name := "projects/contoso/secrets/" + path
			return name, fake.Put(name, value)
		}
		return &keyvaulttest.Harness{
			Vault: vault,
			Put:   func(path string, value []byte) string { name, _ := put(path, value); return name },
			Versions: func(path string, values ...string) (names []string) {
				for _, v := range values {
					name, n := put(path, []byte(v))
					names = append(names, fmt.Sprint(name, "@", n))
				}
				return names
			},
			Refuse:   fake.Deny,
			Down:     toggle(fakehttp.Fault{Status: http.StatusServiceUnavailable, Times: -1}),
			Hang:     toggle(fakehttp.Fault{Hang: true, Times: -1}),
			Requests: func() int { return fake.Counter.Total().Requests - fake.Counter.Count("token") },
			Throttle: func(after time.Duration) {
				fake.Faults.Push(fakehttp.Fault{Kind: "access", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {fmt.Sprint(int(after.Seconds()))}}})
			},
		}
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	vault, fake := open(t, (*fakegcp.Fake).Key)
	fake.Put("projects/contoso/secrets/mail", []byte("v"))
	read := func() {
		s, err := vault.Secret(t.Context(), "mail")
		require.NoError(t, err)
		require.Equal(t, "v", s.Reveal())
		require.Equal(t, "1", s.Version())
	}
	read()
	read()
	require.Equal(t, 1, fake.Counter.Count("token"))
	fake.Revoke()
	read()
	require.Equal(t, 2, fake.Counter.Count("token"), "a refused token is replaced once")
}

func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	other, err := fakegcp.New()
	require.NoError(t, err)
	vault, _ := open(t, func(*fakegcp.Fake) []byte { return other.Key() })
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrRefused)
	require.ErrorContains(t, err, "invalid_grant")
	vault, fake := open(t, func(*fakegcp.Fake) []byte { return []byte(`{"hunter2":`) })
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrConfig)
	require.NotContains(t, err.Error(), "hunter2")
	require.Zero(t, fake.Counter.Total().Requests)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	vault, fake := open(t, (*fakegcp.Fake).Key)
	fake.Put("projects/contoso/secrets/off", []byte("v"))
	fake.Disable("projects/contoso/secrets/off")
	_, err := vault.Secret(t.Context(), "off")
	require.ErrorIs(t, err, keyvault.ErrNotFound)
	require.ErrorContains(t, err, "enable the version")
	for _, name := range []string{"projects/p", "projects/p/secrets/a/versions/3", "a.b"} {
		_, err := vault.Secret(t.Context(), name)
		require.ErrorIs(t, err, keyvault.ErrConfig, name)
	}
}

func Example() {
	fake, err := fakegcp.New() // a real program passes nil options
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Put("projects/contoso/secrets/mail", []byte("correct horse"))
	vault, err := gcpvault.New(&gcpvault.Options{Key: literal(fake.Key()), HTTPClient: &http.Client{Transport: fake.RoundTripper()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := keyvault.From(vault, "projects/contoso/secrets/mail")(context.Background(), "")
	fmt.Println(len(value), err)
	_, err = vault.Secret(context.Background(), "mail")
	fmt.Println(err)
	// Output:
	// 13 <nil>
	// keyvault: gcp: mail: the configuration is wrong; write projects/<project>/secrets/<secret>, and a version after an @
}
