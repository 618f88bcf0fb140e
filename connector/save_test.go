package connector_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

// hostileNames are 500 names that a mail could give to an attachment so that it lands elsewhere,
// over another file, or under a name that is none.
func hostileNames() []string {
	stems := []string{
		"../", "../../../../tmp/", `..\`, `..\..\`, "/", "/etc/", `C:\`, "C:", `\\host\share\`, "//host/share/", "./", "....//", "a/../../", `a\..\..\`,
		"%2e%2e%2f", "\x00", "..\x00/", "\u202e", "\u200b..", "．．／", "~/", "file:///", "a\r\n", " ", ".",
	}
	ends := []string{
		"report.pdf", "passwd", ".bashrc", "", ".", "..", "con", "NUL.txt", "aux.", "COM1.pdf", "lpt¹", "report.pdf ", "report.pdf.", "report.pdf::$DATA", "REPORT.PDF",
		strings.Repeat("x", 5000) + ".pdf", strings.Repeat("é", 300) + ".pdf", "x." + strings.Repeat("y", 400), "\xff\xfe.bin", `a"b<c>d|e?f*.txt`,
	}
	var out []string
	for _, s := range stems {
		for _, e := range ends {
			out = append(out, s+e)
		}
	}
	return out
}

// withFile is a mail with one attachment of a name that is written in RFC 2231 form.
func withFile(t testing.TB, name, content string) *connector.Attachment {
	t.Helper()
	var enc strings.Builder
	for i := range len(name) {
		fmt.Fprintf(&enc, "%%%02X", name[i])
	}
	m, err := connector.ReadMessage(strings.NewReader("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" +
		"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''" + enc.String() + "\r\n\r\n" + content + "\r\n--b--\r\n"))
	require.NoError(t, err)
	require.Len(t, m.Attachments, 1)
	return m.Attachments[0]
}

func TestSaveHostileNames(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	folder := filepath.Join(top, "in", "side")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "report.pdf"), []byte("mine"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(top, "elsewhere"), filepath.Join(folder, "passwd")))
	dir, err := os.OpenRoot(folder)
	require.NoError(t, err)
	defer dir.Close()

	names := hostileNames()
	require.GreaterOrEqual(t, len(names), 500)
	seen := map[string]bool{}
	for i, name := range names {
		got, err := withFile(t, name, fmt.Sprint("content ", i)).Save(t.Context(), dir)
		require.NoError(t, err, "%q", name)
		assert.False(t, seen[got], "%q twice", got)
		seen[got] = true
		b, err := os.ReadFile(filepath.Join(folder, got))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint("content ", i), string(b))
	}
	b, err := os.ReadFile(filepath.Join(folder, "report.pdf"))
	require.NoError(t, err)
	assert.Equal(t, "mine", string(b), "a file that was there is as it was")
	files := 0
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
			assert.Equal(t, folder, filepath.Dir(path), "outside the folder")
		}
		return err
	}))
	assert.Equal(t, len(names)+2, files)
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"report.pdf": "report.pdf", "Rechnung für März.pdf": "Rechnung für März.pdf", "請求書.pdf": "請求書.pdf",
		"../../x": "x", `..\..\x.exe`: "x.exe", "": "attachment", "..": "attachment", ".bashrc": "bashrc", "a:b.txt": "a_b.txt",
		"con": "_con", "NUL.txt": "_NUL.txt", "com1.tar.gz": "_com1.tar.gz", "invoice\u202efdp.exe": "invoicefdp.exe",
		"a\r\nb\t.txt": "a__b_.txt", "x.txt. . ": "x.txt", "cafe\u0301.txt": "café.txt",
	} {
		assert.Equal(t, want, connector.SafeName(name), "%q", name)
	}
	long := connector.SafeName(strings.Repeat("長", 200) + ".pdf")
	assert.LessOrEqual(t, len(long), 200)
	assert.True(t, strings.HasSuffix(long, ".pdf") && utf8.ValidString(long), long)
}

func FuzzSafeName(f *testing.F) {
	for _, n := range hostileNames()[:60] {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := connector.SafeName(name)
		assert.True(t, filepath.IsLocal(got) && got != "." && !strings.ContainsAny(got, "/\\:\x00"), "%q from %q", got, name)
		assert.True(t, utf8.ValidString(got) && len(got) <= 210, "%q", got)
		assert.Equal(t, got, connector.SafeName(got), "the same when made safe again")
	})
}

func TestSaveWithoutFolder(t *testing.T) {
	t.Parallel()
	dir, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, dir.Close())
	_, err = withFile(t, "a.pdf", "x").Save(t.Context(), dir)
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, `save attachment "a.pdf"`)
}

func ExampleAttachment_Save() {
	folder, err := os.MkdirTemp("", "mails")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	dir, err := os.OpenRoot(folder)
	if err != nil {
		panic(err)
	}
	defer dir.Close()
	m, err := connector.ReadMessage(strings.NewReader("Content-Type: application/pdf; name=\"../bill.pdf\"\r\n\r\n%PDF-1.4"))
	if err != nil {
		panic(err)
	}
	for range 2 {
		name, err := m.Attachments[0].Save(context.Background(), dir)
		fmt.Println(name, err)
	}
	// Output:
	// bill.pdf <nil>
	// bill (2).pdf <nil>
}
