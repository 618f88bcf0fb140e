package testhelpers

import (
	"fmt"
	"io"
	"path"
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
	help(t)
	if !has(t, m) {
		return false
	}
	return connector.Fold(m.Subject) == connector.Fold(want) || fail(t, m, "the subject is another one", want, m.Subject)
}

// RequireSubject is AssertSubject that ends the test if it does not hold.
func RequireSubject(t T, m *connector.Message, want string) {
	help(t)
	require(t, AssertSubject(t, m, want))
}

// AssertBody fails the test unless the text, or what the HTML shows, has the wanted text in it.
func AssertBody(t T, m *connector.Message, want string) bool {
	help(t)
	if !has(t, m) {
		return false
	}
	for _, body := range m.Texts() {
		if strings.Contains(connector.Fold(body), connector.Fold(want)) {
			return true
		}
	}
	return fail(t, m, "the text is not in the mail", want, nearestLine(want, m.Texts()))
}

// RequireBody is AssertBody that ends the test if it does not hold.
func RequireBody(t T, m *connector.Message, want string) {
	help(t)
	require(t, AssertBody(t, m, want))
}

// AssertBodyRE fails the test unless the pattern matches the text or what the HTML shows, lines kept,
// blanks and widths made plain. It returns the match and its groups; nil if there is none.
func AssertBodyRE(t T, m *connector.Message, want *regexp.Regexp) []string {
	help(t)
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
	help(t)
	hit := AssertBodyRE(t, m, want)
	require(t, hit != nil)
	return hit
}

// AssertHeader fails the test unless a field of that name has the wanted text in it; "" asks only
// that it is there.
func AssertHeader(t T, m *connector.Message, name, want string) bool {
	help(t)
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
	help(t)
	require(t, AssertHeader(t, m, name, want))
}

// AssertLink fails the test unless exactly one link is meant, or if that one is broken
// ([links.Link].Problem). It returns the link.
func AssertLink(t T, m *connector.Message, q links.Query) links.Link {
	help(t)
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
	help(t)
	l := AssertLink(t, m, q)
	require(t, l.Target != "" && l.Problem == "")
	return l
}

// AssertCode fails the test unless the mail has one one-time code, see package codes; nil options
// take any. It returns what is to be typed.
func AssertCode(t T, m *connector.Message, o *codes.Options) string {
	help(t)
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
	help(t)
	c := AssertCode(t, m, o)
	require(t, c != "")
	return c
}

// File says which attachment is wanted. What is set must hold.
type File struct {
	Name    string // a path.Match pattern, in any letter case
	Type    string // the media type
	Size    int64  // bytes; 0 for any
	SHA256  string // of the content, in hex
	Content []byte // the content itself; nil for any
}

// AssertAttachment fails the test unless an attachment has all that is wanted. It returns the first
// that has; nil if none.
func AssertAttachment(t T, m *connector.Message, want File) *connector.Attachment {
	help(t)
	if !has(t, m) {
		return nil
	}
	if _, err := path.Match(want.Name, ""); err != nil {
		t.Errorf("testhelpers.File: the Name %q is no pattern; path.Match says which are", want.Name)
		return nil
	}
	var have []string
	for _, a := range m.Attachments {
		why := differs(t, a, want)
		if why == "" {
			return a
		}
		have = append(have, fmt.Sprintf("%q %s, %d bytes: %s", a.Name, a.Type, a.Size, why))
	}
	if have == nil {
		have = []string{"no attachment at all"}
	}
	fail(t, m, "the attachment is not there", want.String(), strings.Join(have, "\n"))
	return nil
}

// RequireAttachment is AssertAttachment that ends the test if there is none.
func RequireAttachment(t T, m *connector.Message, want File) *connector.Attachment {
	help(t)
	a := AssertAttachment(t, m, want)
	require(t, a != nil)
	return a
}

// String shows what is wanted.
func (f File) String() string {
	var set []string
	add := func(is bool, format string, v any) {
		if is {
			set = append(set, fmt.Sprintf(format, v))
		}
	}
	add(f.Name != "", "Name: %q", f.Name)
	add(f.Type != "", "Type: %q", f.Type)
	add(f.Size > 0, "Size: %d", f.Size)
	add(f.SHA256 != "", "SHA256: %q", f.SHA256)
	add(f.Content != nil, "Content of %d bytes", len(f.Content))
	return "File{" + strings.Join(set, ", ") + "}"
}

// differs says what of an attachment is not as wanted; "" if all is.
func differs(t T, a *connector.Attachment, want File) string {
	switch ok, _ := path.Match(connector.Fold(want.Name), connector.Fold(a.Name)); {
	case want.Name != "" && !ok:
		return "another name"
	case want.Type != "" && !strings.EqualFold(want.Type, a.Type):
		return "another type"
	case want.Size == 0 && want.SHA256 == "" && want.Content == nil:
		return ""
	}
	b, err := contentOf(t, a)
	switch {
	case err != nil:
		return err.Error()
	case want.Size > 0 && int64(len(b)) != want.Size:
		return "another size"
	case want.SHA256 != "" && !strings.EqualFold(want.SHA256, sum(b)):
		return "another content, SHA-256 " + sum(b)
	case want.Content != nil && string(b) != string(want.Content):
		return fmt.Sprintf("another content, it differs at byte %d", differAt(b, want.Content))
	}
	return ""
}

// contentOf reads an attachment.
func contentOf(t T, a *connector.Attachment) ([]byte, error) {
	ctx, cancel := contextOf(t)
	defer cancel()
	r, err := a.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
