package html

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
)

// builder makes the tree while the text is read. The parser of x/net/html is not used: its cost
// grows with the square of the size for some shapes, such as many body elements with attributes.
type builder struct {
	doc              *Document
	html, head, body *xhtml.Node
	open             []*xhtml.Node        // elements that are open
	implied          map[*xhtml.Node]bool // elements without a tag of their own
	children         map[*xhtml.Node]int
	nodes            int
	over             string // the limit that was met
}

func newBuilder() *builder {
	b := &builder{doc: &Document{root: &xhtml.Node{Type: xhtml.DocumentNode}, spans: map[*xhtml.Node]span{}},
		implied: map[*xhtml.Node]bool{}, children: map[*xhtml.Node]int{}}
	b.html = b.imply(b.doc.root, "html", 0)
	b.head = b.imply(b.html, "head", 0)
	b.body = b.imply(b.html, "body", 0)
	return b
}

// Start implements [htmltext.Visitor].
func (b *builder) Start(t htmltext.Tag) {
	n := b.place(t)
	if t.Open {
		b.open = append(b.open, n)
	}
}

// Text implements [htmltext.TextVisitor]. Blanks between the rows and cells of a table are nothing.
func (b *builder) Text(text string) {
	n := b.top()
	if strings.TrimSpace(text) == "" && slices.Contains([]string{"html", "table", "tbody", "thead", "tfoot", "tr"}, n.Data) {
		return
	}
	if n == b.html {
		n = b.body
	}
	b.add(n, &xhtml.Node{Type: xhtml.TextNode, Data: text})
}

// End implements [htmltext.Visitor].
func (b *builder) End(_ string, at int) {
	n := b.top()
	b.open = b.open[:len(b.open)-1]
	b.endAt(n, at)
	for n = n.Parent; b.implied[n]; n = n.Parent {
		b.endAt(n, at)
	}
}

// endAt says how far an element goes.
func (b *builder) endAt(n *xhtml.Node, at int) {
	s := b.doc.spans[n]
	s.to = at
	b.doc.spans[n] = s
}

// place puts an element into the tree. The html, head and body that a mail has are the implied ones.
func (b *builder) place(t htmltext.Tag) *xhtml.Node {
	top := b.top()
	switch {
	case t.Name == "html":
		setAttr(b.html, t.Attr)
		return top
	case t.Name == "head" && top == b.html:
		return b.head
	case t.Name == "body" && top == b.html:
		setAttr(b.body, t.Attr)
		return b.body
	case t.Name == "body" || t.Name == "head":
		return top
	}
	n := element(t.Name)
	setAttr(n, t.Attr)
	if !b.add(b.parent(t.Name, t.At), n) {
		return top
	}
	b.doc.spans[n] = span{t.At, t.At, t.Shown, t.Gone}
	return n
}

// top is the innermost element that is open.
func (b *builder) top() *xhtml.Node {
	if len(b.open) == 0 {
		return b.html
	}
	return b.open[len(b.open)-1]
}

// parent is where an element belongs; it makes the body and row of a table that has none.
func (b *builder) parent(name string, at int) *xhtml.Node {
	n := b.top()
	if n == b.html {
		if b.body.FirstChild == nil && slices.Contains([]string{"title", "meta", "style", "link", "base", "script"}, name) {
			return b.head
		}
		return b.body
	}
	isCell := name == "td" || name == "th"
	if n.Data == "table" && (name == "tr" || isCell) {
		n = b.last(n, "tbody", at)
	}
	if isCell && (n.Data == "tbody" || n.Data == "thead" || n.Data == "tfoot") {
		n = b.last(n, "tr", at)
	}
	return n
}

// last is the implied element at the end of another, made if it is not there.
func (b *builder) last(parent *xhtml.Node, name string, at int) *xhtml.Node {
	if n := parent.LastChild; n != nil && n.Data == name && b.implied[n] {
		return n
	}
	return b.imply(parent, name, at)
}

// imply adds an element that has no tag.
func (b *builder) imply(parent *xhtml.Node, name string, at int) *xhtml.Node {
	n := element(name)
	if !b.add(parent, n) {
		return parent
	}
	b.implied[n] = true
	outer := b.doc.spans[parent]
	b.doc.spans[n] = span{at, at, outer.shown, outer.gone}
	return n
}

// add appends a node; false if a limit forbids it.
func (b *builder) add(parent, n *xhtml.Node) bool {
	switch {
	case b.over != "":
	case b.nodes == maxNodes:
		b.over = fmt.Sprintf("%d nodes", maxNodes)
	case b.children[parent] == maxChildren:
		b.over = fmt.Sprintf("%d children of one %s", maxChildren, parent.Data)
	}
	if b.over != "" {
		return false
	}
	b.nodes++
	b.children[parent]++
	parent.AppendChild(n)
	return true
}

// spans gives those that hold everything their text.
func (b *builder) spans() {
	for _, n := range []*xhtml.Node{b.html, b.body} {
		b.doc.spans[n] = span{0, len(b.doc.text), true, false}
	}
	b.doc.spans[b.head] = span{gone: true}
}

func element(name string) *xhtml.Node {
	return &xhtml.Node{Type: xhtml.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
}

// setAttr gives an element the attributes that it has not yet, in the order of their names.
func setAttr(n *xhtml.Node, attrs map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		if !slices.ContainsFunc(n.Attr, func(a xhtml.Attribute) bool { return a.Key == key }) && len(n.Attr) < maxAttrs {
			n.Attr = append(n.Attr, xhtml.Attribute{Key: key, Val: attrs[key]})
		}
	}
}

// maxAttrs bounds the attributes of one element.
const maxAttrs = 100
