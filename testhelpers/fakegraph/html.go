package fakegraph

import (
	"bytes"
	"html"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unsafe elements are taken out of a body together with what they hold.
var unsafe = []atom.Atom{atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Applet, atom.Form, atom.Base, atom.Link, atom.Meta}

const charsetMeta = `<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`

// rewriteHTML makes of an HTML body what Exchange shows of it: sanitised unless raw, and with a
// head that names the charset.
func rewriteHTML(source string, raw bool) string {
	root, err := xhtml.Parse(strings.NewReader(source))
	if err != nil {
		return source
	}
	if !raw {
		sanitise(root)
	}
	var b bytes.Buffer
	_ = xhtml.Render(&b, root) // a bytes.Buffer takes everything
	return strings.Replace(b.String(), "<head>", "<head>\r\n"+charsetMeta, 1)
}

func sanitise(n *xhtml.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == xhtml.ElementNode && slices.Contains(unsafe, c.DataAtom) {
			n.RemoveChild(c)
		} else {
			sanitise(c)
		}
		c = next
	}
	n.Attr = slices.DeleteFunc(n.Attr, func(a xhtml.Attribute) bool {
		value := strings.ToLower(strings.TrimSpace(a.Val))
		return strings.HasPrefix(strings.ToLower(a.Key), "on") || strings.HasPrefix(value, "javascript:")
	})
}

// htmlFromText is Exchange's rendering of a text body as HTML.
func htmlFromText(text string) string {
	body := strings.ReplaceAll(html.EscapeString(strings.ReplaceAll(text, "\r\n", "\n")), "\n", "<br>\r\n")
	return "<html><head>\r\n" + charsetMeta + "<!-- converted from text --></head>\r\n<body>\r\n<div class=\"PlainText\">" + body + "</div>\r\n</body>\r\n</html>\r\n"
}

// blocks start a new line in the text rendering.
var blocks = []atom.Atom{atom.P, atom.Div, atom.Br, atom.Tr, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
	atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.Hr, atom.Section, atom.Article, atom.Header, atom.Footer}

// textFromHTML is the text rendering of a body: blocks on lines of their own, runs of blanks as
// one, the targets of links in angle brackets after their text, as Exchange writes them.
func textFromHTML(source string) string {
	root, err := xhtml.Parse(strings.NewReader(source))
	if err != nil {
		return source
	}
	var r textRenderer
	r.walk(root)
	lines := strings.Split(r.b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	lines = slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" })
	return strings.ReplaceAll(strings.TrimSpace(strings.Join(lines, "\n")), "\n", "\r\n")
}

type textRenderer struct {
	b strings.Builder
}

func (r *textRenderer) walk(n *xhtml.Node) {
	switch {
	case n.Type == xhtml.TextNode:
		r.text(n.Data)
		return
	case n.Type == xhtml.CommentNode, n.DataAtom == atom.Head, n.DataAtom == atom.Style, n.DataAtom == atom.Script:
		return
	}
	block := slices.Contains(blocks, n.DataAtom)
	if block {
		r.b.WriteByte('\n')
	}
	if n.DataAtom == atom.Td && n.PrevSibling != nil {
		r.b.WriteByte('\t')
	}
	for c := range n.ChildNodes() {
		r.walk(c)
	}
	if n.DataAtom == atom.A {
		r.target(n)
	}
	if block && n.DataAtom != atom.Br {
		r.b.WriteByte('\n')
	}
}

// text adds words; line breaks in the source are blanks.
func (r *textRenderer) text(s string) {
	joined := strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }), " ")
	if joined == "" && s != "" {
		joined = " "
	} else if s != "" {
		if strings.ContainsAny(s[:1], " \t\r\n") {
			joined = " " + joined
		}
		if strings.ContainsAny(s[len(s)-1:], " \t\r\n") {
			joined += " "
		}
	}
	r.b.WriteString(joined)
}

func (r *textRenderer) target(n *xhtml.Node) {
	for _, a := range n.Attr {
		if a.Key == "href" && strings.HasPrefix(a.Val, "http") {
			r.b.WriteString("<" + a.Val + ">")
		}
	}
}
