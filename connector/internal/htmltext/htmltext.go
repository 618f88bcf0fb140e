// Package htmltext gives the text that a reader of an HTML mail sees.
//
// Blocks and br begin a new line, inline elements join, the cells of a table
// row stand apart by a tab. Blanks run together to one as a browser does it,
// except in pre. Entities are decoded; U+00A0 stays what it is.
//
// Not seen, hence not text: head, style, script, template, comments, the
// targets of links, the alt text of images, and what its own style, a style
// sheet of the mail or the hidden attribute hides: display:none,
// visibility:hidden, opacity:0, font-size:0, a height or width of 0 with
// overflow:hidden, mso-hide:all. Package css says which rules of a sheet
// count; those for a narrow screen do not. What an inner style shows again is
// seen. Text in the colour of its background counts as seen.
//
// The cost is linear in the size of the HTML, whatever is in it.
package htmltext

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector/internal/css"
)

// Text returns the text that a reader of the HTML sees: lines that end in LF
// but for the last, without blanks around them and without empty lines at
// the beginning and the end. It never fails; broken HTML is read as far as
// it can be.
func Text(source string) string { return Walk(source, nil) }

// Visitor is told of the elements while the text is read.
type Visitor interface {
	// Start is told of a start tag.
	Start(Tag)
	// End is told that an element ended, by its end tag or by what came; at is as in Tag.
	End(name string, at int)
}

// TextVisitor is a Visitor that is also told of all text, decoded, whether it is seen or not.
type TextVisitor interface {
	Visitor
	Text(text string)
}

// Tag is a start tag.
type Tag struct {
	Name  string            // in lower case
	Attr  map[string]string // decoded; of an attribute that is there twice, the first
	Raw   string            // as written
	Shown bool              // a reader sees what is in it
	Gone  bool              // nothing in it can be seen; without Shown and Gone, an inner style may show it again
	Open  bool              // its End will be told
	At    int               // where it stands: bytes of the text before it
}

// Walk is Text that tells the visitor, which may be nil, of the elements. What an element shows is
// the text between its At and that of its End, without the blanks around it. Elements that are open
// at the end of the source end there.
func Walk(source string, v Visitor) string {
	r := reader{visitor: v, sheet: sheetOf(source)}
	r.out.buf.Grow(min(len(source)/2, 64<<10))
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			r.pop(0)
			return r.out.text()
		case html.TextToken:
			r.text(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(string(name))
		}
	}
}

// reader follows the open elements.
type reader struct {
	out    writer
	open   []element
	count  map[string]int // open elements by name
	deeper int            // elements open below those

	sheet css.Sheet     // of the whole source
	path  []css.Element // those of open, for the sheet; empty if that is

	visitor Visitor // may be nil
}

// element is an element that is open, with what its children inherit.
type element struct {
	name string
	look
}

// maxOpen is how many open elements are followed; deeper ones inherit. It
// bounds the cost of an end tag.
const maxOpen = 512

// now is the look of text at this place.
func (r *reader) now() look {
	if len(r.open) == 0 {
		return look{}
	}
	return r.open[len(r.open)-1].look
}

func (r *reader) text(text []byte) {
	if n := len(r.open); n > 0 && r.open[n-1].name == "head" && len(bytes.TrimSpace(text)) > 0 {
		r.pop(n - 1) // the body begins without a tag
	}
	if v, ok := r.visitor.(TextVisitor); ok {
		v.Text(string(text))
	}
	switch l := r.now(); {
	case l.unseen():
	case l.pre:
		r.out.pre(string(text))
	default:
		r.out.flow(string(text))
	}
}

// start opens an element.
func (r *reader) start(z *html.Tokenizer) {
	tag := r.tag(z)
	kind := kinds[tag.Name]
	r.closeBefore(tag.Name, kind)
	l := r.lookOf(tag)
	if !l.gone {
		r.breakBefore(tag.Name, kind)
	}
	tag.Open = kind&void == 0 && len(r.open) < maxOpen
	tag.Gone = l.gone || kind&unseen != 0
	if kind&void != 0 {
		l.tiny = false // a font has no size without text
	}
	r.told(tag, !l.unseen() && !tag.Gone)
	if kind&void != 0 {
		return
	}
	if !tag.Open {
		r.deeper++
		return
	}
	l.gone = l.gone || kind&unseen != 0
	l.pre = l.pre || tag.Name == "pre" || tag.Name == "textarea"
	r.push(tag, l)
}

// lookOf says how an element looks.
func (r *reader) lookOf(tag *Tag) look {
	l := r.now()
	_, hidden := tag.Attr["hidden"]
	switch {
	case !r.sheet.Empty():
		l.apply(r.sheet.Style(append(r.path, css.NewElement(tag.Name, tag.Attr))), hidden)
	case hidden || tag.Attr["style"] != "":
		l.apply(css.Style(tag.Attr["style"]), hidden)
	}
	return l
}

// push opens an element.
func (r *reader) push(tag *Tag, l look) {
	if r.count == nil {
		r.count = make(map[string]int)
	}
	r.count[tag.Name]++
	r.open = append(r.open, element{tag.Name, l})
	if !r.sheet.Empty() {
		r.path = append(r.path, css.NewElement(tag.Name, tag.Attr))
	}
}

// breakBefore separates an element from the text before it.
func (r *reader) breakBefore(name string, kind kind) {
	switch {
	case name == "br":
		r.out.newline()
	case kind&cell != 0:
		r.out.cell()
	case kind&block != 0:
		r.out.line()
	}
}

// end closes the innermost element of that name and those inside it. An
// inline element does not close a block that is inside it.
func (r *reader) end(name string) {
	kind := kinds[name]
	if !r.now().gone {
		r.breakAfter(name, kind)
	}
	if r.deeper > 0 && kind&void == 0 {
		r.deeper--
		return
	}
	if r.count[name] == 0 {
		return
	}
	from := len(r.open) - 1
	for r.open[from].name != name {
		if kind&(block|cell|holds) == 0 && kinds[r.open[from].name]&(block|cell) != 0 {
			return
		}
		from--
	}
	r.pop(from)
}

// breakAfter separates an element from the text after it.
func (r *reader) breakAfter(name string, kind kind) {
	switch {
	case name == "br":
		r.out.newline()
	case kind&block != 0:
		r.out.line()
	}
}

func (r *reader) pop(from int) {
	for i := len(r.open) - 1; i >= from; i-- {
		e := r.open[i]
		r.count[e.name]--
		if kinds[e.name]&block != 0 && !e.gone {
			r.out.line()
		}
		if r.visitor != nil {
			r.visitor.End(e.name, r.out.buf.Len())
		}
	}
	r.open = r.open[:from]
	r.path = r.path[:min(from, len(r.path))]
}

// closeBefore closes what a start tag ends without an end tag: the head
// before what is not of it, a paragraph before a block, an item before the
// next one, a part of a table before the next.
func (r *reader) closeBefore(name string, kind kind) {
	for len(r.open) > 0 {
		top := r.open[len(r.open)-1].name
		switch {
		case top == "head" && !ofHead[name]:
		case top == "p" && kind&(block|cell) != 0:
		case top == name && kind&item != 0:
		case ended[top][name], top == "colgroup" && name != "col":
		case (top == "dt" || top == "dd") && (name == "dt" || name == "dd"):
		default:
			return
		}
		r.pop(len(r.open) - 1)
	}
}
