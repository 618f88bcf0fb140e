package html

import (
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// Element is one element of a document. The zero Element has no name, text or attributes.
type Element struct {
	doc  *Document
	node *xhtml.Node
}

// Name returns the name of its tag in lower case.
func (e Element) Name() string {
	if e.node == nil {
		return ""
	}
	return e.node.Data
}

// Text returns what a reader sees of it: blocks in lines, the cells of a row with a tab between
// them, no blanks around. What is hidden is left out; of what is hidden itself it is "".
func (e Element) Text() string {
	if e.doc == nil {
		return ""
	}
	s := e.doc.spans[e.node]
	return strings.TrimSpace(e.doc.text[s.from:max(s.from, s.to)])
}

// Line returns the text in one line, runs of blanks as one.
func (e Element) Line() string { return strings.Join(strings.Fields(e.Text()), " ") }

// Source returns the text in it whether it is seen or not, as written: the title, a hidden
// preheader, a script.
func (e Element) Source() string {
	var b strings.Builder
	if e.node != nil {
		for n := range e.node.Descendants() {
			if n.Type == xhtml.TextNode {
				b.WriteString(n.Data)
			}
		}
	}
	return b.String()
}

// Attr returns an attribute, and whether it is there. Names are in lower case.
func (e Element) Attr(name string) (value string, ok bool) {
	if e.node == nil {
		return "", false
	}
	for _, a := range e.node.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// Shown reports whether a reader sees it, or something in it. An element without text, such as an
// image, is shown if nothing hides it.
func (e Element) Shown() bool { return e.doc != nil && e.doc.shows(e.node) }

// HTML returns the element as HTML in one form: names in lower case, attributes in order, all closed.
func (e Element) HTML() string {
	var b strings.Builder
	if e.node != nil {
		_ = xhtml.Render(&b, e.node) // a strings.Builder fails never; a plaintext element ends the output
	}
	return b.String()
}

// Path returns where the element stands, by names, ids and classes: "table#main > tbody > tr > td.total".
func (e Element) Path() string {
	var names []string
	for n := e.node; n != nil && n.Type == xhtml.ElementNode && n.Data != "html" && n.Data != "body"; n = n.Parent {
		if names = append([]string{describe(n)}, names...); len(names) > 6 {
			names[0] = "…"
			break
		}
	}
	return strings.Join(names, " > ")
}

// String shows an element in one line: where it stands and what it shows.
func (e Element) String() string {
	s := e.Path() + " " + folding.Quote(e.Line())
	if !e.Shown() {
		s += " (hidden)"
	}
	return s
}

// describe writes an element as a selector.
func describe(n *xhtml.Node) string {
	s := n.Data
	for _, a := range n.Attr {
		switch a.Key {
		case "id":
			s += "#" + strings.TrimSpace(a.Val)
		case "class":
			for class := range strings.FieldsSeq(a.Val) {
				s += "." + class
			}
		}
	}
	return folding.Shorten(folding.OneLine(s), 60)
}
