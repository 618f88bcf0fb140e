package html_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Dear {{name}},": "{{name}}", "{{{raw}}}": "{{raw}}", "{% if x %}": "{% if x %}", "Dear ${user.name}": "${user.name}", "#{x}": "#{x}", "Hi %{name}": "%{name}",
		"Dear %FIRSTNAME%": "%FIRSTNAME%", "Dear %%First Name%%": "%%First Name%%", "Dear *|FNAME|*": "*|FNAME|*", "Dear [[first_name]]": "[[first_name]]",
		"your order undefined ships": "undefined", "to null, please": "null,", "Dear null": "Dear null", "null": "null", "Name: null": ": null", "Dear <%= name %>": "<%= name %>",
		"[object Object]": "[object Object]", "[object Promise]": "[object Promise]", "%!s(<nil>)": "%!s(<nil>)", "%!d(string=x)": "%!d(string=x)", "<no value>": "<no value>", "NaN €": "NaN", "on Invalid Date": "Invalid Date",
		"see https://x.example.com/a/{{ id }}": "{{ id }}", "https://x.example.com/?u=undefined&v=1": "undefined", "https://x.example.com/null": "null", "https://x.example.com/%FIRSTNAME%": "%FIRSTNAME%", "https://x.example.com/%ADDRESS%": "%ADDRESS%", "https://x.example.com/%7B%7Bid%7D%7D": "%7B%7Bid%7D%7D",
	} {
		got := html.Marks(&connector.Message{Text: text})
		if assert.Len(t, got, 1, text) {
			assert.Equal(t, want, got[0].Text)
			assert.Equal(t, "text", got[0].Where)
		}
	}
}

func TestNoMarks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Save 20% on ALL% of it", "Save 20%NOW% ", "null and void", "annulled, non-null, notnull!", "$5 {really}", "an undefinedly long text", "100%", "is_undefined", "naan, Nan", "a {b} c", "{}", "[1] [x] [[1]]", "x | y * z",
		"https://x.example.com/?q=%E3%81%82AB%20x", "https://x.example.com/%E3AB%20", "https://x.example.com/nullable/undefined-behaviour", "a@null.example.com", "5 < 6 % 7 > 2", "object", "Nulls, please", "@media{a{b:c}}", "p{color:red}",
		"https://x.example.com/%ABC%44", "5 %", "{ {x} }", "Object [object]",
	} {
		assert.Empty(t, html.Marks(&connector.Message{Text: text, Subject: text, HTML: "<p>" + strings.ReplaceAll(text, "<", "&lt;")}), text)
	}
}

func TestMarksOfHTML(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`<p>Dear {{<b>name</b>}}`:                          "{{name}} in html: Dear {{name}}",
		`<p style="display:none">Hi {{name}}</p>x`:         "{{name}} in hidden html: Hi {{name}}",
		`<title>{{subject}}</title>x`:                      "{{subject}} in hidden html: {{subject}}",
		`<img alt="Logo of {{shop}}" src=x.png>`:           "{{shop}} in alt: Logo of {{shop}}",
		`<a href="https://x.example.com/{{ id }}">go</a>`:  "{{ id }} in href: https://x.example.com/{{ id }}",
		`<a href="https://x.example.com/?a=null">go</a>`:   "null in href: https://x.example.com/?a=null",
		`<img src="https://x.example.com/*|ID|*" alt=x>`:   "*|ID|* in src: https://x.example.com/*|ID|*",
		`<p>Total: <no value></p>`:                         "<no value> in html: p",
		`<table><tr><td>Name</td><td>null</td></table>`:    "",
		`<style>a{b:c}{{x}}</style><script>{{y}}</script>`: "",
		`<p>Use <code>{{name}}</code></p>`:                 "",
		`<pre>${x} undefined</pre>`:                        "",
		`<a href="https://x.example.com/%E3AB%20">go</a>`:  "",
		`<p>null</p>`: "null in html: null",
	} {
		var got []string
		for _, m := range html.Marks(&connector.Message{HTML: source}) {
			got = append(got, m.String())
		}
		assert.Equal(t, want, strings.Join(got, "\n"), source)
	}
	assert.Empty(t, html.Marks(nil))
	code := &connector.Message{Text: "Use {{name}} as written", HTML: "<p>Use <code>{{name}}</code> as written"}
	assert.Empty(t, html.Marks(code), "code of the HTML is code in the text")
	named := &connector.Message{From: []connector.Address{{Name: "{{shop}}"}}, To: []connector.Address{{Name: "undefined"}}, Subject: "Hi {{x}}"}
	require.Len(t, html.Marks(named), 3)
	assert.Len(t, html.Marks(&connector.Message{Text: strings.Repeat("{{a}}\n", 500) + strings.Repeat("{{b}} {{c}}\n", 10)}), 3, "what is the same is there once")
	var many strings.Builder
	for i := range 300 {
		many.WriteString("{{x}} " + strings.Repeat("y", i) + "\n")
	}
	assert.Len(t, html.Marks(&connector.Message{Text: many.String()}), 100)
}
