package mailparse

import (
	"errors"
	"io"
)

// ErrNoPart is what Open returns for a part that the mail does not have.
var ErrNoPart = errors.New("mailparse: the mail has no such part")

// Head reads a header block. It may end in an empty line or not, in LF or
// CRLF. HeadOnly is set on what it returns.
func Head(raw []byte, l Limits) *Mail { return &Mail{HeadOnly: true, Size: int64(len(raw))} }

// Read reads a mail to its end, once. The error is that of r and nothing
// else: what is broken in the mail is in Defects. What was read before an
// error is returned with it.
func Read(r io.Reader, l Limits) (*Mail, error) { return &Mail{}, nil }

// Open streams the decoded bytes of one part, by its ID; the charset of a
// text is left as it is. It reads r up to the part at once and the rest as
// the caller reads. The error is ErrNoPart, or that of r.
func Open(r io.Reader, part string, l Limits) (io.Reader, error) { return nil, ErrNoPart }

// Addresses reads an address list (RFC 5322 section 3.4) as mail programs
// do: groups, comments, missing brackets, 8-bit names, encoded words and
// internationalised addresses included.
func Addresses(raw string) ([]Address, []Defect) { return nil, nil }

// DecodeHeader decodes the value of a header field: RFC 2047 words, raw
// 8-bit text, folding.
func DecodeHeader(raw string) string { return raw }
