package keyringvault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
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

// inKeyring marks the process that runs on a session bus of its own, with an unlocked keyring.
const inKeyring = "CLOUDMAIL_TEST_IN_KEYRING"

// TestRealKeyring starts a session bus with GNOME's keyring on it, and the laws in that session.
func TestRealKeyring(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			why := "no " + program + ": install Debian's gnome-keyring and dbus; .ci/vault-server does"
			if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" && runtime.GOOS == "linux" {
				t.Fatal(why)
			}
			t.Skip(why)
		}
	}
	const script = `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" -test.run='^TestRealKeyringLaws$' -test.v`
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", script, os.Args[0])
	home := t.TempDir()
	cmd.Env = append(os.Environ(), inKeyring+"=1", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestRealKeyringLaws")
}

// TestRealKeyringLaws runs in a process of its own, which nobody has given the double.
func TestRealKeyringLaws(t *testing.T) {
	if os.Getenv(inKeyring) == "" {
		t.Skip("runs in the session that TestRealKeyring starts")
	}
	keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
		t.Cleanup(func() { _ = keyring.DeleteAll("cloudmail") })
		return &keyvaulttest.Harness{Vault: keyringvault.New(nil), Put: put(t)}
	})
	_, err := keyringvault.New(nil).Secret(t.Context(), "cloudmail/nobody")
	require.ErrorIs(t, err, keyvault.ErrNotFound)
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
