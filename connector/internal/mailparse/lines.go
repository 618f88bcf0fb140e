package mailparse

import (
	"bytes"
	"errors"
	"io"
)

// The window begins small, since most mails are, and grows with the mail.
const firstWindow, windowBytes = 4 << 10, 32 << 10

// input is a window that moves over the bytes of a mail. A mail whose only
// line end is CR is read as if it had LF.
type input struct {
	r        io.Reader // nil: buf is all there is
	buf      []byte
	pos, end int
	size     int64 // bytes taken from r
	err      error // why r ended; nil while it has not
	started  bool
	crOnly   bool
}

func newInput(r io.Reader) *input {
	return &input{r: r, buf: make([]byte, firstWindow)}
}

// newBytesInput reads raw in place. It is written to only if it has CR line
// ends, and then in a copy.
func newBytesInput(raw []byte) *input {
	return &input{buf: raw, end: len(raw), size: int64(len(raw)), err: io.EOF}
}

// window is what is buffered and not yet consumed. It is valid until more.
func (in *input) window() []byte {
	if !in.started {
		in.start()
	}
	return in.buf[in.pos:in.end]
}

func (in *input) consume(n int) { in.pos += n }

// atEnd tells whether the window is all that is left.
func (in *input) atEnd() bool { return in.err != nil }

// failure is the error of r, nil if the mail ended as it should.
func (in *input) failure() error {
	if errors.Is(in.err, io.EOF) {
		return nil
	}
	return in.err
}

// more makes the window longer. It is false at the end of the mail and when
// the buffer is full.
func (in *input) more() bool {
	if in.err != nil {
		return false
	}
	if in.pos > 0 {
		in.end = copy(in.buf, in.buf[in.pos:in.end])
		in.pos = 0
	}
	return in.fill()
}

func (in *input) fill() bool {
	if n := len(in.buf); in.err == nil && n < windowBytes && in.size >= int64(n) {
		in.buf = append(make([]byte, 0, 2*n), in.buf...)[:2*n]
	}
	for range 100 { // as bufio does: a reader that keeps giving nothing is broken
		if in.err != nil || in.end == len(in.buf) {
			return false
		}
		n, err := in.r.Read(in.buf[in.end:])
		in.size += int64(n)
		in.err = err
		if in.crOnly {
			crToLF(in.buf[in.end : in.end+n])
		}
		in.end += n
		if n > 0 {
			return true
		}
	}
	in.err = io.ErrNoProgress
	return false
}

// start fills the window until it shows which line ends the mail has.
func (in *input) start() {
	in.started = true
	for bytes.IndexByte(in.buf[:in.end], '\n') < 0 && in.fill() {
	}
	head := in.buf[:in.end]
	if bytes.IndexByte(head, '\n') >= 0 || bytes.IndexByte(head, '\r') < 0 {
		return
	}
	in.crOnly = true
	if in.r == nil {
		in.buf = bytes.Clone(in.buf)
	}
	crToLF(in.buf[:in.end])
}

func crToLF(b []byte) {
	for i, c := range b {
		if c == '\r' {
			b[i] = '\n'
		}
	}
}

// line consumes the next line, or as much of it as the window can hold; last
// tells whether the line ends with it. The line end is cut off. At the end
// of the mail it is nil and false.
func (in *input) line() (part []byte, last bool) {
	for {
		w := in.window()
		if i := bytes.IndexByte(w, '\n'); i >= 0 {
			in.consume(i + 1)
			return w[:i], true
		}
		if in.more() {
			continue
		}
		w = in.window()
		in.consume(len(w))
		if len(w) == 0 {
			return nil, false
		}
		return w, in.atEnd()
	}
}

// drain reads to the end of the mail.
func (in *input) drain() {
	for {
		in.consume(len(in.window()))
		if !in.more() && in.atEnd() {
			return
		}
	}
}
