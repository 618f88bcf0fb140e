package fakegraph

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// letter is a mail that is being written: what drafts, sendMail and replies are made with.
type letter struct {
	fields []field // all but the MIME ones
	html   bool
	text   string
	files  []letterFile
}

// letterFile is an attachment of a letter, encoded as it will be sent.
type letterFile struct {
	fields  []field
	content []byte
	inline  bool
}

// newLetter starts a mail from an address.
func newLetter(from address) *letter {
	l := &letter{}
	l.set("From", from.String())
	l.set("Date", time.Now().UTC().Format(time.RFC1123Z))
	l.set("Message-ID", newMessageID())
	return l
}

func newMessageID() string { return "<" + strings.ToUpper(rand.Text()) + "@mail.contoso.example>" }

// letterOf opens a stored draft for changes.
func letterOf(d *document) *letter {
	l := &letter{}
	for _, f := range d.fields {
		if !isMIMEField(f.name) {
			l.fields = append(l.fields, f)
		}
	}
	d.tree()
	switch {
	case d.html != nil:
		l.html, l.text = true, d.html.text()
	case d.plain != nil:
		l.text = d.plain.text()
	}
	for _, p := range d.attachments() {
		l.files = append(l.files, fileOf(p))
	}
	return l
}

func fileOf(p *part) letterFile {
	f := letterFile{content: p.content, inline: p.inline()}
	for _, h := range p.fields {
		if isMIMEField(h.name) {
			f.fields = append(f.fields, h)
		}
	}
	return f
}

func isMIMEField(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "content-") || strings.EqualFold(name, "MIME-Version")
}

// set replaces a field; "" drops it.
func (l *letter) set(name, value string) {
	at := slices.IndexFunc(l.fields, func(f field) bool { return strings.EqualFold(f.name, name) })
	l.fields = slices.DeleteFunc(l.fields, func(f field) bool { return strings.EqualFold(f.name, name) })
	if value == "" {
		return
	}
	if at < 0 || at > len(l.fields) {
		at = len(l.fields)
	}
	l.fields = slices.Insert(l.fields, at, field{name, value})
}

func (l *letter) get(name string) string { return fieldValue(l.fields, name) }

// setText replaces a field by encoded words where it is not ASCII.
func (l *letter) setText(name, value string) {
	l.set(name, mime.BEncoding.Encode("utf-8", strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' }), " ")))
}

func (a address) String() string {
	if a.name == "" || a.name == a.addr {
		return "<" + a.addr + ">"
	}
	return (&mail.Address{Name: a.name, Address: a.addr}).String()
}

// setPeople replaces an address field.
func (l *letter) setPeople(name string, list []address) {
	all := make([]string, len(list))
	for i, a := range list {
		all[i] = a.String()
	}
	l.set(name, strings.Join(all, ", "))
}

// recipients are the addresses of To, Cc and Bcc, each once.
func recipients(fields []field) (list []string) {
	for _, f := range fields {
		if !slices.ContainsFunc([]string{"To", "Cc", "Bcc"}, func(n string) bool { return strings.EqualFold(n, f.name) }) {
			continue
		}
		for _, a := range parseAddresses(f.value) {
			if !containsFold(list, a.addr) {
				list = append(list, a.addr)
			}
		}
	}
	return list
}

// build writes the mail: an HTML body with a text rendering beside it, as Exchange sends it.
func (l *letter) build() []byte {
	var b bytes.Buffer
	for _, f := range l.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, fold(f.value))
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	body := textEntity("text/plain", l.text)
	if l.html {
		body = multipart("alternative", textEntity("text/plain", textFromHTML(l.text)), textEntity("text/html", l.text))
	}
	var inline, rest [][]byte
	for _, f := range l.files {
		if f.inline {
			inline = append(inline, f.entity())
		} else {
			rest = append(rest, f.entity())
		}
	}
	if len(inline) > 0 {
		body = multipart("related", append([][]byte{body}, inline...)...)
	}
	if len(rest) > 0 {
		body = multipart("mixed", append([][]byte{body}, rest...)...)
	}
	b.Write(body)
	return b.Bytes()
}

// fold breaks long fields at blanks (RFC 5322 §2.2.3).
func fold(value string) string {
	if len(value) < 70 {
		return value
	}
	var b strings.Builder
	width := 0
	for i, w := range strings.Split(value, " ") {
		if i > 0 && width+len(w) > 70 {
			b.WriteString("\r\n")
			width = 0
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		width += len(w) + 1
	}
	return b.String()
}

func textEntity(mediaType, text string) []byte {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	head := "Content-Type: " + mediaType + "; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	return append([]byte(head), wrap64([]byte(text))...)
}

// wrap64 is base64 in lines of 76 characters.
func wrap64(b []byte) []byte {
	enc := base64.StdEncoding.EncodeToString(b)
	var out bytes.Buffer
	for len(enc) > 76 {
		out.WriteString(enc[:76] + "\r\n")
		enc = enc[76:]
	}
	out.WriteString(enc + "\r\n")
	return out.Bytes()
}

func multipart(kind string, parts ...[]byte) []byte {
	boundary := "_000_" + rand.Text() + "_"
	var b bytes.Buffer
	fmt.Fprintf(&b, "Content-Type: multipart/%s;\r\n\tboundary=\"%s\"\r\n\r\n", kind, boundary)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\n", boundary)
		b.Write(p)
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

func (f letterFile) entity() []byte {
	var b bytes.Buffer
	for _, h := range f.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", h.name, h.value)
	}
	b.WriteString("\r\n")
	b.Write(f.content)
	return b.Bytes()
}

// newFile makes an attachment of a file's bytes.
func newFile(name, mediaType, contentID string, inline bool, content []byte) letterFile {
	f := letterFile{content: wrap64(content), inline: inline}
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	kind := "attachment"
	if inline {
		kind = "inline"
	}
	f.fields = []field{
		{"Content-Type", withParam(mediaType, "name", name)},
		{"Content-Disposition", withParam(kind, "filename", name)},
		{"Content-Transfer-Encoding", "base64"},
	}
	if contentID != "" {
		f.fields = append(f.fields, field{"Content-ID", "<" + strings.Trim(contentID, "<>") + ">"})
	}
	return f
}

func withParam(value, name, param string) string {
	base, params, err := mime.ParseMediaType(value)
	if err != nil {
		base, params = "application/octet-stream", map[string]string{}
	}
	params[name] = param
	return mime.FormatMediaType(base, params)
}
