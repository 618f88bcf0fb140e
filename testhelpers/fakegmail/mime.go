package fakegmail

import (
	"bytes"
	"mime"
	"strconv"
	"strings"
)

// mimePart is one part of a mail (RFC 2045, 2046). Its slices point into the raw mail.
type mimePart struct {
	id          string // "" at the top, then "0", "0.1" and so on
	fields      []header
	mediaType   string
	params      map[string]string
	disposition string
	filename    string
	encoding    string
	body        []byte // still in its transfer encoding
	parts       []*mimePart
}

const maxDepth = 30 // of nested parts: what is deeper stays a part without parts

// parseMail reads a mail or part. Whatever it is given, it gives a tree: what is broken is text.
func parseMail(raw []byte, id string, depth int, fallback string) *mimePart {
	head, rest := splitHead(raw)
	p := &mimePart{id: id, fields: parseFields(head), body: rest}
	p.mediaType, p.params = mediaType(p.field("Content-Type"), fallback)
	var params map[string]string
	p.disposition, params = mediaType(p.field("Content-Disposition"), "")
	p.filename = decodeWords(params["filename"])
	if p.filename == "" {
		p.filename = decodeWords(p.params["name"])
	}
	p.encoding = strings.ToLower(strings.TrimSpace(p.field("Content-Transfer-Encoding")))
	if depth < maxDepth {
		p.readChildren(depth)
	}
	return p
}

func (p *mimePart) readChildren(depth int) {
	switch {
	case strings.HasPrefix(p.mediaType, "multipart/") && p.params["boundary"] != "":
		fallback := "text/plain"
		if p.mediaType == "multipart/digest" {
			fallback = "message/rfc822"
		}
		for i, raw := range splitParts(p.body, p.params["boundary"]) {
			p.parts = append(p.parts, parseMail(raw, p.childID(i), depth+1, fallback))
		}
	case p.mediaType == "message/rfc822":
		p.parts = []*mimePart{parseMail(p.decoded(), p.childID(0), depth+1, "text/plain")}
	}
}

func (p *mimePart) childID(i int) string {
	if p.id == "" {
		return strconv.Itoa(i)
	}
	return p.id + "." + strconv.Itoa(i)
}

func (p *mimePart) multipart() bool { return strings.HasPrefix(p.mediaType, "multipart/") }

func (p *mimePart) text() bool { return strings.HasPrefix(p.mediaType, "text/") }

// field gives the first field of a name, not decoded.
func (p *mimePart) field(name string) string { return fieldOf(p.fields, name) }

// walk visits a part and all below it, in wire order, as long as visit says so.
func (p *mimePart) walk(visit func(*mimePart) bool) bool {
	if !visit(p) {
		return false
	}
	for _, child := range p.parts {
		if !child.walk(visit) {
			return false
		}
	}
	return true
}

// find gives the part of an id.
func (p *mimePart) find(id string) (found *mimePart) {
	p.walk(func(q *mimePart) bool {
		if q.id == id {
			found = q
		}
		return found == nil
	})
	return found
}

// splitHead cuts a mail at its first empty line.
func splitHead(raw []byte) (head, body []byte) {
	at := 0
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return raw[:at], raw[at+len(line):]
		}
		at += len(line)
	}
	return raw, nil
}

// splitParts cuts a multipart body at its delimiter lines (RFC 2046 §5.1.1). A missing end is
// made up for.
func splitParts(b []byte, boundary string) (parts [][]byte) {
	delimiter := []byte("--" + boundary)
	start, at := -1, 0
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, delimiter); ok {
			rest = bytes.TrimRight(rest, " \t\r\n")
			if len(rest) == 0 || string(rest) == "--" {
				parts = appendPart(parts, b, start, at)
				start = at + len(line)
				if len(rest) > 0 {
					return parts
				}
			}
		}
		at += len(line)
	}
	if start < 0 {
		return parts
	}
	return append(parts, b[start:])
}

// appendPart adds what lies between two delimiters, without the line end that belongs to the
// second.
func appendPart(parts [][]byte, b []byte, start, end int) [][]byte {
	if start < 0 {
		return parts
	}
	p := b[start:end]
	p = bytes.TrimSuffix(p, []byte("\n"))
	return append(parts, bytes.TrimSuffix(p, []byte("\r")))
}

// parseFields reads a header in wire order. Lines that are no field are left out; folded ones are
// joined (RFC 5322 §2.2.3).
func parseFields(head []byte) []header {
	var fields []header
	var folded []string // what is still to be joined to the last field
	unfold := func() {
		if n := len(fields); n > 0 && len(folded) > 0 {
			fields[n-1].Value += strings.Join(folded, "")
		}
		folded = nil
	}
	for line := range bytes.Lines(head) {
		text := string(bytes.TrimRight(line, "\r\n"))
		if text != "" && (text[0] == ' ' || text[0] == '\t') {
			folded = append(folded, text)
			continue
		}
		unfold()
		name, value, ok := strings.Cut(text, ":")
		name = strings.TrimRight(name, " \t")
		if ok && name != "" && !strings.ContainsAny(name, " \t") {
			fields = append(fields, header{name, strings.TrimLeft(value, " \t")})
		}
	}
	unfold()
	return fields
}

func fieldOf(fields []header, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// mediaType reads a Content-Type or Content-Disposition; of a broken one what can be read.
func mediaType(value, fallback string) (string, map[string]string) {
	t, params, err := mime.ParseMediaType(value)
	if err != nil && t == "" {
		t, _, _ = strings.Cut(value, ";")
		t = strings.ToLower(strings.TrimSpace(t))
	}
	if t == "" || fallback != "" && !strings.Contains(t, "/") {
		t = fallback
	}
	return t, params
}
