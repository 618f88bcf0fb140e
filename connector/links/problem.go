package links

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// quote shows a value in one line.
func quote(s string) string { return folding.Quote(s) }

var (
	twice = regexp.MustCompile(`=3D|=2E\w|=\r?\n`)
	marks = regexp.MustCompile(`\{\{|\}\}|%7[Bb]%7[Bb]|\$\{|<%|\[\[|\bundefined\b|[=/](?:null|None|nil|NaN)\b`)
)

// finish fills in what follows from the address.
func finish(l Link) Link {
	l.Target, l.Gateway, l.Sealed = Unwrap(l.URL)
	l.Problem = problem(l)
	return l
}

// problem says what is wrong with a link: what a test that only follows it would report as a fault of
// the product's page.
func problem(l Link) string {
	u, err := url.Parse(l.Target)
	switch {
	case err != nil:
		return "no mail program can read it as an address"
	case twice.MatchString(l.Target):
		return "it has =3D in it: encoded as quoted-printable twice"
	case strings.Contains(l.Target, "&amp;"):
		return "it has &amp; in it: escaped for HTML twice"
	case marks.MatchString(l.Target):
		return "a mark of its template was not filled in"
	case u.Scheme == "":
		return "it is relative: a mail has no address that it could stand for"
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host == "":
		return "it names no host"
	case strings.ContainsAny(l.Target, " \t\r\n"):
		return "it has blanks in it"
	}
	return ""
}
