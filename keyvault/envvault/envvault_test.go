package envvault_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/envvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/require"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	keyvaulttest.Run(t, func(*testing.T) *keyvaulttest.Harness {
		var vars sync.Map
		lookup := func(name string) (string, bool) {
			v, ok := vars.Load(name)
			if !ok {
				return "", false
			}
			return v.(string), true
		}
		return &keyvaulttest.Harness{
			Vault:   envvault.New(&envvault.Options{Lookup: lookup}),
			Put:     func(path string, value []byte) string { vars.Store(path, string(value)); return path },
			CanHold: func(value []byte) bool { return !bytes.Contains(value, []byte{0}) }, // POSIX environ(7)
		}
	})
}

func TestTheProcess(t *testing.T) {
	t.Setenv("CLOUDMAIL_TEST_SECRET", " hunter2\n")
	s, err := envvault.New(nil).Secret(t.Context(), "CLOUDMAIL_TEST_SECRET")
	require.NoError(t, err)
	require.Equal(t, " hunter2\n", s.Reveal())
	s, err = envvault.New(&envvault.Options{Prefix: "CLOUDMAIL_"}).Secret(t.Context(), "TEST_SECRET")
	require.NoError(t, err)
	require.Equal(t, " hunter2\n", s.Reveal())
	t.Setenv("CLOUDMAIL_TEST_SECRET", "")
	_, err = keyvault.From(envvault.New(nil), "CLOUDMAIL_TEST_SECRET")(t.Context(), "")
	require.ErrorIs(t, err, keyvault.ErrEmpty)
}

func Example() {
	env := envvault.New(&envvault.Options{Lookup: func(name string) (string, bool) { return "correct horse", name == "MAIL_SECRET" }})
	s, err := env.Secret(context.Background(), "MAIL_SECRET")
	fmt.Println(s, err)
	_, err = env.Secret(context.Background(), "MAIL_SECRT")
	fmt.Println(err)
	// Output:
	// [secret] <nil>
	// keyvault: env: MAIL_SECRT: not found; set the environment variable MAIL_SECRT
}
