package connector

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// Draft is a mail to send: at least one recipient, and Text, HTML, both (alternatives of each other)
// or neither. Addresses are written as "ada@example.com" or "Ada <ada@example.com>". Date and
// Message-ID are made when it is sent.
type Draft struct {
	To, Cc, Bcc []string
	Subject     string
	Text, HTML  string
	Attachments []File
	// Header adds fields, such as X-Run-Id, of one line each. Those that the library writes itself
	// (From, To, Subject, Message-ID, …) are [ErrConfig].
	Header map[string]string
}

// File is an attachment to send.
type File struct {
	Name string // file name, any Unicode
	Type string // media type; empty: by the name's ending, else application/octet-stream
	Data []byte // as it is, not encoded
}

// Receipt names a sent mail.
type Receipt struct {
	MessageID string // without angle brackets: what [Query.MessageID] finds it by
	DryRun    bool   // nothing was sent, because of [Options.DryRun]
	// NoCopy is why Sent has no copy of it, a [*NoCopyError]; nil where it has, or where nobody tells. The
	// mail was sent all the same.
	NoCopy error `json:"-"`
}

// ownFields are written by compose alone.
var ownFields = []string{"From", "To", "Cc", "Bcc", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type",
	"Content-Transfer-Encoding", "In-Reply-To", "References",
	// Some servers deliver by these, too (RFC 5322 §3.6.6).
	"Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To"}

// thread is what a reply continues.
type thread struct {
	inReplyTo  string
	references []string
}

// compose writes the mail and returns it with its Message-ID.
func (d Draft) compose(from string, th thread) ([]byte, string, error) {
	var h mail.Header
	h.SetDate(time.Now())
	h.SetSubject(d.Subject)
	id := rand.Text() + "@" + domainOf(from)
	h.SetMessageID(id)
	lists := map[string][]string{"From": {from}, "To": d.To, "Cc": d.Cc, "Bcc": d.Bcc}
	for _, name := range []string{"From", "To", "Cc", "Bcc"} {
		as, err := mailAddresses(lists[name])
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		if len(as) > 0 {
			h.SetAddressList(name, as)
		}
	}
	if th.inReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{th.inReplyTo})
		h.SetMsgIDList("References", th.references)
	}
	for _, k := range slices.Sorted(maps.Keys(d.Header)) {
		h.SetText(k, d.Header[k])
	}
	var b bytes.Buffer
	if err := d.write(&b, h); err != nil {
		return nil, "", err
	}
	return b.Bytes(), id, nil
}

// write adds the body and the attachments.
func (d Draft) write(w io.Writer, h mail.Header) error {
	mw, err := mail.CreateWriter(w, h)
	if err != nil {
		return err
	}
	if err := d.writeText(mw); err != nil {
		return err
	}
	for _, f := range d.Attachments {
		if err := f.write(mw); err != nil {
			return err
		}
	}
	return mw.Close()
}

// writeText writes the alternatives; a draft without any has an empty text.
func (d Draft) writeText(mw *mail.Writer) error {
	iw, err := mw.CreateInline()
	if err != nil {
		return err
	}
	if d.Text != "" || d.HTML == "" {
		if err := writePart(iw, "text/plain", d.Text); err != nil {
			return err
		}
	}
	if d.HTML != "" {
		if err := writePart(iw, "text/html", d.HTML); err != nil {
			return err
		}
	}
	return iw.Close()
}

func writePart(iw *mail.InlineWriter, kind, text string) error {
	var h mail.InlineHeader
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	w, err := iw.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return w.Close()
}

// write adds the file as an attachment.
func (f File) write(mw *mail.Writer) error {
	var h mail.AttachmentHeader
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil {
		kind, params = "application/octet-stream", nil
		if t, p, err := mime.ParseMediaType(mime.TypeByExtension(extension(f.Name))); err == nil {
			kind, params = t, p
		}
	}
	h.SetContentType(kind, params)
	h.SetFilename(f.Name)
	h.Set("Content-Transfer-Encoding", "base64")
	w, err := mw.CreateAttachment(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.Data); err != nil {
		return err
	}
	return w.Close()
}

// extension returns the ending of a file name, dot included.
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}

// mailAddresses parses addresses as a person writes them.
func mailAddresses(list []string) ([]*mail.Address, error) {
	var out []*mail.Address
	for _, s := range list {
		a, err := mail.ParseAddress(s)
		if err != nil {
			return nil, fmt.Errorf("%s is no address", quote(s))
		}
		out = append(out, a)
	}
	return out, nil
}

// domainOf returns what follows the @.
func domainOf(addr string) string {
	if d := normAddr(addr).domain; d != "" {
		return d
	}
	return "localhost"
}
