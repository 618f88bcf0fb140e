package connector

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/htmltext"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Message is one mail, read as deep as the query asked for. It is the caller's own copy.
type Message struct {
	ID       string    `json:"id"`       // the service's id, as of when it was read
	Folders  []Folder  `json:"folders"`  // where it lay then
	Received time.Time `json:"received"` // by the service's clock
	Size     int64     `json:"size"`     // bytes, 0 if not told

	From       []Address `json:"from,omitempty"`
	Sender     []Address `json:"sender,omitempty"` // who sent it for From (RFC 5322 §3.6.2)
	ReplyTo    []Address `json:"replyTo,omitempty"`
	To         []Address `json:"to,omitempty"`
	Cc         []Address `json:"cc,omitempty"`
	Bcc        []Address `json:"bcc,omitempty"`
	Subject    string    `json:"subject"`
	MessageID  string    `json:"messageID"` // without angle brackets
	InReplyTo  string    `json:"inReplyTo,omitempty"`
	References []string  `json:"references,omitempty"`
	Date       time.Time `json:"date,omitzero"` // the sender's clock
	Header     Header    `json:"-"`

	Text        string        `json:"text,omitempty"` // the text/plain parts, with LF line ends
	HTML        string        `json:"html,omitempty"` // the text/html parts
	Attachments []*Attachment `json:"attachments,omitempty"`
	Defects     []Defect      `json:"defects,omitempty"`   // what was broken, and still read
	Truncated   bool          `json:"truncated,omitempty"` // a limit of the parser cut something readable; Defects names it
	Depth       Depth         `json:"-"`                   // how much of the mail was read
	Rebuilt     bool          `json:"rebuilt,omitempty"`   // made from the service's fields: not the bytes received

	open func(ctx context.Context, want Depth) (*Source, error)
	part func(ctx context.Context, id string) (io.ReadCloser, error)
	from *arrival // what a wait gave; nil else
}

// Defect is something broken in a mail that was read all the same.
type Defect struct {
	Part string `json:"part,omitempty"` // number of the part, "" for the header
	What string `json:"what"`
}

// ReadMessage parses a mail from r. Only a failing r is an error; what is broken in the mail
// stands in Defects. The attachments' content is read when they are opened, from memory.
func ReadMessage(r io.Reader) (*Message, error) {
	var all bytes.Buffer
	if l, ok := r.(interface{ Len() int }); ok {
		all.Grow(l.Len() + bytes.MinRead) // else it would grow by copies
	}
	if _, err := all.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	raw := all.Bytes()
	p, err := mailparse.Read(bytes.NewReader(raw), mailparse.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	m := &Message{Depth: DepthWhole, Size: int64(len(raw))}
	m.open = func(context.Context, Depth) (*Source, error) {
		return &Source{ReadCloser: io.NopCloser(bytes.NewReader(raw)), Depth: DepthWhole}, nil
	}
	m.fill(p)
	return m, nil
}

// Body returns what a reader sees: the text part, else the text shown by the HTML part.
func (m *Message) Body() string {
	if strings.TrimSpace(m.Text) != "" || m.HTML == "" {
		return m.Text
	}
	return htmltext.Text(m.HTML)
}

// readable returns every rendering of the body that counts as text.
func (m *Message) readable() []string {
	var out []string
	if m.Text != "" {
		out = append(out, m.Text)
	}
	if m.HTML != "" {
		out = append(out, htmltext.Text(m.HTML))
	}
	return out
}

// Texts returns the text and the text that the HTML shows: what Query.Body is compared with.
func (m *Message) Texts() []string { return m.readable() }

// Recipients returns everyone the mail was for: To, Cc, Bcc, and the topmost Delivered-To,
// X-Original-To and Envelope-To, each address once.
func (m *Message) Recipients() []Address {
	all := slices.Concat(m.To, m.Cc, m.Bcc)
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To"} {
		if v := m.Header.Get(name); v != "" {
			got, _ := mailparse.Addresses(v)
			all = append(all, addresses(got)...)
		}
	}
	var out []Address
	for _, a := range all {
		if !slices.ContainsFunc(out, func(b Address) bool { return normAddr(a.Addr) == normAddr(b.Addr) }) {
			out = append(out, a)
		}
	}
	return out
}

