package testhelpers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cloudmail-go/cloudmail/connector"
)

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
	help(t)()
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
	help(t)()
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
	is, err := measure(t, a, want.Content)
	switch {
	case err != nil:
		return err.Error()
	case want.Size > 0 && is.size != want.Size:
		return fmt.Sprintf("another size, %d bytes", is.size)
	case want.SHA256 != "" && !strings.EqualFold(want.SHA256, is.sha256):
		return "another content, SHA-256 " + is.sha256
	case want.Content != nil && string(is.head) != string(want.Content):
		return "another content, " + contentDiff(want.Content, is.head)
	}
	return ""
}

// measures are what a content is.
type measures struct {
	size   int64
	sha256 string
	head   []byte // as much as there is of what is wanted, and one byte more
}

// measure reads an attachment, if it was not when its mail was read and if no content is wanted. Of
// a large one no more is kept than that which is wanted.
func measure(t T, a *connector.Attachment, want []byte) (measures, error) {
	if want == nil && a.SHA256 != "" {
		return measures{size: a.Size, sha256: a.SHA256}, nil
	}
	ctx, cancel := contextOf(t)
	defer cancel()
	r, err := a.Open(ctx)
	if err != nil {
		return measures{}, err
	}
	defer r.Close()
	h := sha256.New()
	all := io.TeeReader(r, h)
	head, err := io.ReadAll(io.LimitReader(all, int64(len(want))+1))
	if err != nil {
		return measures{}, err
	}
	rest, err := io.Copy(io.Discard, all)
	return measures{int64(len(head)) + rest, hex.EncodeToString(h.Sum(nil)), head}, err
}

// contentDiff says where two contents part: of texts the line, else the byte.
func contentDiff(want, got []byte) string {
	if !utf8.Valid(want) || !utf8.Valid(got) || bytes.IndexByte(got, 0) >= 0 {
		return fmt.Sprintf("it differs at byte %d", differAt(got, want))
	}
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	n := differAt(w, g)
	line := func(lines []string) string {
		if n < len(lines) {
			return strconv.Quote(shorten(lines[n], 100))
		}
		return "no line"
	}
	return fmt.Sprintf("line %d: expected %s, got %s", n+1, line(w), line(g))
}
