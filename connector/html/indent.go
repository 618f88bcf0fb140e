package html

import (
	"fmt"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// maxIndent is how many levels are shown.
const maxIndent = 40

// Indented returns the whole document as [Element.Indented] does.
func (d *Document) Indented() string {
	return Element{d, d.root.FirstChild}.Indented()
}

// Indented returns the element as HTML in a form that is compared line by line: an element or text a
// line, two blanks in front for each level, attributes in the order of their names, runs of blanks
// as one but in pre, no-break spaces and marks that nobody sees as entities. What is written
// otherwise and means the same is the same.
func (e Element) Indented() string {
	var b strings.Builder
	if e.node != nil {
		indent(&b, e.node, 0)
	}
	return b.String()
}

// indent writes a node.
func indent(b *strings.Builder, n *xhtml.Node, level int) {
	margin := strings.Repeat("  ", min(level, maxIndent))
	if n.Type != xhtml.ElementNode {
		if text := inline(n); text != "" {
			b.WriteString(margin + text + "\n")
		}
		return
	}
	b.WriteString(margin + startTag(n))
	if text, ok := onlyText(n); ok {
		if text != "" || !void(n) {
			text += "</" + n.Data + ">"
		}
		b.WriteString(text + "\n")
		return
	}
	b.WriteString("\n")
	for c := range n.ChildNodes() {
		indent(b, c, level+1)
	}
	b.WriteString(margin + "</" + n.Data + ">\n")
}

// startTag writes a start tag.
func startTag(n *xhtml.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		b.WriteString(" " + a.Key + `="` + strings.Join(strings.Fields(xhtml.EscapeString(a.Val)), " ") + `"`)
	}
	b.WriteString(">")
	return b.String()
}

// onlyText returns the text of an element that has nothing else.
func onlyText(n *xhtml.Node) (string, bool) {
	var texts []string
	for c := range n.ChildNodes() {
		if c.Type != xhtml.TextNode {
			return "", false
		}
		if text := inline(c); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " "), true
}

// inline writes a text.
func inline(n *xhtml.Node) string {
	text := n.Data
	if n.Parent.Data != "style" && n.Parent.Data != "script" {
		text = visible(xhtml.EscapeString(text))
	}
	if n.Parent.Data == "pre" {
		return strings.Trim(text, "\n")
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f", r) }), " ")
}

// visible writes blanks and marks that nobody sees as entities.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\u00a0':
			b.WriteString("&nbsp;")
		case folding.Invisible(r) || r == '\u034f':
			fmt.Fprintf(&b, "&#x%x;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// void reports whether an element has no end tag.
func void(n *xhtml.Node) bool {
	return strings.Contains(" area base br col embed hr img input link meta param source track wbr ", " "+n.Data+" ")
}
