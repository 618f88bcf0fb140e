package html_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

// parse reads an HTML of a test.
func parse(t *testing.T, source string) *html.Document {
	t.Helper()
	d, err := html.Parse(source)
	require.NoError(t, err)
	return d
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, selector, want string }{
		{`<p class=a>x <b>y</b><br>z</p>w`, ".a", "x y\nz"},
		{`<p>x<div id=i>y</div>`, "body > #i", "y"},
		{`<style>.a{display:none}</style><div><p class=a>x</p>y</div>`, "div", "y"},
		{`<style>.a{display:none}</style><div><p class=a>x</p>y</div>`, ".a", ""},
		{`<div style="display:none">x<p>y</p></div>`, "p", ""},
		{`<table><tr><td>a<td>b</table>`, "table > tbody > tr > td:nth-child(2)", "b"},
		{`<table><td>a<td>b<tr><td>c</table>`, "tbody > tr + tr", "c"},
		{"<table>\n<tr>\n<td>a</td>\n</tr>\n<tr><td>b</td></tr></table>", "tbody:only-child > tr:last-child", "b"},
		{`<HTML><HEAD><TITLE>t</TITLE><BODY CLASS=b><P>x`, "html > body.b > p", "x"},
		{`<p>x`, "html > head + body > p", "x"},
		{`<ul><li>a<li>b</ul>`, "li:nth-of-type(2)", "b"},
		{`<p>a</p></p></b><p>b`, "p:last-of-type", "b"},
		{`<a href="x?a=1&amp;b=2">go</a>`, `a[href="x?a=1&b=2"]`, "go"},
		{`<div>a<p>b</p></div>`, "div:has(p)", "a\nb"},
		{`<p>Total <b>9</b></p><p>x</p>`, `p:contains("Total")`, "Total 9"},
		{`<pre>a  b</pre>`, "pre", "a  b"},
		{strings.Repeat("<div>", 700) + "<b>x</b>", "b", ""},
	} {
		e, err := parse(t, c.source).One(c.selector)
		if assert.NoError(t, err, c.source) {
			assert.Equal(t, c.want, e.Text(), "%s in %s", c.selector, c.source)
		}
	}
}

func TestElement(t *testing.T) {
	t.Parallel()
	d := parse(t, `<title>t</title><div id=w><table class="main  wide"><tr><td class=total data-x=1>9&nbsp;€<i hidden>h</i></table></div>`)
	e, err := d.One("td")
	require.NoError(t, err)
	assert.Equal(t, `div#w > table.main.wide > tbody > tr > td.total "9 €"`, e.String())
	assert.Equal(t, `<td class="total" data-x="1">9`+"\u00a0"+`€<i hidden="">h</i></td>`, e.HTML())
	v, ok := e.Attr("data-x")
	assert.True(t, ok)
	assert.Equal(t, "1", v)
	_, ok = e.Attr("id")
	assert.False(t, ok)
	hidden, err := e.One("i")
	require.NoError(t, err, "an element that alone matches is there even if it is hidden")
	assert.False(t, hidden.Shown())
	assert.Equal(t, "h", hidden.Source())
	assert.Contains(t, hidden.String(), "(hidden)")
	title, err := d.One("title")
	require.NoError(t, err)
	assert.Equal(t, "t", title.Source())
	all, err := e.All("*")
	require.NoError(t, err)
	assert.Len(t, all, 1, "only what is within the element")
	var zero html.Element
	assert.Empty(t, zero.Name()+zero.Text()+zero.Source()+zero.HTML()+zero.Path())
	_, err = zero.One("p")
	require.ErrorIs(t, err, html.ErrNone)
}

func TestOnePrefersWhatIsShown(t *testing.T) {
	t.Parallel()
	d := parse(t, `<style>@media (max-width:600px){.wide{display:none}.narrow{display:block!important}}</style><p class=wide>x</p><p class=narrow style="display:none">y</p>`)
	e, err := d.One("p")
	require.NoError(t, err)
	assert.Equal(t, "x", e.Text())
}

