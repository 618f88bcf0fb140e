// Package outgoing takes a mail that is to be sent apart, where the service does not take it in one
// piece: the mails are of connector's own making, so their structure is known.
package outgoing

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
)

// Mail is what a service is told by fields.
type Mail struct {
	To, Cc, Bcc           []Address
	Subject, MessageID    string
	InReplyTo, References string
	Header                []Field // X- fields, in the order of their names
	Text                  string
	HTML                  bool
	Files                 []File
}

// Address is a recipient.
type Address struct{ Name, Addr string }

// Field is one X- field.
type Field struct{ Name, Value string }

// File is an attachment, decoded.
type File struct {
	Name, Type, ContentID string
	Data                  []byte
}

// Split takes the attachments out of a mail: what is left is the mail without them.
func Split(raw []byte) (rest []byte, files []File, err error) {
	head, body := cut(raw)
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		return raw, nil, nil
	}
	var out bytes.Buffer
	out.Write(head)
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary(params["boundary"]); err != nil {
		return nil, nil, err
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			err = w.Close() // it writes the last boundary
			return out.Bytes(), files, err
		}
		if err != nil {
			return nil, nil, err
		}
		if isFile(p.Header) {
			f, err := newFile(p)
			if err != nil {
				return nil, nil, err
			}
			files = append(files, f)
			continue
		}
		to, err := w.CreatePart(p.Header)
		if err == nil {
			_, err = io.Copy(to, p)
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// cut parts the header, empty line included, from the body.
func cut(raw []byte) (head, body []byte) {
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(gap)); i >= 0 {
			return raw[:i+len(gap)], raw[i+len(gap):]
		}
	}
	return raw, nil
}

func isFile(h textproto.MIMEHeader) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	return kind == "attachment"
}

func newFile(p *multipart.Part) (File, error) {
	data, err := io.ReadAll(decode(p.Header.Get("Content-Transfer-Encoding"), p))
	if err != nil {
		return File{}, err
	}
	f := File{Data: data, ContentID: strings.Trim(p.Header.Get("Content-Id"), "<>")}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if f.Type = kind; err != nil {
		f.Type = "application/octet-stream"
	}
	_, named, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if f.Name = named["filename"]; err != nil || f.Name == "" {
		f.Name = params["name"]
	}
	if f.Name == "" {
		f.Name = "attachment"
	}
	if name, err := new(mime.WordDecoder).DecodeHeader(f.Name); err == nil {
		f.Name = name
	}
	return f, nil
}

func decode(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// Read takes a mail apart into fields. Of text and HTML it takes the HTML.
func Read(raw []byte) (*Mail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	h := msg.Header
	m := &Mail{MessageID: h.Get("Message-Id"), InReplyTo: h.Get("In-Reply-To"), References: h.Get("References")}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil {
		m.Subject = h.Get("Subject")
	}
	for name, list := range map[string]*[]Address{"To": &m.To, "Cc": &m.Cc, "Bcc": &m.Bcc} {
		if *list, err = addresses(h, name); err != nil {
			return nil, err
		}
	}
	for name, values := range h {
		if strings.HasPrefix(name, "X-") {
			m.Header = append(m.Header, Field{name, values[0]})
		}
	}
	slices.SortFunc(m.Header, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return m, m.walk(textproto.MIMEHeader(h), msg.Body, 0)
}

func addresses(h mail.Header, name string) (out []Address, err error) {
	list, err := h.AddressList(name)
	if err != nil && !errors.Is(err, mail.ErrHeaderNotPresent) {
		return nil, err
	}
	for _, a := range list {
		out = append(out, Address{a.Name, a.Address})
	}
	return out, nil
}

// walk takes the parts: the texts, the HTML winning, and the files.
func (m *Mail) walk(h textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if !strings.HasPrefix(kind, "multipart/") {
		data, err := io.ReadAll(decode(h.Get("Content-Transfer-Encoding"), body))
		if err == nil && (kind == "text/html" || !m.HTML) {
			m.Text, m.HTML = string(data), kind == "text/html"
		}
		return err
	}
	if depth > 8 {
		return errors.New("the parts nest too deep")
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if isFile(p.Header) {
			f, err := newFile(p)
			if err != nil {
				return err
			}
			m.Files = append(m.Files, f)
		} else if err := m.walk(p.Header, p, depth+1); err != nil {
			return err
		}
	}
}
