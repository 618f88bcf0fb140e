package imap

import (
	"errors"
	"io"

	imap "github.com/emersion/go-imap/v2"
)

// literal is content that comes from the server, such as a mail. It ends before its announced size with an error, never
// with [io.EOF].
//
// go-imap's reader of the connection goes on as soon as a read of the literal fails, and when the command is closed the
// literal is read once more, to drop what is left of it: both at once is a race. So a literal that fails breaks the
// connection, waits until that reader has ended, and keeps its error.
type literal struct {
	conn *conn
	from imap.LiteralReader // nil is no content: NIL
	left int64              // bytes that are still to come
	err  error
}

func (c *conn) literal(from imap.LiteralReader) *literal {
	if from == nil {
		return &literal{err: io.EOF}
	}
	return &literal{conn: c, from: from, left: from.Size()}
}

// Read implements [io.Reader].
func (l *literal) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.from.Read(p)
	l.left -= int64(n)
	if err != nil && l.left > 0 {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		l.conn.kill()
		<-l.conn.imap.Closed()
	}
	l.err = err
	return n, err
}
