package htmltext

import (
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ html, want string }{
		"plain":                   {"hello", "hello"},
		"inline joins":            {"<p>Your <b>co</b>de <i>is</i> <span>12</span><span>34</span></p>", "Your code is 1234"},
		"blocks break":            {"<div>a</div><div>b<div>c</div></div>d", "a\nb\nc\nd"},
		"br breaks":               {"a<br>b<br/><br>c</br>d", "a\nb\n\nc\nd"},
		"blanks run together":     {"  a \n\t b  <b> c</b>\n", "a b c"},
		"blank between inlines":   {"<b>a</b> <i>b</i>", "a b"},
		"entities":                {"&lt;b&gt; &amp;amp; caf&eacute; &#x1F600; &euro;5", "<b> &amp; café 😀 €5"},
		"no-break space stays":    {"a&nbsp;&nbsp;b", "a\u00a0\u00a0b"},
		"head, style, script":     {"<head><title>t</title><style>p{}</style></head><body>x<script>var y='</p>'</script><style>z</style>", "x"},
		"comments":                {"a<!-- b -->c<!--[if mso]><p>old</p><![endif]-->d", "acd"},
		"revealed comment":        {"<![if !mso]><p>new</p><![endif]>", "new"},
		"template":                {"a<template><p>b</p></template>c", "ac"},
		"link target is no text":  {`<a href="https://shop.example/x">Click <u>here</u></a>`, "Click here"},
		"alt is no text":          {`a<img src="x" alt="logo">b`, "ab"},
		"table":                   {"<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>3 €</td></tr></table>", "Item\tPrice\nTea\t3 €"},
		"table without end tags":  {"<table><tr><td>a<td>b<tr><td>c<td>d</table>e", "a\tb\nc\td\ne"},
		"groups without end tags": {"<table><caption>c<colgroup><col><thead><tr><th>a<tbody><tr><td>b<tfoot><tr><td>d</table>e", "c\na\nb\nd\ne"},
		"empty cells":             {"<tr><td></td><td>a</td><td> </td><td>b</td></tr>", "a\tb"},
		"list":                    {"<ul><li>a<li>b</li></ul>c", "a\nb\nc"},
		"pre":                     {"<p>x</p><pre>a\n  b\n\n\tc  \n</pre>y", "x\na\n  b\n\n\tc\ny"},
		"white-space pre-wrap":    {`<div style="white-space:pre-wrap">a  b` + "\n" + `c</div>`, "a  b\nc"},
		"display none":            {`<div style="color:red; DISPLAY : none !important">preview<p>more</p></div>seen`, "seen"},
		"hidden attribute":        {`<p hidden>x</p>y`, "y"},
		"visibility":              {`<p style="visibility:hidden">x<span style="visibility:visible">z</span></p>y`, "z\ny"},
		"font-size 0":             {`<td style="font-size:0px">a<div style="font-size:13px">b</div></td>`, "b"},
		"font-size 0.5":           {`<p style="font-size:0.5em">a</p>`, "a"},
		"mso-hide":                {`<div style="mso-hide:all">x</div>y`, "y"},
		"max-height 0":            {`<div style="max-height:0;overflow:hidden">x</div><div style="max-height:0">y</div>`, "y"},
		"opacity":                 {`<div style="opacity:0">x</div><div style="opacity:0.5">y</div>`, "y"},
		"hidden p closed by next": {`<p style="display:none">x<p>y`, "y"},
		"hidden cell closed":      {`<tr><td style="display:none">x<td>y`, "y"},
		"hidden void":             {`<input style="display:none">y<img hidden>z`, "yz"},
		"end tag of nothing":      {`a</div>b</span>c`, "a\nbc"},
		"misnested":               {`<b><div style="display:none">x</b>y</div>z`, "z"},
		"aria-hidden is seen":     {`<span aria-hidden="true">x</span>`, "x"},
		"unfinished tag":          {`a<div style="x`, "a"},
		"attribute with >":        {`<a title="a>b" href=x>y</a>`, "y"},
		"svg":                     {`a<svg><title>t</title><text>x</text></svg>b`, "ab"},
		"outer blanks":            {"\n<p>\n a\n</p>\n\n<p>b </p>\n", "a\nb"},
		"select closes":           {`<select><optgroup><option>a<option>b</select>c<b>d</b>`, "a\nb\nc" + "d"},
		"button":                  {`<button>Go</button>`, "Go"},
		"sheet by class":          {`<style>.pre{display:none}</style><p class="big pre">x</p>y`, "y"},
		"sheet by id and element": {`<style>#a,u{visibility:hidden}</style><p id=a>x</p><u>z</u>y`, "y"},
		"sheet behind the text":   {`<p class=a>x</p>y<style>.a{font-size:0}</style>`, "y"},
		"sheet below":             {`<style>.a td{max-height:0;overflow:hidden}</style><table class=a><tr><td>x</table>y`, "y"},
		"sheet in conditions":     {`<!--[if !mso]><!--><style>.a{mso-hide:all}</style><!--<![endif]--><b class=a>x</b>y`, "y"},
		"sheet of Outlook alone":  {`<!--[if mso]><style>.a{display:none}</style><![endif]--><b class=a>x</b>y`, "xy"},
		"sheet of narrow screens": {`<style>@media (max-width:600px){.d{display:none!important}.m{display:block!important}}.m{display:none}</style><p class=d>wide<p class=m>narrow`, "wide"},
		"attribute of media":      {`<style media=print>.a{display:none}</style><b class=a>x</b>`, "x"},
		"own style over sheet":    {`<style>.a{display:none}.b{display:none!important}</style><p class=a style="display:block">x<p class=b style="display:block">y`, "x"},
		"own style has display 2": {`<div style="display:none;display:block">x</div>`, "x"},
		"font shorthand":          {`<td style="font:0/0 a">x<b style="font:bold 14px Arial">y</b></td>`, "y"},
		"hidden but displayed":    {`<p hidden style="display:block">x</p>`, "x"},
		"hidden pre of a sheet":   {"<style>.c{white-space:pre}</style><p class=c>a  b", "a  b"},
		"head without its end":    {"<head><title>t</title><meta charset=utf-8><p>x", "x"},
		"head, then bare text":    {"<html><head><title>t</title> x", "x"},
		"unfinished sheet":        {"x<style>.a{", "x"},
		"noscript is seen":        {`<noscript>Go</noscript>`, "Go"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, Text(c.html))
		})
	}
}

