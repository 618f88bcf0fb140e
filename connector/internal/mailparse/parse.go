package mailparse

import (
	"errors"
	"io"
	"time"
)

// ErrNoPart is what Open returns for a part that the mail does not have.
var ErrNoPart = errors.New("mailparse: the mail has no such part")

// Head reads a header block. It may end in an empty line or not, in LF or
// CRLF; what follows an empty line is not looked at. HeadOnly is set on what
// it returns.
func Head(raw []byte, l Limits) *Mail {
	w := walker{limits: l.withDefaults()}
	w.in = newBytesInput(raw)
	m := &Mail{HeadOnly: true}
	w.headOf(m)
	w.seal(m)
	m.Size = int64(len(raw))
	return m
}

// Read reads a mail to its end, once. The error is that of r and nothing
// else: what is broken in the mail is in Defects. What was read before an
// error is returned with it.
func Read(r io.Reader, l Limits) (*Mail, error) {
	b := newBodyReader(r, l)
	e := b.headOf(b.mail)
	for e = b.first(e); e != nil; e = b.next() {
		b.leaf(e)
	}
	b.finish()
	b.seal(b.mail)
	return b.mail, b.in.failure()
}

// Open streams the decoded bytes of one part, by its ID; the charset of a
// text is left as it is. It reads r up to the part at once and the rest as
// the caller reads. The error is ErrNoPart, or that of r.
func Open(r io.Reader, part string, l Limits) (io.Reader, error) {
	w := &walker{limits: l.withDefaults()}
	w.in = newInput(r)
	for e := w.first(w.headOf(&Mail{})); e != nil; e = w.next() {
		if e.id == part {
			p := &partReader{w: w}
			p.dec, _ = p.all.pick(e.encoding)
			return p, nil
		}
	}
	if err := w.in.failure(); err != nil {
		return nil, err
	}
	return nil, ErrNoPart
}

// partReader reads the decoded content of the leaf that its walker is at.
type partReader struct {
	w   *walker
	all decoders
	dec decoder
	buf []byte // decoded, of which at is read
	at  int
	end bool
}

// Read implements io.Reader.
func (p *partReader) Read(b []byte) (int, error) {
	for p.at == len(p.buf) {
		if p.end {
			return 0, errOrEOF(p.w.in.failure())
		}
		p.buf, p.at = p.buf[:0], 0
		if piece := p.w.content(); piece != nil {
			p.buf = p.dec.decode(p.buf, piece)
		} else {
			p.buf, p.end = p.dec.flush(p.buf), true
		}
	}
	n := copy(b, p.buf[p.at:])
	p.at += n
	return n, nil
}

func errOrEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// Date reads a date as mails write it (RFC 5322 section 3.3), also in the
// obsolete and broken forms. ok is false if it cannot be read.
func Date(value string) (date time.Time, ok bool) {
	date, _, ok = parseDate(value)
	return date, ok
}

// DecodeHeader decodes the value of a header field: RFC 2047 words, raw
// 8-bit text, folding.
func DecodeHeader(raw string) string { return decodeWords(unfoldString(raw), "") }
