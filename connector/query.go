package connector

import (
	"regexp"
	"time"
)

// Query says which mails are wanted. All criteria that are set must hold; a zero field is no
// criterion. It means the same in a wait, a find, a file, on the command line and in a report.
//
// Text is compared folded: RFC 2047 words and charsets decoded, full-width forms narrowed, Unicode
// NFC, every kind of blank one space, invisible marks removed, full case folding (ß = SS), trimmed.
// Regular expressions see the same text with its case, blanks and lines kept.
type Query struct {
	// To, Cc and From match if any address of that header has the same addr-spec: local part in
	// any case, plus-tag and dots significant, domain in any case and as IDNA. The display name is
	// not looked at ("Ada <ada@example.com>" is accepted and means the address). "@example.com" is
	// any address in exactly that domain.
	To   string `json:"to,omitempty" yaml:"to,omitempty"`
	Cc   string `json:"cc,omitempty" yaml:"cc,omitempty"`
	From string `json:"from,omitempty" yaml:"from,omitempty"`
	// Recipient matches like To, in To, Cc, Bcc, the topmost Delivered-To, X-Original-To and
	// Envelope-To: whoever the mail was for.
	Recipient string `json:"recipient,omitempty" yaml:"recipient,omitempty"`
	// Subject is contained in the subject; "Re:" is part of it.
	Subject string `json:"subject,omitempty" yaml:"subject,omitempty"`
	// Body is contained in the text part, or in the text that the HTML part shows; the targets of
	// links are not text.
	Body string `json:"body,omitempty" yaml:"body,omitempty"`
	// SubjectRE and BodyRE are found anywhere in the subject or the body, case-sensitive unless
	// they say (?i).
	SubjectRE *regexp.Regexp `json:"subjectRE,omitempty" yaml:"subjectRE,omitempty"`
	BodyRE    *regexp.Regexp `json:"bodyRE,omitempty" yaml:"bodyRE,omitempty"`
	// MessageID equals the Message-ID header, with or without the angle brackets.
	MessageID string `json:"messageID,omitempty" yaml:"messageID,omitempty"`
	// Attachment is a path.Match pattern for the file name of an attachment, parts shown inline
	// left out; "*" is any.
	Attachment string `json:"attachment,omitempty" yaml:"attachment,omitempty"`
	// Header lists headers and what one instance of each contains; "" asks for presence.
	Header map[string]string `json:"header,omitempty" yaml:"header,omitempty"`
	// Folder is where the mail lies; zero is the Inbox, [Anywhere] is any folder.
	Folder Folder `json:"folder,omitempty" yaml:"folder,omitempty"`
	// Since (included) and Before (excluded) bound the time of receipt by the service's clock, in
	// whole seconds.
	Since  time.Time `json:"since,omitzero" yaml:"since,omitempty"`
	Before time.Time `json:"before,omitzero" yaml:"before,omitempty"`
	// AnyOf holds if at least one of its queries does. Their Folder, Claim and HeadOnly are not used.
	AnyOf []Query `json:"anyOf,omitempty" yaml:"anyOf,omitempty"`
	// Where sees the full message after all else matched: nil is a match, an error's text is the
	// reason why not. It runs on the goroutine of the caller, under no lock.
	Where func(*Message) error `json:"-" yaml:"-"`
	// Everything allows a query without criteria, which is refused otherwise.
	Everything bool `json:"everything,omitempty" yaml:"everything,omitempty"`
	// Claim reserves the mail: no other claiming wait gets it, in this process or, where the
	// service can, in another.
	Claim bool `json:"claim,omitempty" yaml:"claim,omitempty"`
	// HeadOnly leaves the text unread: the message has the header's fields only.
	HeadOnly bool `json:"headOnly,omitempty" yaml:"headOnly,omitempty"`
}

// Check reports what is wrong with the query, as an [ErrConfig] that names the field: no
// criterion, a blank value, an address that is none, a pattern that does not compile.
func (q Query) Check() error {
	_, err := q.compile()
	if err != nil {
		return err
	}
	return nil
}

// Mismatch compares the message with the query: nil if all criteria hold, else each that failed,
// with how near it came.
func (q Query) Mismatch(m *Message) []Reason {
	c, err := q.compile()
	if err != nil {
		return []Reason{{Criterion: "Query", Got: err.Error()}}
	}
	return c.mismatch(newView(m))
}

// needsText reports whether the query can be decided by the header alone or not.
func (q Query) needsText() bool {
	if q.Body != "" || q.BodyRE != nil || q.Attachment != "" || q.Where != nil {
		return true
	}
	for _, a := range q.AnyOf {
		if a.needsText() {
			return true
		}
	}
	return false
}

// Reason is one criterion that a mail did not meet.
type Reason struct {
	Criterion string `json:"criterion"`      // the field of Query: "Subject", "Header[X-Run]"
	Want      string `json:"want,omitempty"` // what was asked for
	Got       string `json:"got,omitempty"`  // what the mail has
	Near      string `json:"near,omitempty"` // how near it came: "differs at character 9"
}

// String returns the reason as a short sentence.
func (r Reason) String() string {
	s := r.Criterion
	if r.Want != "" {
		s += " wants " + quote(r.Want)
		if r.Got != "" {
			s += ", has " + quote(r.Got)
		}
	} else if r.Got != "" {
		s += ": " + oneLine(r.Got)
	}
	if r.Near != "" {
		s += " (" + r.Near + ")"
	}
	return s
}
