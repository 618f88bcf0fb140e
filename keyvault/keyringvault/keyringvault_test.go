package keyringvault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyringvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"
)

func put(t *testing.T) func(string, []byte) string {
	return func(path string, value []byte) string {
		require.NoError(t, keyring.Set("cloudmail", path, string(value)))
		return "cloudmail/" + path
	}
}

// The keyring of the library's own test double is process-wide: these tests are not parallel.
func TestLaws(t *testing.T) {
	keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
		keyring.MockInit()
		fail := func(err error) func(bool) {
			return func(on bool) {
				if on {
					keyring.MockInitWithError(err)
					return
				}
				keyring.MockInit()
				put(t)("mail-one", []byte("value"))
			}
		}
		return &keyvaulttest.Harness{
			Vault: keyringvault.New(nil), Put: put(t),
			Refuse: fail(errors.New("prompt dismissed")),
			Down:   fail(errors.New("dial unix /run/user/0/bus: connect: connection refused")),
		}
	})
}

func TestService(t *testing.T) {
	keyring.MockInit()
	put(t)("qa@example.com", []byte("value"))
	s, err := keyringvault.New(&keyringvault.Options{Service: "cloudmail"}).Secret(t.Context(), "qa@@example.com")
	require.NoError(t, err)
	require.Equal(t, "value", s.Reveal())
	for _, name := range []string{"qa", "/qa", "cloudmail/"} {
		_, err = keyringvault.New(nil).Secret(t.Context(), name)
		require.ErrorContains(t, err, "write service/user", name)
	}
}

func TestErrors(t *testing.T) {
	for _, row := range []struct{ err, kind error }{
		{&exec.Error{Name: "dbus-launch", Err: exec.ErrNotFound}, keyvault.ErrConfig},
		{keyring.ErrUnsupportedPlatform, keyvault.ErrConfig},
		{keyring.ErrSetDataTooBig, keyvault.ErrConfig},
		{errors.New("something else"), keyvault.ErrUnavailable},
	} {
		keyring.MockInitWithError(row.err)
		_, err := keyringvault.New(nil).Secret(t.Context(), "a/b")
		require.ErrorIs(t, err, row.kind)
		require.ErrorIs(t, err, row.err)
		require.ErrorIs(t, keyringvault.New(nil).Write(t.Context(), "a/b#c", keyvault.NewSecret("x")), row.kind)
	}
}

// TestRealKeyring runs where a session bus and a keyring are: CLOUDMAIL_KEYRING=1.
func TestRealKeyring(t *testing.T) {
	if os.Getenv("CLOUDMAIL_KEYRING") == "" {
		t.Skip("no keyring: set CLOUDMAIL_KEYRING=1 under dbus-run-session with gnome-keyring-daemon (Debian: gnome-keyring, dbus)")
	}
	out, err := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRealKeyringLaws$", "-test.v").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestRealKeyringLaws")
}

// TestRealKeyringLaws runs in a process of its own, which nobody has given the double.
func TestRealKeyringLaws(t *testing.T) {
	if os.Getenv("CLOUDMAIL_KEYRING") == "" || !strings.Contains(strings.Join(os.Args, " "), "TestRealKeyringLaws") {
		t.Skip("runs through TestRealKeyring, with CLOUDMAIL_KEYRING=1")
	}
	keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
		t.Cleanup(func() { _ = keyring.DeleteAll("cloudmail") })
		return &keyvaulttest.Harness{Vault: keyringvault.New(nil), Put: put(t)}
	})
}

func Example() {
	keyring.MockInit() // a real program leaves this line out
	vault := keyringvault.New(nil)
	ctx := context.Background()
	fmt.Println(vault.Write(ctx, "cloudmail/qa", keyvault.NewSecret("correct horse")))
	s, err := vault.Secret(ctx, "cloudmail/qa")
	fmt.Println(s, len(s.Reveal()), err)
	// Output:
	// <nil>
	// [secret] 13 <nil>
}
