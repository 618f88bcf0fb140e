package filevault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func put(t *testing.T, dir, file, text string) string {
	t.Helper()
	path := filepath.Join(dir, file)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for kind, bounded := range map[string]bool{"bounded": true, "any path": false} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness {
				dir := t.TempDir()
				o := &filevault.Options{}
				if bounded {
					o.Dir = dir
				}
				return &keyvaulttest.Harness{
					Vault: filevault.New(o),
					Put: func(path string, value []byte) string {
						file := put(t, dir, path, string(value))
						if bounded {
							return path
						}
						return strings.NewReplacer("@", "@@", "#", "##").Replace(file)
					},
					CanHold: func(value []byte) bool { return !strings.HasSuffix(string(value), "\n") }, // one is trimmed
				}
			})
		})
	}
}

func TestTrailingNewline(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for text, want := range map[string]string{"x": "x", "x\n": "x", "x\r\n": "x", "x\n\n": "x\n", "x\r": "x\r", "\n": "", "": ""} {
		put(t, dir, "f", text)
		s, err := filevault.New(&filevault.Options{Dir: dir}).Secret(t.Context(), "f")
		require.NoError(t, err)
		assert.Equal(t, want, s.Reveal(), "%q", text)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "a.json", `{"a":{"b":"json"}}`)
	put(t, dir, "plain", `{"a":{"b":"json"}}`)
	put(t, dir, "a.yaml", "a:\n  b: yaml\n  pin: 0123\n  on: yes\n  none:\nlist: [x, y]\nref: &r {k: v}\nagain: *r\n")
	put(t, dir, ".env", "\ufeff# note\nexport A=one # note\nB='two # 2'\nC=\"x\\ny\\\"z\"\n\nD=\nE=a=b#c\nbad line\nF=\"open\nG=\"\\\\n\"\n")
	put(t, dir, "folder/client_secret", "kube\n")
	put(t, dir, "folder/key.json", `{"k":"v"}`)
	put(t, dir, "folder/..data/hidden", "x")
	for name, want := range map[string]string{
		"a.json#a.b": "json", "plain#a.b": "json", "a.yaml#a.b": "yaml", "a.yaml#a.pin": "0123", "a.yaml#a.on": "yes", "a.yaml#list.1": "y", "a.yaml#again.k": "v",
		".env#A": "one", ".env#B": "two # 2", ".env#C": "x\ny\"z", ".env#D": "", ".env#E": "a=b#c", ".env#F": `"open`, ".env#G": `\n`,
		"folder#client_secret": "kube", "folder#key.json": `{"k":"v"}`, "folder": `{"client_secret":"kube","key.json":"{\"k\":\"v\"}"}`,
	} {
		s, err := filevault.New(&filevault.Options{Dir: dir}).Secret(t.Context(), name)
		require.NoError(t, err, name)
		assert.Equal(t, want, s.Reveal(), name)
	}
}

func TestNothingOutside(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "secrets")
	put(t, dir, "inside", "ok")
	outside := put(t, top, "outside", "hunter2")
	names := []string{"../outside", "x/../../outside", outside, filepath.Join(dir, "..", "outside")}
	if os.Symlink(outside, filepath.Join(dir, "link")) == nil {
		names = append(names, "link")
	}
	v := filevault.New(&filevault.Options{Dir: dir})
	for _, name := range names {
		_, err := v.Secret(t.Context(), name)
		require.ErrorIs(t, err, keyvault.ErrConfig, name)
		require.NotContains(t, err.Error(), "hunter2")
		require.ErrorIs(t, v.Write(t.Context(), name, keyvault.NewSecret("x")), keyvault.ErrConfig, name)
	}
	s, err := v.Secret(t.Context(), filepath.Join(dir, "inside"))
	require.NoError(t, err, "an absolute path into the folder is a path in the folder")
	require.Equal(t, "ok", s.Reveal())
	text, err := os.ReadFile(outside)
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(text))
}

func TestKubernetesLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "..2026_01_01/client_secret", "kube")
	if err := os.Symlink("..2026_01_01", filepath.Join(dir, "..data")); err != nil {
		t.Skip("this system makes no symbolic links without a right to it")
	}
	require.NoError(t, os.Symlink(filepath.Join("..data", "client_secret"), filepath.Join(dir, "client_secret")))
	for _, v := range []struct {
		o    *filevault.Options
		name string
	}{{&filevault.Options{Dir: dir}, "client_secret"}, {nil, filepath.Join(dir, "client_secret")}, {nil, dir + "#client_secret"}} {
		s, err := filevault.New(v.o).Secret(t.Context(), v.name)
		require.NoError(t, err, v.name)
		require.Equal(t, "kube", s.Reveal())
	}
}

func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "big", strings.Repeat("x", 1<<20+1))
	put(t, dir, "bad.yaml", "a: [hunter2")
	put(t, dir, "deep.yaml", strings.Repeat("[", 40)+strings.Repeat("]", 40))
	put(t, dir, "list.env", "X")
	v := filevault.New(&filevault.Options{Dir: dir})
	for name, kind := range map[string]error{
		"big": keyvault.ErrConfig, "bad.yaml#a": keyvault.ErrConfig, "deep.yaml#a": keyvault.ErrConfig,
		"list.env#X": keyvault.ErrNotFound, "none/at/all": keyvault.ErrNotFound, "f@1": keyvault.ErrConfig, "big/under": keyvault.ErrConfig,
	} {
		_, err := v.Secret(t.Context(), name)
		require.Error(t, err, name)
		if name != "big/under" { // the systems differ: not found, or not a folder
			require.ErrorIs(t, err, kind, name)
		}
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := filevault.New(&filevault.Options{Dir: filepath.Join(dir, "no")}).Secret(t.Context(), "x")
	require.ErrorIs(t, err, keyvault.ErrNotFound)
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := filevault.New(&filevault.Options{Dir: dir})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	for name, text := range map[string]string{"token": "new\n", "token.json#a.b": "x", "folder#file": "y"} {
		require.NoError(t, v.Write(t.Context(), name, keyvault.NewSecret(text)), name)
		s, err := v.Secret(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, strings.TrimSuffix(text, "\n"), s.Reveal())
	}
	info, err := os.Stat(filepath.Join(dir, "token"))
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	for _, name := range []string{"folder", "folder#a.b/c"} {
		require.ErrorIs(t, v.Write(t.Context(), name, keyvault.NewSecret("x")), keyvault.ErrConfig, name)
	}
	err = v.Write(t.Context(), "no/such/folder", keyvault.NewSecret("x"))
	require.ErrorIs(t, err, keyvault.ErrNotFound)
	left, err := filepath.Glob(filepath.Join(dir, ".token*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left beside the file")
}

func TestARefusedFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Log("root reads every file: only the mapping is shown")
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(put(t, dir, "x", "y"), 0))
	_, err := filevault.New(nil).Secret(t.Context(), filepath.Join(dir, "x"))
	require.ErrorIs(t, err, keyvault.ErrRefused)
}

func Example() {
	dir, err := os.MkdirTemp("", "secrets")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files := filevault.New(&filevault.Options{Dir: dir})
	ctx := context.Background()
	fmt.Println(files.Write(ctx, "mail.json#client_secret", keyvault.NewSecret("correct horse")))
	s, err := files.Secret(ctx, "mail.json#client_secret")
	fmt.Println(s, len(s.Reveal()), err)
	_, err = files.Secret(ctx, "male.json")
	fmt.Println(err, errors.Is(err, keyvault.ErrNotFound))
	// Output:
	// <nil>
	// [secret] 13 <nil>
	// keyvault: file: male.json: not found; make the file, or mount the secret at this path true
}
