// Package oracle reads mails with other programs' parsers beside the one of this module, to learn where they differ and
// what each costs. It is a module of its own, since nothing else needs those parsers.
package oracle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // charsets beyond UTF-8, as its users link them
	gomail "github.com/emersion/go-message/mail"
	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Reading is what a parser makes of a mail, as far as all of them tell it.
type Reading struct {
	Subject, Text, HTML string
	Files               []File
}

// File is a part that is not body text.
type File struct {
	Name   string
	SHA256 string
}

// Parsers are the parsers by name.
var Parsers = map[string]func(raw []byte) (Reading, error){
	"mailparse": own, "enmime": enmimeRead, "go-message": goMessage, "stdlib": standard,
}

func own(raw []byte) (Reading, error) {
	m, err := mailparse.Read(bytes.NewReader(raw), mailparse.Limits{})
	if err != nil {
		return Reading{}, err
	}
	r := Reading{Subject: m.Subject, Text: m.Text, HTML: m.HTML}
	for _, p := range m.Parts {
		r.Files = append(r.Files, File{p.Name, fmt.Sprintf("%x", p.SHA256)})
	}
	return r, nil
}

func enmimeRead(raw []byte) (Reading, error) {
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return Reading{}, err
	}
	r := Reading{Subject: e.GetHeader("Subject"), Text: e.Text, HTML: e.HTML}
	for _, list := range [][]*enmime.Part{e.Attachments, e.Inlines, e.OtherParts} {
		for _, p := range list {
			r.file(p.FileName, p.Content)
		}
	}
	return r, nil
}

func (r *Reading) file(name string, content []byte) {
	r.Files = append(r.Files, File{name, fmt.Sprintf("%x", sha256.Sum256(content))})
}

func goMessage(raw []byte) (Reading, error) {
	m, err := gomail.CreateReader(bytes.NewReader(raw))
	if m == nil || (err != nil && !message.IsUnknownCharset(err)) {
		return Reading{}, err
	}
	var r Reading
	r.Subject, _ = m.Header.Subject()
	for {
		p, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil && !message.IsUnknownCharset(err) {
			return r, err
		}
		content, err := io.ReadAll(p.Body)
		if err != nil {
			return r, err
		}
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			kind, _, _ := h.ContentType()
			r.body(kind, "", content)
		case *gomail.AttachmentHeader:
			name, _ := h.Filename()
			r.file(name, content)
		}
	}
}

// body adds a part that is shown, or a file where it is no text.
func (r *Reading) body(kind, name string, content []byte) {
	switch {
	case name == "" && (kind == "text/plain" || kind == ""):
		r.Text += string(content) + "\n"
	case name == "" && kind == "text/html":
		r.HTML += string(content) + "\n"
	default:
		r.file(name, content)
	}
}

var words = mime.WordDecoder{CharsetReader: func(label string, in io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(in), nil
}}

func standard(raw []byte) (Reading, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Reading{}, err
	}
	var r Reading
	if r.Subject, err = words.DecodeHeader(m.Header.Get("Subject")); err != nil {
		r.Subject = m.Header.Get("Subject")
	}
	h := m.Header
	return r, r.walk(h.Get, m.Body)
}

// walk reads a part and those below it, as the package documentation of mime/multipart shows.
func (r *Reading) walk(header func(string) string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := r.walk(p.Header.Get, p); err != nil {
				return err
			}
		}
	}
	content, err := io.ReadAll(decoded(header("Content-Transfer-Encoding"), body))
	if err != nil {
		return err
	}
	_, disposition, _ := mime.ParseMediaType(header("Content-Disposition"))
	name, _ := words.DecodeHeader(disposition["filename"])
	if name == "" && strings.HasPrefix(kind, "text/") {
		if text, err := words.CharsetReader(params["charset"], bytes.NewReader(content)); err == nil {
			if content, err = io.ReadAll(text); err != nil {
				return err
			}
		}
	}
	r.body(kind, name, content)
	return nil
}

func decoded(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}
