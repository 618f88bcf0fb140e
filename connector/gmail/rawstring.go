package gmail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
)

// rawString reads the mail's string up to its closing quote and decodes it: base64 in either
// alphabet, padded or not (RFC 4648 §4 and §5). Google escapes "=" at times (\u003d).
type rawString struct {
	in   *bufio.Reader
	text []byte // of the URL-safe alphabet, not decoded yet
	mail []byte // the room for what is decoded
	out  []byte // decoded, not handed on yet
	over bool
}

// Read implements [io.Reader].
func (s *rawString) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		if s.over {
			return 0, io.EOF
		}
		if err := s.piece(); err != nil {
			return 0, err
		}
		if err := s.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// piece takes over what is there, up to the next quote or escape.
func (s *rawString) piece() error {
	if _, err := s.in.Peek(1); err != nil {
		return broken(err)
	}
	b, _ := s.in.Peek(s.in.Buffered())
	end, escape := len(b), false
	if i := bytes.IndexByte(b, '"'); i >= 0 {
		end, s.over = i, true
	}
	if i := bytes.IndexByte(b[:end], '\\'); i >= 0 {
		end, s.over, escape = i, false, true
	}
	s.take(b[:end])
	if s.over || escape {
		end++
	}
	if _, err := s.in.Discard(end); err != nil || !escape {
		return err
	}
	c, err := s.escape()
	if err == nil {
		s.take([]byte{c})
	}
	return err
}

// odd are the characters that do not stand as they are in what is decoded.
var odd = []byte("+/=\r\n")

// take appends characters, in the URL-safe alphabet and without padding.
func (s *rawString) take(b []byte) {
	if !slices.ContainsFunc(odd, func(c byte) bool { return bytes.IndexByte(b, c) >= 0 }) {
		s.text = append(s.text, b...)
		return
	}
	for _, c := range b {
		switch c {
		case '=', '\r', '\n':
			continue
		case '+':
			c = '-'
		case '/':
			c = '_'
		}
		s.text = append(s.text, c)
	}
}

// decode decodes what is whole, at the end all.
func (s *rawString) decode() error {
	whole := len(s.text) / 4 * 4
	if s.over {
		whole = len(s.text)
	}
	var err error
	s.mail, err = base64.RawURLEncoding.AppendDecode(s.mail[:0], s.text[:whole])
	s.out = s.mail
	s.text = append(s.text[:0], s.text[whole:]...)
	return err
}

// escape reads what follows a backslash.
func (s *rawString) escape() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		return 0, broken(err)
	}
	switch c {
	case '/':
		return c, nil
	case 'n', 'r':
		return '\n', nil
	case 'u':
		var hex [4]byte
		if _, err := io.ReadFull(s.in, hex[:]); err != nil {
			return 0, broken(err)
		}
		if v, err := strconv.ParseUint(string(hex[:]), 16, 8); err == nil {
			return byte(v), nil
		}
	}
	return 0, errAnswer
}