// seen is a visitor that notes which images are seen.
type seen map[string]bool

func (s seen) Start(t Tag)     { s[t.Attr["id"]] = t.Shown && !t.Gone }
func (s seen) End(string, int) {}

func TestShown(t *testing.T) {
	t.Parallel()
	s := seen{}
	Walk(`<td style="font-size:0"><img id=a><p id=p>x</p></td><div style="display:none"><img id=b></div><p style="visibility:hidden"><img id=c>`, s)
	delete(s, "")
	assert.Equal(t, seen{"a": true, "p": false, "b": false, "c": false}, s)
}

func TestTextWithoutMarkup(t *testing.T) {
	t.Parallel()
	keepsWords := func(words []uint16) bool {
		var all []string
		for _, w := range words {
			all = append(all, strings.Repeat("w", int(w%7)+1))
		}
		text := strings.Join(all, " ")
		return Text("<p>"+text+"</p>") == text
	}
	require.NoError(t, quick.Check(keepsWords, nil))
}

// TestHostile reads what would take hours if the cost grew with its square; a hang shows as a time-out.
func TestHostile(t *testing.T) {
	t.Parallel()
	const size = 128 << 10
	for _, unit := range []string{"<style>.a{display:none}</style><p class=a>", "<style", "<p class='a b c d' style='display:none;color:red'>", "<b a=1 b=2>", "a</x>", "<body a1 a2>", "<style>*{width:0}"} {
		source := "<style>p,.a,.b .c,*{display:block}</style>" + strings.Repeat(unit, size/len(unit))
		assert.LessOrEqual(t, len(Text(source)), len(source), unit)
	}
}

func FuzzText(f *testing.F) {
	f.Add("<p>a<b style='display:none'>b</p><table><td>c")
	f.Add("<style>.a>b{display:none}@media x{c{font:0/0 a}}</style><i class=a><b>x</b>y")
	f.Add("<pre>\n a <br></pre><!-- <![endif]")
	f.Fuzz(func(t *testing.T, source string) {
		text := Text(source)
		if strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n") {
			t.Errorf("empty line at an end of %q", text)
		}
	})
}