func TestErrors(t *testing.T) {
	t.Parallel()
	d := parse(t, `<p class=total>1</p><p class=total>2</p><div id=sum><b>x</b></div>`)
	_, err := d.One(".total")
	require.ErrorIs(t, err, html.ErrSeveral)
	assert.Equal(t, "select \".total\": several match\n  p.total \"1\"\n  p.total \"2\"", err.Error())
	_, err = d.One("p.sum")
	require.ErrorIs(t, err, html.ErrNone)
	assert.Equal(t, "select \"p.sum\": nothing matches\n  p.total\n  div#sum", err.Error())
	var e *html.Error
	require.ErrorAs(t, err, &e)
	for selector, says := range map[string]string{
		"td[": `the selector "td[" is none`, "p > .a:foo(1)": `up to character 6`, "": "it is empty", "  ": "it is empty", strings.Repeat("a", 2000): "2000 bytes", "p,": "look at",
	} {
		_, err := d.All(selector)
		require.ErrorIs(t, err, connector.ErrConfig, selector)
		assert.ErrorContains(t, err, says)
		_, err = d.One(selector)
		require.ErrorIs(t, err, connector.ErrConfig, selector)
	}
	_, err = parse(t, "x").One("p")
	assert.ErrorContains(t, err, "has nothing of the kind")
	many := parse(t, strings.Repeat("<p>x", 50))
	_, err = many.One("p")
	assert.Equal(t, 22, strings.Count(err.Error(), "\n")+1)
	assert.ErrorContains(t, err, "and more")
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, m := range []*connector.Message{nil, {}, {Text: "x", Depth: connector.DepthWhole}, {Depth: connector.DepthHead}} {
		_, err := html.Of(m)
		require.ErrorIs(t, err, html.ErrNoHTML)
	}
	_, err := html.Parse(strings.Repeat("x", 9<<20))
	require.ErrorIs(t, err, html.ErrTooLarge)
	assert.ErrorContains(t, err, "9437184 bytes, at most 8388608")
	_, err = html.Parse(strings.Repeat("<b>", 250_000))
	require.ErrorIs(t, err, html.ErrTooLarge)
	_, err = html.Parse(strings.Repeat("<br>", 70_000))
	assert.ErrorContains(t, err, "60000 children of one body")
}

// TestHostile reads and selects in what would take hours if the cost grew with its square, as it does
// for the parser of x/net/html; a hang shows as a time-out.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{
		"<body a1=1>", "<html b=2>", "a</x>", "<b c=1><p>", "<table>", "<table><tr><td>", "<a><b>", "<table>x", "<select><option>", "<td colspan=1000 rowspan=65534>", "<table><td colspan=1000>",
		"<font size=1><p>", "<!--", "<style>", "<svg><math>", "<template>", "</p>", "<i class='a b'>", "&#0;<p>", "<frameset>", "<h1><a>",
	} {
		d, err := html.Parse(strings.Repeat(unit, (64<<10)/len(unit)) + "</table></b>x")
		if err != nil {
			require.ErrorIs(t, err, html.ErrTooLarge, unit)
			continue
		}
		_, err = d.One("body p ~ p b:nth-child(odd) , :has(x)")
		require.Error(t, err)
		_, err = d.Table("y")
		require.ErrorIs(t, err, html.ErrNone)
		d.Images()
		html.Marks(&connector.Message{HTML: unit, Text: strings.Repeat(unit, 1000)})
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("<p class=a>{{x}}<table><td colspan=2>b<tr><td rowspan=0>c", "td.a > b")
	f.Add("<style>p{display:none}</style><p><b><img src=cid:x></p></b>", "p:nth-child(2n+1), [src^=cid]")
	f.Fuzz(func(t *testing.T, source, selector string) {
		m := &connector.Message{HTML: source, Text: source, Subject: source}
		html.Marks(m)
		d, err := html.Of(m)
		if err != nil {
			if !errors.Is(err, html.ErrNoHTML) && !errors.Is(err, html.ErrTooLarge) {
				t.Error(err)
			}
			return
		}
		found, _ := d.All(selector)
		for _, e := range found {
			if !strings.Contains(d.Text(), e.Text()) {
				t.Errorf("%q is not in %q", e.Text(), d.Text())
			}
			_ = e.HTML() + e.String()
		}
		for _, table := range d.Tables() {
			_ = table.String()
		}
		d.Images()
	})
}
