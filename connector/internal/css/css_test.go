package css

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// path makes elements from forms like "div#a.b.c".
func path(forms ...string) []Element {
	var out []Element
	for _, f := range forms {
		name, classes, _ := strings.Cut(f, ".")
		name, id, _ := strings.Cut(name, "#")
		attr := map[string]string{"class": strings.ReplaceAll(classes, ".", " ")}
		if id != "" {
			attr["id"] = id
		}
		if name == "img" {
			attr["alt"], attr["data-x"] = "big logo", "en-us"
		}
		out = append(out, NewElement(name, attr))
	}
	return out
}

// display is what a sheet says of display, "" if nothing.
func display(sheet string, p []Element) string {
	var s Sheet
	s.Add(sheet, "")
	said := ""
	for _, d := range s.Style(p) {
		if d.Property == "display" {
			said = d.Value
		}
	}
	return said
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	p := path("body", "table.main", "td#c.x.y", "img.logo")
	for _, selects := range []string{
		"*", "img", "IMG", ".logo", "img.logo", "body img", "table .logo", "td > img", "td>img", "#c img", ".x.y img", "td#c.x.y > .logo", "div, img", "body table td img",
		"[alt]", "img[alt='big logo']", `[alt~="logo"]`, "[alt^=big]", "[alt$=logo]", "[alt*='g l']", "[data-x|=en]", `.l\6fgo, .lo\go`,
	} {
		assert.Equal(t, "none", display(selects+"{display:none}", p), selects)
	}
	for _, not := range []string{
		"div", ".Logo", ".log", "#logo", "table > img", "img img", "td.z img", "img:hover", "img::before", "u + .logo", "td ~ img", "[alt=logo]", "[data-ogsc] .logo", "", ">", "img..logo", ".", "#", "[", "[=x]", "!",
	} {
		assert.Empty(t, display(not+"{display:none}", p), not)
	}
}

func TestCascade(t *testing.T) {
	t.Parallel()
	p := path("div", "p#i.a.b")
	for sheet, want := range map[string]string{
		"p{display:none}p{display:block}":                                     "block",
		"p.a{display:none}p{display:block}":                                   "none",
		"#i{display:none}.a.b{display:block}":                                 "none",
		"p{display:none!important}#i{display:block}":                          "none",
		"p{display:none ! important}#i{display:block !important}":             "block",
		"/* x{} */p/**/{color:red;/*;*/display:none}":                         "none",
		"<!-- p{display:none} -->":                                            "none",
		"<!-- @import 'x';p{display:none} -->":                                "none",
		"@charset 'x';@import url(a;b);p{display:none}":                       "none",
		"@font-face{display:block}p{display:none}@keyframes a{from{}to{}}":    "none",
		"@media print{p{display:block}}p{content:'}';display:none}":           "none",
		"@media screen{@media all{p{display:none}}}":                          "none",
		"@supports (display:grid){p{display:none}}":                           "none",
		"@media screen{p{display:none}":                                       "none",
		"p{display:none":                                                      "none",
		"}p{display:none}":                                                    "",
		"p{background:url(data:a;b);display:none}":                            "none",
		"p{&:hover{display:block}display:none}":                               "none",
		strings.Repeat("@media all{", 20) + "p{display:none}":                 "",
		"p{display:none}" + strings.Repeat("@media all{", 5) + "p{color:red}": "none",
	} {
		assert.Equal(t, want, display(sheet, p), sheet)
	}
}

func TestOwnStyle(t *testing.T) {
	t.Parallel()
	var s Sheet
	s.Add(".a{display:none;opacity:0!important}", "screen")
	s.Add(".a{display:inline}", "print")
	got := s.Style([]Element{NewElement("p", map[string]string{"class": "a", "style": "DISPLAY : Block"})})
	assert.Equal(t, []Declaration{{"display", "none", false}, {"display", "block", false}, {"opacity", "0", true}}, got)
}

func TestMedia(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]bool{
		"": true, "all": true, "screen": true, "only screen": true, "print": false, "not print": true, "not screen": false, "print, screen": true, "yahoo": false,
		"(max-width:600px)": false, "only screen and (max-width: 600px)": false, "screen and (min-width:600px)": true, "(min-width:600px) and (max-width:2000px)": true,
		"only screen and (max-device-width:480px)": false, "screen and (min-width:100em)": false, "(min-width:40em)": true, "not all and (max-width:600px)": true,
		"(prefers-color-scheme:dark)": false, "(prefers-color-scheme: light)": true, "(orientation:landscape)": true, "screen and (-webkit-min-device-pixel-ratio:0)": true,
		"(min-resolution:2dppx)": false, "(width >= 600px)": true, "(400px <= width < 700px)": false, "(width < 600px)": false, "screen and(max-width:600px)": false, "(foo:bar)": false, "(max-width)": false,
	} {
		assert.Equal(t, want, applies(query), query)
	}
}

// TestHostile reads sheets whose cost must not grow with their square; a hang shows as a time-out.
func TestHostile(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	for name, unit := range map[string]string{
		"open blocks": "a{", "comments": "/*", "quotes": `"`, "at": "@media all{", "parts": ".a ", "lists": "a,", "rules": ".a{display:none}", "closed": "}", "parentheses": "(", "attributes": "[a", "nots": "@media not ", "escapes": `\`, "declarations": "display:none;",
	} {
		var s Sheet
		s.Add(strings.Repeat(unit, size/len(unit)), "")
		assert.LessOrEqual(t, s.count, maxRules, name)
		deep := path(strings.Fields(strings.Repeat("p.a ", 500))...)
		for range 20 {
			s.Style(deep)
		}
	}
	var s Sheet
	s.Add(strings.Repeat(".a .a .a .a .b .a{display:none}", 20_000), "")
	deep := path(strings.Fields(strings.Repeat("p.a ", 500))...)
	for range 200 {
		s.Style(deep)
	}
	assert.Greater(t, s.steps, maxSteps)
}

func FuzzSheet(f *testing.F) {
	f.Add("p{display:none}", "screen and (max-width:600px)")
	f.Add("<!-- @media x{ .a > b[c='d']{font:0/0 a!important} } -->", "")
	f.Fuzz(func(t *testing.T, source, media string) {
		var s Sheet
		s.Add(source, media)
		s.Style(path("body", "p#i.a.b"))
		assert.LessOrEqual(t, s.count, maxRules)
	})
}
