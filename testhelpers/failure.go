package testhelpers

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// artifacts is a T that keeps files of a test (go test -artifacts).
type artifacts interface{ ArtifactDir() string }

// require ends the test unless ok.
func require(t T, ok bool) {
	help(t)
	if !ok {
		t.FailNow()
	}
}

// has reports whether there is a mail.
func has(t T, m *connector.Message) bool {
	help(t)
	if m == nil {
		t.Errorf("the mail is nil: wait for it first, and check the error of the wait")
	}
	return m != nil
}

// fail reports an assertion that does not hold, with the nearest that the mail has, and keeps the
// mail. It returns false.
func fail(t T, m *connector.Message, what, want, got string) bool {
	help(t)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  expected: %s\n  nearest:  %s", what, quote(want), indented(got))
	if d := firstDifference(want, got); d != "" {
		b.WriteString("\n  differs:  " + d)
	}
	b.WriteString("\n  mail:     " + kept(t, m))
	t.Errorf("%s", b.String())
	return false
}

// failDiff reports that a mail is not as a text says, with what differs, and keeps it.
func failDiff(t T, m *connector.Message, what, want, got string) bool {
	help(t)
	t.Errorf("%s\n  mail:     %s\n%s", what, kept(t, m), strings.TrimRight(diff(want, got), "\n"))
	return false
}

// kept names a mail and where it was kept.
func kept(t T, m *connector.Message) string {
	name := quote(m.Subject)
	if from := senders(m); from != "" {
		name += " from " + from
	}
	return name + ", " + keep(t, m)
}

// indented shows a text of one or several lines.
func indented(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = shorten(oneLine(l), 200)
	}
	return strings.Join(lines, "\n            ")
}

// firstDifference shows where two texts of one line part; "" if they have nothing in common.
func firstDifference(want, got string) string {
	w, g := []rune(connector.Plain(want)), []rune(connector.Plain(got))
	n := 0
	for n < len(w) && n < len(g) && w[n] == g[n] {
		n++
	}
	if n == 0 || strings.Contains(got, "\n") {
		return ""
	}
	from := max(0, n-10)
	return fmt.Sprintf("at character %d: expected …%s, got …%s", n+1,
		shorten(oneLine(string(w[from:])), 40), shorten(oneLine(string(g[from:])), 40))
}

// differAt returns the first byte at which two contents part.
func differAt(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// sum is the SHA-256 of a content, in hex.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// quote shows a value in one line.
func quote(s string) string { return strconv.Quote(shorten(oneLine(s), 200)) }

// oneLine makes one line of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// shorten cuts a text to n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// nearestLine returns the line that shares most words with what is wanted.
func nearestLine(want string, texts []string) string {
	words := strings.Fields(connector.Fold(want))
	best, most := "nothing like it", 0
	for _, text := range texts {
		for line := range strings.Lines(text) {
			n, folded := 0, " "+connector.Fold(line)+" "
			for _, w := range words {
				if strings.Contains(folded, w) {
					n++
				}
			}
			if n > most {
				best, most = strings.TrimSpace(line), n
			}
		}
	}
	return best
}

// fieldNames lists the names of the header's fields.
func fieldNames(m *connector.Message) string {
	var names []string
	for _, f := range m.Header {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// senders lists who sent a mail.
func senders(m *connector.Message) string {
	var out []string
	for _, a := range m.From {
		out = append(out, a.Addr)
	}
	return strings.Join(out, ", ")
}

// keep writes the mail into the test's artifact folder and says where it is.
func keep(t T, m *connector.Message) string {
	a, ok := t.(artifacts)
	if !ok {
		return "not kept: this T has no ArtifactDir"
	}
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return "not kept: run go test with -artifacts, and -outputdir for a folder of your choice"
	}
	dir, err := os.OpenRoot(a.ArtifactDir())
	if err != nil {
		return "not kept: " + err.Error()
	}
	defer dir.Close()
	if err := write(t, m, dir); err != nil {
		return "not kept: " + err.Error()
	}
	return "kept in " + dir.Name()
}

// write stores the mail as it came, and its text.
func write(t T, m *connector.Message, dir *os.Root) error {
	stem := connector.SafeName("mail " + shorten(m.MessageID, 60))
	if err := dir.WriteFile(stem+".txt", []byte(m.Subject+"\n\n"+m.Body()), 0o600); err != nil {
		return err
	}
	ctx, cancel := contextOf(t)
	defer cancel()
	raw, err := m.Raw(ctx)
	if err != nil {
		return err
	}
	defer raw.Close()
	f, err := dir.Create(stem + ".eml")
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, raw); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
