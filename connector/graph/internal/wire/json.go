package wire

import (
	"encoding/json"
	"io"
	"net/http"
)

// jsonBody passes JSON on. Control characters within strings, which the service is known to send,
// become blanks; JSON that breaks off ends in io.ErrUnexpectedEOF.
type jsonBody struct {
	src  io.ReadCloser
	must bool // an empty body is one that broke off
	scan scanner
	rec  *Record
}

func (b *jsonBody) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.scan.blank(p[:n])
	if err == io.EOF && (!b.scan.complete() || b.must && !b.scan.any) {
		err = io.ErrUnexpectedEOF
		b.rec.lost(err)
	}
	return n, err
}

func (b *jsonBody) Close() error { return b.src.Close() }

// scanner knows where in a JSON text it is: within a string, and how deep.
type scanner struct {
	depth     int
	text, esc bool
	any       bool // something but blanks was seen
}

// blank replaces the control characters within strings and remembers where it stands.
func (s *scanner) blank(p []byte) {
	for i, c := range p {
		if c > ' ' {
			s.any = true
		}
		if s.text {
			p[i] = s.within(c)
			continue
		}
		switch c {
		case '"':
			s.text = true
		case '{', '[':
			s.depth++
		case '}', ']':
			s.depth--
		}
	}
}

// within reads a byte of a string and returns what takes its place.
func (s *scanner) within(c byte) byte {
	switch {
	case s.esc:
		s.esc = false
		if c < ' ' {
			return 'n'
		}
	case c == '\\':
		s.esc = true
	case c == '"':
		s.text = false
	case c < ' ':
		return ' '
	}
	return c
}

// complete reports whether every string and bracket was closed.
func (s *scanner) complete() bool { return s.depth <= 0 && !s.text }

// parsable returns the body of a failing answer if it is an error object of Graph or Entra, else
// nothing, so that no parser above meets anything else.
func parsable(h http.Header, body []byte) []byte {
	if !isJSON(h) {
		return nil
	}
	var envelope struct {
		Error any `json:"error"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	switch envelope.Error.(type) {
	case string, map[string]any:
		return body
	}
	return nil
}
