package execvault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/execvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary the program that the tests run: it prints a file.
func TestMain(m *testing.M) {
	if dir := os.Getenv("EXECVAULT_SHELF"); dir != "" {
		os.Exit(shelf(dir, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func shelf(dir string, args []string) int {
	marked := func(name string) bool { _, err := os.Stat(filepath.Join(dir, "."+name)); return err == nil }
	fmt.Fprintln(os.Stderr, "the shelf talks")
	if os.Getenv("SHELF_CHILD") != "" {
		<-time.After(20 * time.Second)
		return 0
	}
	if marked("parent") {
		child := exec.Command(os.Args[0])
		child.Env, child.Stdout = append(os.Environ(), "SHELF_CHILD=1"), os.Stdout
		_ = child.Start()
	}
	switch {
	case marked("refuse"), marked("token") && os.Getenv("SHELF_TOKEN") != "second":
		return 4
	case marked("down"):
		return 5
	case marked("hang"):
		<-time.After(time.Hour)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 9
	}
	fmt.Fprint(f, ".")
	_ = f.Close()
	text, err := os.ReadFile(filepath.Join(dir, args[len(args)-1]))
	if err != nil {
		return 3
	}
	_, _ = os.Stdout.Write(append(text, '\n'))
	return 0
}

func options(dir string) execvault.Options {
	return execvault.Options{
		Command: []string{os.Args[0], "get", "{}"},
		Env:     append(os.Environ(), "EXECVAULT_SHELF="+dir, "GORACE=atexit_sleep_ms=0"), // else each run takes a second
		Codes:   map[int]error{3: keyvault.ErrNotFound, 4: keyvault.ErrRefused, 5: keyvault.ErrUnavailable},
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
		dir := t.TempDir()
		vault, err := execvault.New(options(dir))
		require.NoError(t, err)
		mark := func(name string) func(bool) {
			return func(on bool) {
				if !on {
					require.NoError(t, os.Remove(filepath.Join(dir, "."+name)))
					return
				}
				require.NoError(t, os.WriteFile(filepath.Join(dir, "."+name), nil, 0o600))
			}
		}
		return &keyvaulttest.Harness{
			Vault: vault,
			Put: func(path string, value []byte) string {
				require.NoError(t, os.WriteFile(filepath.Join(dir, path), value, 0o600))
				return path
			},
			Refuse: mark("refuse"), Down: mark("down"), Hang: mark("hang"),
			Requests: func() int {
				log, _ := os.ReadFile(filepath.Join(dir, ".log"))
				return len(log)
			},
		}
	})
}

// TestPipesThatStayOpen runs programs whose child holds their output open. One that ended by itself has more time for it
// to be read than one that a context ended.
func TestPipesThatStayOpen(t *testing.T) {
	t.Parallel()
	took := func(ctx context.Context, want error, marks ...string) time.Duration {
		dir := t.TempDir()
		for _, name := range append(marks, "mail") {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		}
		vault, err := execvault.New(options(dir))
		require.NoError(t, err)
		began := time.Now()
		_, err = vault.Secret(ctx, "mail")
		require.ErrorIs(t, err, want)
		return time.Since(began)
	}
	patient := took(t.Context(), keyvault.ErrConfig, ".parent")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
	defer cancel()
	require.Less(t, took(ctx, context.DeadlineExceeded, ".parent", ".hang"), patient)
}

func TestArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a b; $(x)"), []byte("value"), 0o600))
	for _, command := range [][]string{{os.Args[0]}, {os.Args[0], "x", "{}"}} {
		o := options(dir)
		o.Command = command
		vault, err := execvault.New(o)
		require.NoError(t, err)
		s, err := vault.Secret(t.Context(), "a b; $(x)")
		require.NoError(t, err)
		require.Equal(t, "value", s.Reveal(), "no shell has read the name")
		_, err = vault.Secret(t.Context(), "--help")
		require.ErrorIs(t, err, keyvault.ErrConfig)
	}
}

// A token from another vault that the program refuses is asked for anew, once, and the program run again.
func TestSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mail"), []byte("value"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".token"), nil, 0o600))
	var asked []string
	tokens := map[string]string{"": "first", "first": "second"}
	o := options(dir)
	o.Secrets = map[string]execvault.Credential{"SHELF_TOKEN": func(_ context.Context, refused string) (string, error) {
		asked = append(asked, refused)
		return tokens[refused], nil
	}}
	vault, err := execvault.New(o)
	require.NoError(t, err)
	s, err := vault.Secret(t.Context(), "mail")
	require.NoError(t, err)
	require.Equal(t, "value", s.Reveal())
	require.Equal(t, []string{"", "first"}, asked)

	tokens["first"] = "first"
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrRefused, "the same token again is not tried")
	require.Len(t, asked, 4)

	o.Secrets = map[string]execvault.Credential{"SHELF_TOKEN": func(context.Context, string) (string, error) { return "", errors.New("no such entry") }}
	vault, err = execvault.New(o)
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), "mail")
	require.ErrorContains(t, err, "no such entry")
	for name, ask := range map[string]execvault.Credential{"": o.Secrets["SHELF_TOKEN"], "A=B": o.Secrets["SHELF_TOKEN"], "A": nil} {
		o.Secrets = map[string]execvault.Credential{name: ask}
		_, err = execvault.New(o)
		require.ErrorIs(t, err, keyvault.ErrConfig, name)
	}
}

func TestLimitAndStderr(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "big"), []byte(strings.Repeat("hunter2", 100)), 0o600))
	o := options(dir)
	var said bytes.Buffer
	o.Limit, o.Stderr = 100, &said
	vault, err := execvault.New(o)
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), "big")
	require.ErrorIs(t, err, keyvault.ErrConfig)
	require.ErrorContains(t, err, "more than 100 bytes")
	require.NotContains(t, err.Error(), "hunter2")
	require.Contains(t, said.String(), "the shelf talks")
}

func TestBadCommand(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{nil, {""}, {"no-such-program-anywhere"}} {
		_, err := execvault.New(execvault.Options{Command: command})
		require.ErrorIs(t, err, keyvault.ErrConfig)
	}
}

func Example() {
	vault, err := execvault.New(execvault.Options{Command: []string{"go", "env", "{}"}}) // a real one: pass show {}
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := vault.Secret(context.Background(), "GOVERSION")
	fmt.Println(s, strings.HasPrefix(s.Reveal(), "go"), err)
	_, err = execvault.New(execvault.Options{Command: []string{"no-such-password-manager", "show", "{}"}})
	fmt.Println(err)
	// Output:
	// [secret] true <nil>
	// keyvault: exec: the configuration is wrong: the program no-such-password-manager was not found; install the program, or give its full path as Options.Command[0]
}
