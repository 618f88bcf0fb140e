package testhelpers

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/cloudmail-go/cloudmail/connector"
)

// artifacts is a T that keeps files of a test (go test -artifacts).
type artifacts interface{ ArtifactDir() string }

// require ends the test unless ok.
func require(t T, ok bool) {
	help(t)()
	if !ok {
		t.FailNow()
	}
}

// has reports whether there is a mail.
func has(t T, m *connector.Message) bool {
	help(t)()
	if m == nil {
		t.Errorf("the mail is nil: wait for it first, and check the error of the wait")
	}
	return m != nil
}

// fail reports an assertion that does not hold, with the nearest that the mail has, and keeps the
// mail. It returns false.
func fail(t T, m *connector.Message, what, want, got string) bool {
	help(t)()
	got = strings.TrimSpace(got)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  expected: %s\n  nearest:  %s", what, expected(want), indented(got))
	if d := firstDifference(want, got); d != "" {
		b.WriteString("\n  differs:  " + d)
	}
	b.WriteString("\n  mail:     " + kept(t, m))
	t.Errorf("%s", seen(b.String()))
	return false
}

// failDiff reports that a mail is not as a text says, with what differs, and keeps it.
func failDiff(t T, m *connector.Message, what, want, got string) bool {
	help(t)()
	t.Errorf("%s\n  mail:     %s\n%s", seen(what), seen(kept(t, m)), seen(strings.TrimRight(diff(want, got), "\n")))
	return false
}

// kept names a mail and where it was kept.
func kept(t T, m *connector.Message) string { return nameOfMail(m) + ", " + keep(t, m) }

// nameOfMail names a mail by subject and sender.
func nameOfMail(m *connector.Message) string {
	if from := senders(m); from != "" {
		return quote(m.Subject) + " from " + seen(from)
	}
	return quote(m.Subject)
}

// indented shows a text of one or several lines.
func indented(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = shorten(oneLine(l), 200)
	}
	return strings.Join(lines, "\n            ")
}

// firstDifference shows where two texts of one line part, from the place on where they agree longest;
// "" if they have little in common.
func firstDifference(want, got string) string {
	w, g := []rune(connector.Plain(want)), []rune(connector.Plain(got))
	if strings.Contains(got, "\n") || len(g) > 4000 {
		return ""
	}
	at, n := 0, 0
	for i := range g {
		if k := differAt(w, g[i:]); k > n {
			at, n = i, k
		}
	}
	if 3*n < len(w) {
		return ""
	}
	from := max(0, n-10)
	return fmt.Sprintf("at character %d: expected …%s, got …%s", n+1,
		shorten(oneLine(string(w[from:])), 40), shorten(oneLine(string(g[at+from:])), 40))
}

// differAt returns the first place at which two contents part.
func differAt[E comparable](a, b []E) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// quote shows a value in one line.
func quote(s string) string { return strconv.Quote(shorten(oneLine(s), 200)) }

// expected shows what is wanted: in quotes, unless it has some of its own.
func expected(want string) string {
	if strings.Contains(want, `"`) {
		return shorten(oneLine(want), 200)
	}
	return quote(want)
}

// oneLine makes one line of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// seen makes visible what a terminal would obey instead of showing it, since a mail comes from anybody:
// control characters but line ends and tabs, and marks that turn the direction of text.
func seen(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

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
	return write(t, m, dir)
}

// write stores the mail as it came, and as a text, and says so.
func write(t T, m *connector.Message, dir *os.Root) string {
	stem := connector.SafeName("mail " + shorten(cmp.Or(m.MessageID, m.ID, m.Subject), 60))
	if err := dir.WriteFile(stem+".txt", []byte(asText(t, m)), 0o600); err != nil {
		return "not kept: " + err.Error()
	}
	if err := writeRaw(t, m, dir, stem+".eml"); err != nil {
		return "kept as text in " + dir.Name() + " (as .eml not: " + err.Error() + ")"
	}
	return "kept in " + dir.Name()
}

// asText is the mail to be read by people.
func asText(t T, m *connector.Message) string {
	o := Golden{Headers: []string{"From", "To", "Cc", "Date", "Message-ID", "Subject"}, Without: []string{"html", "attachments"}, Exact: true}
	text, err := o.text(t, m)
	if err != nil || text == "" {
		return m.Subject + "\n\n" + m.Body()
	}
	return text
}

// writeRaw stores the mail as it came.
func writeRaw(t T, m *connector.Message, dir *os.Root, name string) error {
	ctx, cancel := contextOf(t)
	defer cancel()
	raw, err := m.Raw(ctx)
	if err != nil {
		return err
	}
	defer raw.Close()
	f, err := dir.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, raw)
	return errors.Join(err, f.Close())
}
