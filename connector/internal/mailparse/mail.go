package mailparse

import "time"

// Mail is a mail as it was read. Text is UTF-8 with LF line ends, whatever
// the mail used. Slices and Data are the caller's own.
type Mail struct {
	// Fields are the header fields in order, duplicates kept.
	Fields []Field

	// From, Sender and the other address lists hold every address of their
	// header, groups flattened. To, Cc, Bcc and ReplyTo join all instances
	// of the header; From and Sender read the first.
	From, Sender, ReplyTo, To, Cc, Bcc []Address

	Subject    string    // the first Subject, decoded
	MessageID  string    // without the angle brackets
	InReplyTo  string    // the first id of In-Reply-To, without the brackets
	References []string  // the ids of References, oldest first
	Date       time.Time // zero if missing or unreadable

	// Text and HTML are the decoded body parts of type text/plain and
	// text/html, joined in order; format=flowed is unflowed (RFC 3676).
	Text, HTML string

	Parts   []Part   // every leaf that is not a body part, in order
	Defects []Defect // what was broken, and how it was read

	Size      int64 // bytes read
	HeadOnly  bool  // made by Head: nothing below the header was looked at
	Truncated bool  // a limit cut something readable; Defects names it
}

// Field is one header field.
type Field struct {
	Name  string // in canonical form: "Message-Id", "Dkim-Signature"
	Value string // unfolded, RFC 2047 words and charset decoded
	Raw   string // as on the wire, unfolded
}

// Address is one mailbox of an address list.
type Address struct {
	Name string // the display name, decoded
	Addr string // the address as written, without angle brackets; "" if there was none
}

// Part is a leaf of the mail that is not shown as its text.
type Part struct {
	ID          string // "1.2", as IMAP numbers it (RFC 9051 section 6.4.5.1)
	Name        string // the file name, decoded; not safe to use as a path
	Type        string // the media type in lower case: "application/pdf"
	Charset     string // the charset parameter as written
	ContentID   string // without the angle brackets
	Disposition string // "attachment", "inline" or "", in lower case
	Kind        Kind
	Inline      bool     // shown inside the HTML: named there by cid, or disposition inline with a Content-ID
	Size        int64    // bytes after the transfer encoding was decoded
	SHA256      [32]byte // of the decoded bytes
	Data        []byte   // the decoded bytes; nil if not kept (Limits.KeepBytes)
}

// Kind says what a part is to the reader of the mail.
type Kind int

// The kinds of parts.
const (
	KindAttachment  Kind = iota // a file
	KindInline                  // a file shown inside the HTML
	KindMessage                 // a forwarded or returned mail (message/rfc822)
	KindCalendar                // an invitation (text/calendar)
	KindTNEF                    // Outlook's winmail.dat
	KindReport                  // the machine part of a bounce or receipt (RFC 3464, RFC 8098)
	KindAlternative             // another rendering of the text: text/x-amp-html, text/enriched
)

var kindNames = [...]string{"attachment", "inline", "message", "calendar", "tnef", "report", "alternative"}

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

// Defect is something in a mail that the standards do not allow.
type Defect struct {
	Part string // the id of the part, "" for the mail's own header
	What string // what was broken and how it was read; without control characters
}
