package connector

import (
	"context"
	"io"
	"iter"
	"time"
)

// Server names a mailbox and knows how to open it. Backends provide it as a plain struct whose
// fields are the service's own terms.
type Server interface {
	// Mailbox returns the address of the mailbox.
	Mailbox() string
	// Open checks the fields (an [ErrConfig] names the field), gets the first token and looks at
	// the mailbox once, so that whatever is wrong shows here. The folders are those to watch for
	// arrivals, never empty.
	Open(ctx context.Context, watch []Folder) (Backend, error)
}

// Backend is one open mailbox of one service. It is safe for concurrent use, retries nothing, and
// every error it returns is an [*Error]. What else a service can do it says by the abilities,
// such as [Sender].
type Backend interface {
	// End returns the place after the last mail, now.
	End(ctx context.Context) (Cursor, error)
	// Arrivals returns the mails that came into a watched folder after the cursor, or changed
	// folder since, and the cursor after them. They stand in any order and may repeat; none may
	// be missed. What comes beside an error counts, and the cursor beside it resumes. A cursor
	// that the service no longer knows is [ErrCursorLost].
	Arrivals(ctx context.Context, after Cursor) ([]Envelope, Cursor, error)
	// Search yields the mails of the whole mailbox that may match, newest first as far as the
	// service can. It may yield too many, never too few.
	Search(ctx context.Context, q Query) iter.Seq2[Envelope, error]
	// Fetch opens a mail, at least as deep as wanted. A mail that is not there is [ErrNotFound].
	Fetch(ctx context.Context, id string, want Depth) (*Source, error)
}

// Cursor is a place in a mailbox's stream of arrivals.
type Cursor struct {
	// Token is the service's own: a delta link, a history id, UIDVALIDITY and UIDNEXT.
	Token string `json:"t,omitempty"`
	// At is the service's clock when the cursor was taken; zero where it shows none.
	At time.Time `json:"at,omitzero"`
	// Known lists the ids that were there already, up to 15 minutes before At, where listing them
	// costs nothing; nil where it would.
	Known []string `json:"k,omitzero"`
}

// Envelope is what a service tells about a mail without opening it.
type Envelope struct {
	ID       string    // the service's id, valid for Fetch and the acts
	Folders  []Folder  // where it lies; nil if not told
	Received time.Time // by the service's clock; zero if not told
	Size     int64     // bytes, 0 if not told
	// Head is the raw header, nil if not read yet. If set it has at least From, To, Cc, Subject,
	// Date and Message-ID; the session's one parser reads it.
	Head []byte
}

// Depth says how much of a mail is read.
type Depth int

// The depths, each containing the one before.
const (
	DepthHead  Depth = iota + 1 // the header
	DepthText                   // the header and the readable text; attachments may be empty
	DepthWhole                  // the whole mail
)

// String returns the name of the depth.
func (d Depth) String() string {
	switch d {
	case DepthHead:
		return "head"
	case DepthText:
		return "text"
	case DepthWhole:
		return "whole"
	}
	return "none"
}

// Source is an opened mail: RFC 5322 bytes, to be read once and closed.
type Source struct {
	io.ReadCloser
	Depth    Depth     // how deep it really is
	Rebuilt  bool      // made from the service's fields, not the bytes that were received: no DKIM
	Folders  []Folder  // where the mail lies, if the fetch told; nil otherwise
	Received time.Time // by the service's clock, if the fetch told
	Size     int64     // bytes of the whole mail, 0 if not told
}
