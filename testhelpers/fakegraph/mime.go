package fakegraph

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// field is one header field, unfolded but not decoded.
type field struct{ name, value string }

// part is a MIME entity. Its content is a piece of the mail's own bytes: nothing is copied, so
// that a large attachment costs nothing until it is read.
type part struct {
	fields    []field
	mediaType string
	params    map[string]string
	content   []byte  // still encoded
	parts     []*part // of a multipart
	parent    *part
}

// maxDepth bounds how deep multiparts may be nested; what is deeper is a leaf.
const maxDepth = 40

// parsePart reads an entity as far as it can: a broken one is text.
func parsePart(raw []byte, parent *part, depth int) *part {
	fields, body := splitHeader(raw)
	p := &part{fields: fields, content: body, parent: parent}
	p.mediaType, p.params = contentType(p.get("Content-Type"), parent)
	boundary := p.params["boundary"]
	if !strings.HasPrefix(p.mediaType, "multipart/") || boundary == "" || depth >= maxDepth {
		return p
	}
	for _, piece := range splitParts(body, boundary) {
		p.parts = append(p.parts, parsePart(piece, p, depth+1))
	}
	return p
}

func contentType(value string, parent *part) (string, map[string]string) {
	if value == "" && parent != nil && parent.mediaType == "multipart/digest" {
		return "message/rfc822", nil
	}
	mediaType, params, err := mime.ParseMediaType(value)
	if mediaType == "" || err != nil && mediaType == "" || !strings.Contains(mediaType, "/") {
		return "text/plain", nil
	}
	return mediaType, params
}

// splitHeader cuts an entity into its fields and its body.
func splitHeader(raw []byte) (fields []field, body []byte) {
	at := 0
	for line := range bytes.Lines(raw) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			return fields, raw[at+len(line):]
		}
		at += len(line)
		if (text[0] == ' ' || text[0] == '\t') && len(fields) > 0 {
			last := &fields[len(fields)-1]
			last.value += " " + strings.TrimSpace(string(text))
			continue
		}
		if name, value, ok := strings.Cut(string(text), ":"); ok {
			fields = append(fields, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return fields, nil
}

// splitParts cuts a multipart body at its boundary lines (RFC 2046 §5.1.1).
func splitParts(body []byte, boundary string) (pieces [][]byte) {
	mark := []byte("--" + boundary)
	start, at := -1, 0
	for line := range bytes.Lines(body) {
		text := bytes.TrimRight(line, " \t\r\n")
		end := bytes.Equal(text, append(mark[:len(mark):len(mark)], "--"...))
		if end || bytes.Equal(text, mark) {
			if start >= 0 {
				pieces = append(pieces, withoutLastBreak(body[start:at]))
			}
			start = at + len(line)
		}
		if end {
			return pieces
		}
		at += len(line)
	}
	if start >= 0 && start < len(body) {
		pieces = append(pieces, body[start:])
	}
	return pieces
}

// withoutLastBreak drops the line break that belongs to the boundary.
func withoutLastBreak(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// get gives the first field of a name, "" if there is none.
func (p *part) get(name string) string { return fieldValue(p.fields, name) }

func fieldValue(fields []field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// open decodes the content transfer encoding while it is read.
func (p *part) open() io.Reader {
	r := bytes.NewReader(p.content)
	switch strings.ToLower(strings.TrimSpace(p.get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &base64Filter{r})
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// base64Filter lets only what is base64 through, as mail readers do.
type base64Filter struct{ r io.Reader }

func (f *base64Filter) Read(p []byte) (int, error) {
	for {
		n, err := f.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// bytes decodes the content; what cannot be decoded ends it.
func (p *part) bytes() []byte {
	b, _ := io.ReadAll(p.open())
	return b
}

// text decodes content and charset.
func (p *part) text() string { return decodeCharset(p.bytes(), p.params["charset"]) }

func decodeCharset(b []byte, charset string) string {
	if enc := findCharset(charset); enc != nil {
		if out, err := enc.NewDecoder().Bytes(b); err == nil {
			return string(out)
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func findCharset(name string) encoding.Encoding {
	if name == "" {
		return nil
	}
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	enc, _ := ianaindex.MIME.Encoding(name)
	return enc
}

var words = mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
	if enc := findCharset(charset); enc != nil {
		return enc.NewDecoder().Reader(r), nil
	}
	return r, nil
}}

// decodeWords undoes RFC 2047; a header that is raw 8-bit is taken as UTF-8.
func decodeWords(s string) string {
	if out, err := words.DecodeHeader(s); err == nil {
		s = out
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// address is a mail address with its display name.
type address struct{ name, addr string }

// parseAddresses reads an address list, and of a broken one what can be read.
func parseAddresses(s string) (list []address) {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	parser := mail.AddressParser{WordDecoder: &words}
	if all, err := parser.ParseList(s); err == nil {
		for _, a := range all {
			list = append(list, address{a.Name, a.Address})
		}
		return list
	}
	for item := range strings.SplitSeq(s, ",") {
		if a, err := parser.Parse(item); err == nil {
			list = append(list, address{a.Name, a.Address})
		} else if name, rest, ok := strings.Cut(item, "<"); ok {
			addr, _, _ := strings.Cut(rest, ">")
			list = append(list, address{strings.Trim(decodeWords(strings.TrimSpace(name)), `"`), strings.TrimSpace(addr)})
		} else if item = strings.TrimSpace(item); item != "" && !strings.HasSuffix(item, ";") {
			list = append(list, address{"", item})
		}
	}
	return list
}

// parseDate reads a Date field; the zero time stands for none.
func parseDate(s string) time.Time {
	t, err := mail.ParseDate(s)
	if err != nil {
		return time.Time{}
	}
	return t
}
