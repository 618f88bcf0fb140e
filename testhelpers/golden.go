package testhelpers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// UpdateGolden is the environment variable that has golden files written: CLOUDMAIL_UPDATE_GOLDEN=1.
// A flag would have to be one of the test binary, where it could meet one of the tests' own.
const UpdateGolden = "CLOUDMAIL_UPDATE_GOLDEN"

// Golden says how a mail is compared with its file. Nil, and each zero field, is the default.
type Golden struct {
	Dir     string   // the folder of the files, below the test's; "testdata/golden"
	Headers []string // the fields that count, in this order; From, To, Cc, Reply-To and Subject
	Without []string // parts that do not count: "text", "shown", "html", "links", "attachments"
	Masks   []Mask   // beside [DefaultMasks], and before them
	Exact   bool     // Masks alone
	Update  bool     // the file is written, as by the environment variable
}

// AssertGolden fails the test unless the mail is as it was when its file was written, but for what is
// masked: one-time codes, tokens in links, dates, times, ids and the tags of addresses. The name is
// that of the file without .txt, with / for folders. The file is a text to be read and committed:
// the header, the text, what the HTML shows, the HTML in one form, links, and attachments with size
// and hash. A failure shows what differs.
//
// With CLOUDMAIL_UPDATE_GOLDEN=1 the file is written. A file that was not there is written too, and
// the test fails that once, so that nobody takes for tested what nobody has looked at.
func AssertGolden(t T, m *connector.Message, name string, o *Golden) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	o = o.orDefault()
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) || path.Clean(name) != name || name == "." {
		t.Errorf("AssertGolden: %q is no name of a file below %s; write such as %q", name, o.Dir, "signup/welcome")
		return false
	}
	got, err := o.text(t, m)
	if err != nil {
		return fail(t, m, "the mail cannot be compared with a golden file", name, err.Error())
	}
	want, err := o.read(name)
	switch isNew := errors.Is(err, fs.ErrNotExist); {
	case err != nil && !isNew:
		t.Errorf("AssertGolden: %v", err)
		return false
	case o.Update && (isNew || got != want):
		return o.write(t, name, got, isNew)
	case isNew:
		t.Errorf("the golden file %s is not there: run once with %s=1 to have it written, look at it, and commit it\nit would be:\n%s", o.path(name), UpdateGolden, seen(shortenLines(got, 40)))
		return false
	case got == want:
		return true
	}
	return failDiff(t, m, fmt.Sprintf("the mail differs from %s; if it is right, run with %s=1", o.path(name), UpdateGolden), want, got)
}

// RequireGolden is AssertGolden that ends the test if the mail differs.
func RequireGolden(t T, m *connector.Message, name string, o *Golden) {
	help(t)()
	require(t, AssertGolden(t, m, name, o))
}

// orDefault fills in what is not said.
func (o *Golden) orDefault() *Golden {
	var g Golden
	if o != nil {
		g = *o
	}
	if g.Dir == "" {
		g.Dir = "testdata/golden"
	}
	if g.Headers == nil {
		g.Headers = []string{"From", "To", "Cc", "Reply-To", "Subject"}
	}
	if !g.Exact {
		g.Masks = append(slices.Clone(g.Masks), DefaultMasks()...)
	}
	if on, err := strconv.ParseBool(os.Getenv(UpdateGolden)); err == nil && on {
		g.Update = true
	}
	return &g
}

// path is where a file is, for people.
func (o *Golden) path(name string) string { return path.Join(filepath.ToSlash(o.Dir), name+".txt") }

// read returns a file's text, with LF line ends whatever git made of them.
func (o *Golden) read(name string) (string, error) {
	dir, err := os.OpenRoot(o.Dir)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	b, err := dir.ReadFile(filepath.FromSlash(name + ".txt"))
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err
}

// write stores a file. One that is new fails the test.
func (o *Golden) write(t T, name, text string, isNew bool) bool {
	help(t)()
	if err := o.store(name, text); err != nil {
		t.Errorf("AssertGolden: %v", err)
		return false
	}
	if isNew {
		t.Errorf("the golden file %s is new: look at it, commit it, and run again\n%s", o.path(name), seen(shortenLines(text, 40)))
	} else if l, ok := t.(logger); ok {
		l.Logf("wrote the golden file %s", o.path(name))
	}
	return !isNew
}

// logger is a T that takes notes.
type logger interface {
	Logf(format string, args ...any)
}

// store writes a file and the folders it is in; none outside of Dir.
func (o *Golden) store(name, text string) error {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	dir, err := os.OpenRoot(o.Dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	file := filepath.FromSlash(name + ".txt")
	if err := dir.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return dir.WriteFile(file, []byte(text), 0o644)
}

// shortenLines cuts a text to n lines.
func shortenLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) > n {
		lines = append(lines[:n], fmt.Sprintf("… and %d more lines", len(lines)-n))
	}
	return strings.Join(lines, "\n")
}
