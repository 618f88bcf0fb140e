// Package rebuild writes a mail anew from the fields of a service that does not hand out its
// bytes. What it writes is well-formed (RFC 5322, RFC 2045): ASCII where ASCII is asked for, lines
// of bearable length, and a structure known beforehand: the text is part 1, the files are the parts
// from 2 on ("1" alone where there are no files).
package rebuild

import (
	"io"
	"time"
)

// Mail is what the service tells.
type Mail struct {
	From, Sender         Address
	To, Cc, Bcc, ReplyTo []Address
	Subject, MessageID   string
	Date                 time.Time
	Header               []Field // the header that was received, where the service has it
	Text                 string
	HTML                 bool // the text is HTML
	Files                []File
}

// Address is a person.
type Address struct{ Name, Addr string }

// Field is one line of a header, unfolded.
type Field struct{ Name, Value string }

// File is an attachment.
type File struct {
	Name, Type, ContentID string
	Inline                bool
	Item                  bool // a mail of its own
	// Open gives the content. nil leaves the part empty.
	Open func() (io.ReadCloser, error)
}
