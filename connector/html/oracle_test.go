package html

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// outline writes the elements of a tree, without what mails do not show.
func outline(b *strings.Builder, n *xhtml.Node, level int) {
	for c := range n.ChildNodes() {
		if c.Type == xhtml.ElementNode {
			b.WriteString(strings.Repeat(" ", level) + describe(c) + "\n")
			outline(b, c, level+1)
		}
	}
}

// within says which elements stand in which, as the HTML standard allows; "p" ends by itself.
var within = map[string][]string{
	"div": {"div", "p", "ul", "table", "span", "center", "br", "img", "h1", "select"}, "center": {"table", "p", "div"}, "td": {"div", "p", "span", "table", "a", "ul"}, "th": {"b", "br"},
	"p": {"b", "span", "a", "br", "img"}, "h1": {"a", "span"}, "span": {"b", "i", "br", "span"}, "b": {"i", "span"}, "i": {"span"}, "a": {"img", "span", "b"},
	"ul": {"li"}, "li": {"p", "ul", "span", "a"}, "table": {"tr", "tbody"}, "tbody": {"tr"}, "tr": {"td", "th"}, "select": {"option"},
}

// mayStayOpen are the elements whose end tags are left out at times.
var mayStayOpen = []string{"p", "li", "td", "th", "tr", "option"}

// write writes a random element of a kind.
func write(b *strings.Builder, r *rand.Rand, name string, depth int) {
	b.WriteString("<" + name + ">")
	if name == "br" || name == "img" {
		return
	}
	if name != "table" && name != "tbody" && name != "tr" && name != "ul" && name != "select" {
		b.WriteString("x")
	}
	for range r.IntN(4) {
		if kids := within[name]; depth > 0 && len(kids) > 0 {
			write(b, r, kids[r.IntN(len(kids))], depth-1)
		}
	}
	if !slices.Contains(mayStayOpen, name) || r.IntN(2) == 0 {
		b.WriteString("</" + name + ">")
	}
}

// TestTreeOfAnything compares both for a thousand documents that are valid and leave out end tags.
func TestTreeOfAnything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1000) {
		var b, w, g strings.Builder
		b.WriteString("<!doctype html>")
		write(&b, rand.New(rand.NewPCG(seed, 0)), "div", 7)
		want, err := xhtml.Parse(strings.NewReader(b.String()))
		require.NoError(t, err)
		d, err := Parse(b.String())
		require.NoError(t, err)
		outline(&w, want, 0)
		outline(&g, d.root, 0)
		require.Equal(t, w.String(), g.String(), "%s", b.String())
	}
}

// TestTreeOfBrowser compares the tree with that of the parser of x/net/html, which follows the HTML
// standard, for mails as they are sent.
func TestTreeOfBrowser(t *testing.T) {
	t.Parallel()
	receipt, err := os.ReadFile("testdata/receipt.html")
	require.NoError(t, err)
	sources := map[string]string{"receipt": string(receipt),
		"left out":  "<title>t</title><p>a<p>b<ul><li>a<li>b<ul><li>c</ul><li>d</ul><table><tr><td>a<td>b<tr><td>c</table><dl><dt>a<dd>b<dt>c</dl>",
		"table":     "<table><caption>c<colgroup><col><col><thead><tr><th>a<tbody><tr><td>b<tr><td>c<tfoot><tr><td>d</table>",
		"select":    "<select><option>a<option>b<optgroup label=x><option>c</select><p>x",
		"inline":    "<p>a <b>b <i>c</i></b> <a href=x>d</a><br>e<img src=x></p><div><span>f</span></div>",
		"body late": "<!doctype html><html lang=en><head><meta charset=utf-8></head>\n<body class=x>\n<center><font size=2>a</font></center></body></html>\n",
	}
	for name := range fixtures.All() {
		m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
		require.NoError(t, err)
		if m.HTML != "" {
			sources[name] = m.HTML
		}
	}
	for name, source := range sources {
		want, err := xhtml.ParseWithOptions(strings.NewReader(source), xhtml.ParseOptionEnableScripting(false))
		require.NoError(t, err)
		d, err := Parse(source)
		require.NoError(t, err)
		var w, g strings.Builder
		outline(&w, want, 0)
		outline(&g, d.root, 0)
		assert.Equal(t, w.String(), g.String(), name)
	}
}
