package fakegraph

import (
	"strings"
	"unicode/utf8"
)

// body is the message's body in the form that Prefer asks for; without a wish, HTML where the
// mail has it, else text.
func (v *view) body() any {
	v.d.tree()
	want := v.prefer.bodyType
	if want == "" && (v.d.html != nil || v.f.o.PlainBodyAsHTML) {
		want = "html"
	}
	if want == "html" {
		if v.d.html != nil {
			return itemBody("html", rewriteHTML(v.d.html.text(), v.prefer.unsafe))
		}
		return itemBody("html", htmlFromText(v.d.textBody()))
	}
	return itemBody("text", v.d.textBody())
}

func itemBody(kind, content string) object {
	return object{{"contentType", kind}, {"content", content}}
}

// textBody is the body as text. Exchange keeps one body: where there is HTML, the text is made
// from it.
func (d *document) textBody() string {
	d.tree()
	switch {
	case d.html != nil:
		return textFromHTML(d.html.text())
	case d.plain != nil:
		return d.plain.text()
	}
	return ""
}

// previewLength is how many characters bodyPreview has.
const previewLength = 255

// preview is the first 255 characters of the text, in one line.
func (d *document) preview() string {
	text := strings.Join(strings.Fields(d.textBody()), " ")
	if utf8.RuneCountInString(text) <= previewLength {
		return text
	}
	return string([]rune(text)[:previewLength])
}
