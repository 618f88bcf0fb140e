package html

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// The reasons for which One and Table give nothing.
var (
	ErrNone    = errors.New("nothing matches")
	ErrSeveral = errors.New("several match")
)

// Error says what there is where One or Table give nothing.
type Error struct {
	Op    string   // "select" or "find table"
	What  string   // the selector, or the headers
	Kind  error    // ErrNone or ErrSeveral
	There []string // what there is instead, the first 21: those that match where they are several
}

// Error lists what there is, in one line each.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %v", e.Op, e.What, e.Kind)
	if len(e.There) == 0 {
		b.WriteString("; the HTML has nothing of the kind")
	}
	for i, there := range e.There {
		if i == listed {
			b.WriteString("\n  and more")
			break
		}
		b.WriteString("\n  " + folding.OneLine(there))
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// listed is how many things an error lists.
const listed = 20

// maxSelector bounds a selector.
const maxSelector = 1000

// All returns the elements that a CSS selector selects (level 3, and :has, :is, :contains), in their
// order, hidden ones too; none is no error. A selector that is none is a [connector.ErrConfig].
func (d *Document) All(selector string) ([]Element, error) {
	return d.within(d.root, selector)
}

// One returns the one element that is selected. Where some of them are seen and others hidden, the
// hidden ones do not count. None is [ErrNone], several are [ErrSeveral]; both come as [*Error] and
// list what there is.
func (d *Document) One(selector string) (Element, error) {
	return d.oneWithin(d.root, selector)
}

// All is [Document.All] for what is within the element.
func (e Element) All(selector string) ([]Element, error) {
	if e.doc == nil {
		return nil, nil
	}
	return e.doc.within(e.node, selector)
}

// One is [Document.One] for what is within the element.
func (e Element) One(selector string) (Element, error) {
	if e.doc == nil {
		return Element{}, &Error{Op: "select", What: folding.Quote(selector), Kind: ErrNone}
	}
	return e.doc.oneWithin(e.node, selector)
}

func (d *Document) oneWithin(root *xhtml.Node, selector string) (Element, error) {
	found, err := d.within(root, selector)
	if err != nil {
		return Element{}, err
	}
	if slices.ContainsFunc(found, Element.Shown) {
		found = slices.DeleteFunc(found, func(e Element) bool { return !e.Shown() })
	}
	e := &Error{Op: "select", What: folding.Quote(selector), Kind: ErrSeveral}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		e.Kind, e.There = ErrNone, named(root, selector)
	}
	for _, f := range found[:min(len(found), listed+1)] {
		e.There = append(e.There, f.String())
	}
	return Element{}, e
}

// within selects below a node.
func (d *Document) within(root *xhtml.Node, selector string) ([]Element, error) {
	group, err := parseSelector(selector)
	if err != nil {
		return nil, err
	}
	var out []Element
	for n := range root.Descendants() {
		if n.Type == xhtml.ElementNode && slices.ContainsFunc(group, func(s cascadia.Sel) bool { return s.Match(n) }) {
			out = append(out, Element{d, n})
		}
	}
	return out, nil
}

// parseSelector reads a selector; its error says how far it can be read.
func parseSelector(selector string) (cascadia.SelectorGroup, error) {
	fail := func(err error, remedy string) error {
		return &connector.Error{Op: "select", Kind: connector.ErrConfig, Remedy: remedy,
			Err: fmt.Errorf("the selector %s is none: %w", folding.Quote(selector), err)}
	}
	switch {
	case strings.TrimSpace(selector) == "":
		return nil, fail(errors.New("it is empty"), "write a CSS selector, such as td.total")
	case len(selector) > maxSelector:
		return nil, fail(fmt.Errorf("it has %d bytes", len(selector)), fmt.Sprintf("at most %d are read", maxSelector))
	}
	group, err := cascadia.ParseGroup(selector)
	if err == nil {
		return group, nil
	}
	good := len(selector)
	for ; good > 0; good-- {
		if _, err := cascadia.ParseGroup(selector[:good]); err == nil {
			break
		}
	}
	return nil, fail(err, fmt.Sprintf("it can be read up to character %d: look at %s", good, folding.Quote(selector[good:])))
}

// named lists the elements that have an id or class, each once, those first that share a word with
// the selector.
func named(root *xhtml.Node, selector string) []string {
	words := strings.FieldsFunc(strings.ToLower(selector), func(r rune) bool { return !('a' <= r && r <= 'z' || r == '-' || r == '_') })
	var first, rest []string
	seen := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != xhtml.ElementNode {
			continue
		}
		is := describe(n)
		if seen[is] {
			continue
		}
		seen[is] = true
		own := strings.FieldsFunc(strings.ToLower(is), func(r rune) bool { return r == '.' || r == '#' })
		switch {
		case slices.ContainsFunc(words, func(w string) bool { return slices.Contains(own, w) }):
			first = append(first, is)
		case strings.ContainsAny(is, ".#"):
			rest = append(rest, is)
		}
	}
	first = append(first, rest...)
	return first[:min(len(first), listed+1)]
}
