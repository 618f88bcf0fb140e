package pop3

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// lineMax is the longest line of an answer that is no mail; RFC 1939 allows 512 bytes.
const lineMax = 16 << 10

// readLine reads one line of an answer, without its end.
func readLine(r *bufio.Reader) (string, error) {
	b, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errLongLine
	}
	if errors.Is(err, io.EOF) && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
}

// readStatus reads the first line of an answer to a command: +OK, or -ERR as a *RefusalError.
func readStatus(r *bufio.Reader, command string) (string, error) {
	line, err := readLine(r)
	if err != nil {
		return "", err
	}
	word, text, _ := strings.Cut(line, " ")
	switch word {
	case "+OK":
		return text, nil
	case "+": // a challenge of SASL
		return text, errChallenge
	case "-ERR":
		code := ""
		if rest, ok := strings.CutPrefix(text, "["); ok {
			if c, words, ok := strings.Cut(rest, "]"); ok {
				code, text = c, strings.TrimSpace(words)
			}
		}
		return "", &RefusalError{Command: command, Code: code, Text: text}
	}
	return "", errGrammar
}

// body reads an answer of several lines up to its end. The bytes are those of the mail: doubled
// dots are single again, and no line end is touched. Only CRLF ends a line, so that a lone LF in a
// mail cannot end it.
type body struct {
	r     *bufio.Reader
	inner bool   // not at the beginning of a line
	cr    bool   // the last byte was a CR
	rest  []byte // of the reader's buffer, not given out yet
	err   error
}

// Read implements [io.Reader]; io.EOF is the end of the answer, not of the connection.
func (b *body) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// fill takes the next line, or the next piece of a long one.
func (b *body) fill() {
	piece, err := b.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
	case errors.Is(err, io.EOF):
		b.err = io.ErrUnexpectedEOF
		return
	case err != nil:
		b.err = err
		return
	}
	if !b.inner && piece[0] == '.' {
		if string(piece) == ".\r\n" {
			b.err = io.EOF
			return
		}
		piece = piece[1:]
	}
	b.rest = piece
	b.inner = !bytes.HasSuffix(piece, []byte("\r\n")) && !(b.cr && string(piece) == "\n")
	b.cr = bytes.HasSuffix(piece, []byte("\r"))
}

// linesMax bounds an answer of several lines, which is one for each mail.
const linesMax = 1 << 20

// readLines reads an answer of several short lines and hands out each.
func readLines(r *bufio.Reader, each func(string)) error {
	for range linesMax {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || line == "." {
			return err
		}
		each(strings.TrimPrefix(line, "."))
	}
	return errGrammar
}
