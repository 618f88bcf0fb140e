package html

import (
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// Mark is what a template left behind where a value was missing.
type Mark struct {
	Text  string // the mark: "{{name}}", "undefined"
	Where string // "subject", "from", "to", "text", "html", "hidden html", or an attribute such as "alt" and "href"
	Line  string // the line or attribute that it stands in
}

// String shows a mark in one line.
func (m Mark) String() string {
	return m.Text + " in " + m.Where + ": " + folding.Shorten(folding.OneLine(strings.TrimSpace(m.Line)), 200)
}

// maxMarks bounds how many marks are listed.
const maxMarks = 100

// Marks finds what a template left unfilled in the subject, the names of sender and recipients, the
// text, what the HTML shows or hides, and its links and images: {{name}}, {% if %}, <%= name %>,
// ${name}, #{name}, %{name}, %FIRSTNAME%, %%name%%, *|FNAME|*, [[name]], undefined, NaN, "null," and
// null alone, [object Object], Invalid Date, %!s(<nil>), <no value>. Code does not count (pre, code,
// kbd, samp, and the same in the text part), nor do style sheets, scripts, and percent-encoding. At
// most 100 are returned.
func Marks(m *connector.Message) []Mark {
	if m == nil {
		return nil
	}
	f := finder{}
	f.prose("subject", m.Subject)
	for _, a := range m.From {
		f.prose("from", a.Name)
	}
	for _, a := range m.To {
		f.prose("to", a.Name)
	}
	d, err := Of(m)
	if err == nil {
		f.code = d.code()
	}
	f.prose("text", m.Text)
	f.code = ""
	switch {
	case err == nil:
		f.document(d)
	case m.HTML != "":
		f.prose("html", strings.Join(m.Texts()[min(1, len(m.Text)):], "\n"))
	}
	return f.found
}

// finder gathers marks.
type finder struct {
	found []Mark
	code  string // of which nothing counts
}

// prose reads text as lines.
func (f *finder) prose(where, text string) {
	for line := range strings.Lines(text) {
		for _, hit := range inProse(line) {
			f.add(Mark{Text: hit, Where: where, Line: line})
		}
	}
}

// add takes a mark.
func (f *finder) add(m Mark) {
	if len(f.found) < maxMarks && !strings.Contains(f.code, m.Text) && !slices.Contains(f.found, m) {
		f.found = append(f.found, m)
	}
}

// document reads an HTML.
func (f *finder) document(d *Document) {
	f.prose("html", d.prose())
	for n := range d.root.Descendants() {
		switch {
		case n.Type == xhtml.TextNode && !d.spans[n.Parent].shown && readable(n.Parent):
			f.prose("hidden html", n.Data)
		case n.Type == xhtml.ElementNode:
			f.attributes(n)
		}
	}
}

// attributes reads what a reader sees, hears or clicks of an element. A value that Go's templates
// lack is written as a tag.
func (f *finder) attributes(n *xhtml.Node) {
	for _, a := range n.Attr {
		switch a.Key {
		case "alt", "title", "aria-label", "placeholder":
			f.prose(a.Key, a.Val)
		case "href", "src", "action", "background":
			for _, hit := range inURL(a.Val) {
				f.add(Mark{Text: hit, Where: a.Key, Line: a.Val})
			}
		case "value":
			if n.Data == "no" {
				f.add(Mark{Text: "<no value>", Where: "html", Line: Element{node: n.Parent}.Path()})
			}
		}
	}
}

// codeElements hold code, in which marks are meant.
const codeElements = "pre, code, kbd, samp, tt"

// prose returns the text that is seen, without code.
func (d *Document) prose() string {
	text, end := []byte(d.text), 0
	all, _ := d.All(codeElements)
	for _, e := range all {
		s := d.spans[e.node]
		for i := max(s.from, end); i < s.to; i++ {
			if text[i] != '\n' {
				text[i] = 0
			}
		}
		end = max(end, s.to)
	}
	return string(text)
}

// code returns the code.
func (d *Document) code() string {
	var b strings.Builder
	all, _ := d.All(codeElements)
	for _, e := range all {
		if b.Len() < len(d.text) {
			b.WriteString(e.Text() + "\n")
		}
	}
	return b.String()
}

// readable reports whether hidden text is one that somebody may read: not a style sheet or script.
func readable(n *xhtml.Node) bool {
	return !slices.Contains([]string{"style", "script", "template", "xml", "svg", "math", "pre", "code", "kbd", "samp", "tt"}, n.Data)
}
