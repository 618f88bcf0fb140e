package fakegmail

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// content streams the bytes of a part without its transfer encoding, in the charset it declares.
func (p *mimePart) content() io.Reader {
	raw := bytes.NewReader(p.body)
	switch p.encoding {
	case "base64":
		return base64.NewDecoder(base64.RawStdEncoding, &alphabet{r: raw})
	case "quoted-printable":
		return quotedprintable.NewReader(raw)
	}
	return raw
}

// decoded is the whole content; of a broken encoding what could be read.
func (p *mimePart) decoded() []byte {
	b, _ := io.ReadAll(p.content())
	return b
}

// size is the length of the content.
func (p *mimePart) size() int {
	n, _ := io.Copy(io.Discard, p.content())
	return int(n)
}

// alphabet lets through only what base64 data is made of, without its padding.
type alphabet struct{ r io.Reader }

func (a *alphabet) Read(p []byte) (int, error) {
	for {
		n, err := a.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// toUTF8 converts from a charset by its name on the web. Without a name, or with an unknown one,
// what is no UTF-8 is taken for windows-1252.
func toUTF8(b []byte, charset string) []byte {
	enc, err := htmlindex.Get(strings.TrimSpace(charset))
	if err != nil {
		if utf8.Valid(b) {
			return b
		}
		enc, _ = htmlindex.Get("windows-1252")
	}
	out, _, err := transform.Bytes(enc.NewDecoder(), b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return out
}

const longestDecoded = 64 << 10 // longer header values are left as they are

// decodeWords decodes the encoded words of a header value (RFC 2047). A value that cannot be
// decoded stays as it is, and is made valid UTF-8 in any case.
func decodeWords(s string) string {
	if strings.Contains(s, "=?") && len(s) <= longestDecoded {
		d := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
			enc, err := htmlindex.Get(charset)
			if err != nil {
				return nil, err
			}
			return enc.NewDecoder().Reader(r), nil
		}}
		if text, err := d.DecodeHeader(s); err == nil {
			s = text
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// decodedFields are the fields of a part as the API shows them.
func (p *mimePart) decodedFields() []header {
	out := make([]header, len(p.fields))
	for i, f := range p.fields {
		out[i] = header{f.Name, decodeWords(f.Value)}
	}
	return out
}

const snippetRunes = 200

// snippet is the beginning of the text, escaped for HTML.
func (p *mimePart) snippet() string {
	words := strings.Fields(p.readable(4 << 10))
	text := strings.Join(words, " ")
	if utf8.RuneCountInString(text) > snippetRunes {
		text = string([]rune(text)[:snippetRunes])
	}
	return html.EscapeString(text)
}

// readable is the first limit bytes or so of what a person sees: the first plain text, or else the
// text of the first HTML.
func (p *mimePart) readable(limit int64) string {
	var plain, rich *mimePart
	p.walk(func(q *mimePart) bool {
		switch {
		case q.filename != "" || q.disposition == "attachment":
		case q.mediaType == "text/plain" && plain == nil:
			plain = q
		case q.mediaType == "text/html" && rich == nil:
			rich = q
		}
		return plain == nil
	})
	switch {
	case plain != nil:
		return string(plain.start(limit))
	case rich != nil:
		return htmlText(rich.start(limit * 8))
	}
	return ""
}

// start is the first bytes of a text part, in UTF-8.
func (p *mimePart) start(limit int64) []byte {
	b, _ := io.ReadAll(io.LimitReader(p.content(), limit))
	return bytes.ToValidUTF8(toUTF8(b, p.params["charset"]), nil)
}

// htmlText is the text of an HTML document, without scripts and styles.
func htmlText(b []byte) string {
	var out strings.Builder
	z := nethtml.NewTokenizer(bytes.NewReader(b))
	hidden := ""
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return out.String()
		case nethtml.TextToken:
			if hidden == "" {
				out.Write(z.Text())
			}
		case nethtml.StartTagToken:
			if name, _ := z.TagName(); hidden == "" && isHidden(string(name)) {
				hidden = string(name)
			} else if isBlock(string(name)) {
				out.WriteByte('\n')
			}
		case nethtml.EndTagToken:
			if name, _ := z.TagName(); string(name) == hidden {
				hidden = ""
			}
		case nethtml.SelfClosingTagToken:
			out.WriteByte('\n')
		}
	}
}

func isHidden(tag string) bool { return contains([]string{"script", "style", "head", "title"}, tag) }

func isBlock(tag string) bool {
	return contains([]string{"p", "br", "div", "td", "th", "tr", "li", "h1", "h2", "h3", "table", "hr"}, tag)
}
