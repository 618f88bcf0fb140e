package connector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Kind says what a part of a mail is to its reader.
type Kind string

// The kinds of parts.
const (
	KindFile        Kind = "attachment"  // a file
	KindInline      Kind = "inline"      // a file shown inside the HTML
	KindMessage     Kind = "message"     // a forwarded or returned mail (message/rfc822)
	KindCalendar    Kind = "calendar"    // an invitation (text/calendar, RFC 5545)
	KindTNEF        Kind = "tnef"        // Outlook's winmail.dat, which holds further files (MS-OXTNEF)
	KindReport      Kind = "report"      // what a machine reads of a bounce or receipt (RFC 3464, RFC 8098)
	KindAlternative Kind = "alternative" // another rendering of the text, such as text/x-amp-html
)

// Attachment is one part of a mail that is not its text: a file, a picture shown inline, a
// forwarded mail, an invitation, a delivery report.
type Attachment struct {
	Part      string `json:"part"`              // its number, as IMAP counts (RFC 9051 §6.4.5)
	Kind      Kind   `json:"kind"`              // what it is to the reader
	Name      string `json:"name,omitempty"`    // file name, decoded, as the sender wrote it: not safe as a path, see SafeName
	Type      string `json:"type"`              // media type in lower case
	Charset   string `json:"charset,omitempty"` // of a text, as its header names it; the content is not converted
	ContentID string `json:"contentID,omitempty"`
	Inline    bool   `json:"inline,omitempty"` // shown inside the HTML
	Size      int64  `json:"size"`             // bytes, decoded; 0 as well if they were not read
	SHA256    string `json:"sha256,omitempty"` // of the decoded bytes, in hex; empty if they were not read

	mail *Message
	data []byte // kept if small
}

// newAttachment takes over a part.
func newAttachment(m *Message, p *mailparse.Part) *Attachment {
	a := &Attachment{Part: p.ID, Kind: Kind(p.Kind.String()), Name: p.Name, Type: p.Type, Charset: p.Charset,
		ContentID: p.ContentID, Inline: p.Inline, Size: p.Size, mail: m, data: p.Data}
	if p.Size == 0 && m.Depth < DepthWhole { // left out, as far as anyone knows
		a.data = nil
		return a
	}
	if p.SHA256 != ([sha256.Size]byte{}) {
		a.SHA256 = hex.EncodeToString(p.SHA256[:])
	}
	return a
}

// Loaded reports whether the content is in memory, so that Open asks no service.
func (a *Attachment) Loaded() bool { return a.data != nil || a.Size == 0 && a.SHA256 != "" }

// Open returns the decoded content, to be read once and closed. What was not read with the message
// is fetched now, as a stream.
func (a *Attachment) Open(ctx context.Context) (io.ReadCloser, error) {
	if a.Loaded() {
		return io.NopCloser(bytes.NewReader(a.data)), nil
	}
	if a.mail == nil {
		return nil, &Error{Op: "open attachment " + quote(a.Name), Kind: ErrNotFound, Err: errors.New("the attachment is of no mail")}
	}
	if a.mail.part != nil {
		return a.mail.part(ctx, a.Part)
	}
	raw, err := a.mail.Raw(ctx)
	if err != nil {
		return nil, err
	}
	r, err := mailparse.Open(raw, a.Part, mailparse.Limits{})
	if err != nil {
		raw.Close()
		return nil, &Error{Op: "open attachment " + quote(a.Name), Kind: ErrNotFound, Err: err}
	}
	return partReader{r, raw}, nil
}

// partReader reads one part and closes the mail it is in.
type partReader struct {
	io.Reader
	io.Closer
}
