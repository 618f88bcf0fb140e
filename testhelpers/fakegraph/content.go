package fakegraph

import (
	"cmp"
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"
	"sync"
)

// document is a mail as Exchange sees it: header, one body, attachments. It reads no more of the
// mail than is asked for, and remembers it.
type document struct {
	raw    []byte
	fields []field
	once   sync.Once
	root   *part
	plain  *part // the text/plain body, nil if none
	html   *part // the text/html body, nil if none
	files  []*part
}

func parseDocument(raw []byte) *document {
	fields, _ := splitHeader(raw)
	return &document{raw: raw, fields: fields}
}

func (d *document) get(name string) string { return fieldValue(d.fields, name) }

// tree reads the body on first use.
func (d *document) tree() *part {
	d.once.Do(func() {
		d.root = parsePart(d.raw, nil, 0)
		d.assign(d.root)
	})
	return d.root
}

// assign says of each leaf whether it is the body or an attachment.
func (d *document) assign(p *part) {
	for _, sub := range p.parts {
		d.assign(sub)
	}
	switch {
	case len(p.parts) > 0:
	case p.mediaType == "text/plain" && d.plain == nil && !p.isFile():
		d.plain = p
	case p.mediaType == "text/html" && d.html == nil && !p.isFile():
		d.html = p
	case strings.HasPrefix(p.mediaType, "multipart/"): // empty or too deep
	case p.mediaType == "text/calendar" && p.parent != nil && p.parent.mediaType == "multipart/alternative":
	default:
		d.files = append(d.files, p)
	}
}

// isFile reports whether a text part is meant as an attachment.
func (p *part) isFile() bool {
	disposition, params, _ := mime.ParseMediaType(p.get("Content-Disposition"))
	return disposition == "attachment" || params["filename"] != "" || p.params["name"] != ""
}

// attachments are the leaves that are not the body.
func (d *document) attachments() []*part {
	d.tree()
	return d.files
}

// hasAttachments is false where all of them are inline, as Outlook counts.
func (d *document) hasAttachments() bool {
	if !d.mayHaveFiles() {
		return false
	}
	return slices.ContainsFunc(d.attachments(), func(p *part) bool { return !p.inline() })
}

// mayHaveFiles answers by the header alone where it can.
func (d *document) mayHaveFiles() bool {
	kind := strings.ToLower(d.get("Content-Type"))
	return kind != "" && !strings.HasPrefix(kind, "text/") || d.get("Content-Disposition") != ""
}

// inline reports whether a part is shown within the text.
func (p *part) inline() bool {
	disposition, _, _ := mime.ParseMediaType(p.get("Content-Disposition"))
	related := p.parent != nil && p.parent.mediaType == "multipart/related"
	return disposition == "inline" && p.mediaType != "message/rfc822" ||
		disposition != "attachment" && p.get("Content-Id") != "" && related
}

// isItem reports whether Outlook shows an attachment as a mail of its own.
func (p *part) isItem() bool { return p.mediaType == "message/rfc822" }

// fileName is the attachment's name; Exchange makes one up where the mail has none.
func (p *part) fileName(number int) string {
	if p.isItem() {
		inner, _ := splitHeader(p.bytes())
		return cmp.Or(decodeWords(fieldValue(inner, "Subject")), fmt.Sprintf("ATT%05d", number))
	}
	_, params, _ := mime.ParseMediaType(p.get("Content-Disposition"))
	name := cmp.Or(params["filename"], p.params["name"])
	if name == "" {
		extension := ".dat"
		if all, _ := mime.ExtensionsByType(p.mediaType); len(all) > 0 {
			extension = all[0]
		}
		return fmt.Sprintf("ATT%05d%s", number, extension)
	}
	return path.Base(strings.ReplaceAll(decodeWords(name), `\`, "/"))
}

// calendar gives the method of a meeting mail: REQUEST, REPLY, CANCEL; "" for any other mail.
func (d *document) calendar() string {
	if !strings.Contains(strings.ToLower(d.get("Content-Type")), "multipart/") &&
		!strings.HasPrefix(strings.ToLower(d.get("Content-Type")), "text/calendar") {
		return ""
	}
	return strings.ToUpper(calendarMethod(d.tree()))
}

func calendarMethod(p *part) string {
	if p.mediaType == "text/calendar" && !p.isFile() {
		return p.params["method"]
	}
	for _, sub := range p.parts {
		if m := calendarMethod(sub); m != "" {
			return m
		}
	}
	return ""
}

// isSMIME reports whether Exchange cannot convert the mail back to MIME: opaque S/MIME, and bounces
// about signed mail. See ASSUMPTIONS.md.
func (d *document) isSMIME() bool {
	kind := strings.ToLower(d.get("Content-Type"))
	opaque := strings.HasPrefix(kind, "application/pkcs7-mime") || strings.HasPrefix(kind, "application/x-pkcs7-mime")
	if opaque || !strings.HasPrefix(kind, "multipart/report") {
		return opaque
	}
	return slices.ContainsFunc(d.attachments(), func(p *part) bool {
		inner, _ := splitHeader(p.bytes())
		kind := strings.ToLower(fieldValue(inner, "Content-Type"))
		return p.isItem() && (strings.HasPrefix(kind, "multipart/signed") || strings.Contains(kind, "pkcs7-mime"))
	})
}
