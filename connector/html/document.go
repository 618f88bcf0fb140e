package html

import (
	"errors"
	"fmt"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
)

// The reasons for which there is nothing to read.
var (
	ErrNoHTML   = errors.New("the mail has no HTML")
	ErrTooLarge = errors.New("the HTML is too large")
)

// Limits of what is read.
const (
	maxSource   = 8 << 20
	maxNodes    = 200_000
	maxChildren = 60_000
)

// Document is the HTML of one mail. It may be read by several goroutines.
type Document struct {
	mail  *connector.Message // nil where there is only an HTML
	root  *xhtml.Node
	text  string
	spans map[*xhtml.Node]span
}

// span is what an element shows: the text between two bytes of the whole.
type span struct {
	from, to int
	shown    bool // what is directly in it is seen
	gone     bool // nothing in it is
}

// shows reports whether anything of an element is seen.
func (d *Document) shows(n *xhtml.Node) bool {
	s := d.spans[n]
	return s.shown || !s.gone && strings.TrimSpace(d.text[s.from:max(s.from, s.to)]) != ""
}

// Of reads the HTML of a mail. The error is [ErrNoHTML] or [ErrTooLarge].
func Of(m *connector.Message) (*Document, error) {
	switch {
	case m == nil:
		return nil, fmt.Errorf("read HTML: %w: the mail is nil", ErrNoHTML)
	case m.HTML == "" && m.Depth == connector.DepthHead && m.Text == "":
		return nil, fmt.Errorf("read HTML: %w, as far as it was read; wait for it without HeadOnly", ErrNoHTML)
	case m.HTML == "":
		return nil, fmt.Errorf("read HTML: %w, only a text", ErrNoHTML)
	}
	d, err := Parse(m.HTML)
	if err != nil {
		return nil, err
	}
	d.mail = m
	return d, nil
}

// Parse reads an HTML that belongs to no mail: its images by cid have no part. Broken HTML is read
// as far as it can be; the only error is [ErrTooLarge].
func Parse(source string) (*Document, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("read HTML: %w: %d bytes, at most %d are read", ErrTooLarge, len(source), maxSource)
	}
	b := newBuilder()
	b.doc.text = htmltext.Walk(source, b)
	b.spans()
	if b.over != "" {
		return nil, fmt.Errorf("read HTML: %w: more than %s", ErrTooLarge, b.over)
	}
	return b.doc, nil
}

// Text returns all that a reader sees, in lines.
func (d *Document) Text() string { return d.text }
