package testhelpers

import (
	"regexp"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/links"
)

// AssertSubject fails the test unless the subject is the wanted one; letter case, blanks and
// invisible marks make no difference, here and in the other assertions on text. A failure of any
// assertion on a mail shows what was expected and the nearest that the mail has, and keeps the mail
// as .eml and .txt in the test's artifact folder. It returns whether it holds; the test goes on.
func AssertSubject(t T, m *connector.Message, want string) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	return connector.Fold(m.Subject) == connector.Fold(want) || fail(t, m, "the subject is another one", want, m.Subject)
}

// RequireSubject is AssertSubject that ends the test if it does not hold.
func RequireSubject(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertSubject(t, m, want))
}

// AssertBody fails the test unless the text, or what the HTML shows, has the wanted text in it.
func AssertBody(t T, m *connector.Message, want string) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	for _, body := range m.Texts() {
		if strings.Contains(connector.Fold(body), connector.Fold(want)) {
			return true
		}
	}
	what := "the text is not in the mail"
	for _, r := range (connector.Query{Body: want, Folder: connector.Anywhere}).Mismatch(m) {
		if strings.Contains(r.Near, "HTML source") {
			what += ": " + r.Near
		}
	}
	return fail(t, m, what, want, nearestLine(want, m.Texts()))
}

// RequireBody is AssertBody that ends the test if it does not hold.
func RequireBody(t T, m *connector.Message, want string) {
	help(t)()
	require(t, AssertBody(t, m, want))
}

// AssertBodyRE fails the test unless the pattern matches the text or what the HTML shows, lines kept,
// blanks and widths made plain. It returns the match and its groups; nil if there is none.
func AssertBodyRE(t T, m *connector.Message, want *regexp.Regexp) []string {
	help(t)()
	if !has(t, m) {
		return nil
	}
	for _, body := range m.Texts() {
		if hit := want.FindStringSubmatch(connector.Plain(body)); hit != nil {
			return hit
		}
	}
	fail(t, m, "the pattern matches nothing", want.String(), nearestLine(want.String(), m.Texts()))
	return nil
}

// RequireBodyRE is AssertBodyRE that ends the test if there is no match.
func RequireBodyRE(t T, m *connector.Message, want *regexp.Regexp) []string {
	help(t)()
	hit := AssertBodyRE(t, m, want)
	require(t, hit != nil)
	return hit
}

// AssertHeader fails the test unless a field of that name has the wanted text in it; "" asks only
// that it is there.
func AssertHeader(t T, m *connector.Message, name, want string) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	values := m.Header.Values(name)
	for _, v := range values {
		if strings.Contains(connector.Fold(v), connector.Fold(want)) {
			return true
		}
	}
	if len(values) == 0 {
		return fail(t, m, "the header has no "+name, want, "fields "+fieldNames(m))
	}
	return fail(t, m, "the header "+name+" is another one", want, nearestLine(want, values))
}

// RequireHeader is AssertHeader that ends the test if it does not hold.
func RequireHeader(t T, m *connector.Message, name, want string) {
	help(t)()
	require(t, AssertHeader(t, m, name, want))
}

// AssertLink fails the test unless exactly one link is meant, or if that one is broken
// ([links.Link].Problem). It returns the link.
func AssertLink(t T, m *connector.Message, q links.Query) links.Link {
	help(t)()
	if !has(t, m) {
		return links.Link{}
	}
	l, err := links.Find(m, q)
	if err != nil {
		fail(t, m, "the link is not there", q.String(), err.Error())
		return links.Link{}
	}
	if l.Problem != "" {
		fail(t, m, "the link is broken: "+l.Problem, q.String(), l.String())
	}
	return l
}

// RequireLink is AssertLink that ends the test if there is no such link, or it is broken.
func RequireLink(t T, m *connector.Message, q links.Query) links.Link {
	help(t)()
	l := AssertLink(t, m, q)
	require(t, l.Target != "" && l.Problem == "")
	return l
}

// AssertCode fails the test unless the mail has one one-time code, see package codes; nil options
// take any. It returns what is to be typed.
func AssertCode(t T, m *connector.Message, o *codes.Options) string {
	help(t)()
	if !has(t, m) {
		return ""
	}
	c, err := codes.Find(m, o)
	if err != nil {
		fail(t, m, "the mail has no one code", o.String(), err.Error())
	}
	return c.Value
}

// RequireCode is AssertCode that ends the test if there is no code.
func RequireCode(t T, m *connector.Message, o *codes.Options) string {
	help(t)()
	c := AssertCode(t, m, o)
	require(t, c != "")
	return c
}