// Thread returns the Message-ID of the mail that began the conversation, as far as the header tells:
// the first of References, else In-Reply-To, else the mail's own (RFC 5322 §3.6.4).
func (m *Message) Thread() string {
	switch {
	case len(m.References) > 0:
		return m.References[0]
	case m.InReplyTo != "":
		return m.InReplyTo
	}
	return m.MessageID
}

// Raw opens the whole mail as the service has it, to be read once and closed. On a message that
// was made without a connection it is an [ErrNotFound].
func (m *Message) Raw(ctx context.Context) (io.ReadCloser, error) {
	if m.open == nil {
		return nil, &Error{Op: "open raw mail", Kind: ErrNotFound, Err: fmt.Errorf("the message has no source")}
	}
	s, err := m.open(ctx, DepthWhole)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Attachment returns the one attachment whose name matches the [path.Match] pattern, in any case.
// None, or several, is an [ErrNotFound] that lists the names.
func (m *Message) Attachment(glob string) (*Attachment, error) {
	var found []*Attachment
	for _, a := range m.Attachments {
		if ok, err := path.Match(fold(glob), fold(a.Name)); err != nil {
			return nil, queryError("Attachment", quote(glob)+" is no pattern", "path.Match says which are")
		} else if ok {
			found = append(found, a)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	names := m.attachmentNames()
	if names == "" {
		names = "none"
	}
	return nil, &Error{Op: "pick attachment " + quote(glob), Kind: ErrNotFound,
		Err: fmt.Errorf("%d match; the mail has: %s", len(found), names), Remedy: "name exactly one"}
}

// attachmentNames lists the names of the attachments.
func (m *Message) attachmentNames() string {
	var names []string
	for _, a := range m.Attachments {
		if !a.Inline {
			names = append(names, a.Name)
		}
	}
	return strings.Join(names, ", ")
}

// fill takes over what the parser found.
func (m *Message) fill(p *mailparse.Mail) {
	m.From, m.Sender, m.ReplyTo = addresses(p.From), addresses(p.Sender), addresses(p.ReplyTo)
	m.To, m.Cc, m.Bcc = addresses(p.To), addresses(p.Cc), addresses(p.Bcc)
	m.Subject, m.MessageID, m.InReplyTo, m.References, m.Date = p.Subject, p.MessageID, p.InReplyTo, p.References, p.Date
	m.Header = headerOf(p.Fields)
	m.Text, m.HTML, m.Truncated = p.Text, p.HTML, p.Truncated
	m.Attachments = nil
	for i := range p.Parts {
		m.Attachments = append(m.Attachments, newAttachment(m, &p.Parts[i]))
	}
	m.Defects = nil
	for _, d := range p.Defects {
		m.Defects = append(m.Defects, Defect{Part: d.Part, What: d.What})
	}
}

// headOnly returns the message as if its header alone had been read.
func (m *Message) headOnly() *Message {
	h := *m
	h.Depth, h.Text, h.HTML, h.Attachments, h.Truncated = DepthHead, "", "", nil, false
	h.Defects = slices.DeleteFunc(slices.Clone(m.Defects), func(d Defect) bool { return d.Part != "" })
	return &h
}

// copy returns the caller's own copy. The strings are shared, the slices are not.
func (m *Message) copy() *Message {
	c := *m
	c.Folders, c.References, c.Defects = slices.Clone(m.Folders), slices.Clone(m.References), slices.Clone(m.Defects)
	c.From, c.Sender, c.ReplyTo = slices.Clone(m.From), slices.Clone(m.Sender), slices.Clone(m.ReplyTo)
	c.To, c.Cc, c.Bcc, c.Header = slices.Clone(m.To), slices.Clone(m.Cc), slices.Clone(m.Bcc), slices.Clone(m.Header)
	c.Attachments = make([]*Attachment, len(m.Attachments))
	for i, a := range m.Attachments {
		own := *a
		own.mail = &c
		c.Attachments[i] = &own
	}
	return &c
}
