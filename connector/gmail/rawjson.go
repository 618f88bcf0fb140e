package gmail

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxValue bounds each member of an answer but the mail itself.
const maxValue = 1 << 20

// errAnswer is an answer that is no message in JSON.
var errAnswer = errors.New("the answer is no message in JSON")

// rawMessage reads a message of format raw (JSON, RFC 8259) as a stream: the members may stand in
// any order, and the mail is handed on while it comes in.
type rawMessage struct {
	in        *bufio.Reader
	labels    []string
	date      int64 // internalDate, ms
	hasLabels bool
	hasDate   bool
	begun     bool
}

func newRawMessage(r io.Reader) *rawMessage { return &rawMessage{in: bufio.NewReaderSize(r, 16<<10)} }

// open reads up to the mail and returns it, decoded. An answer without one is an error.
func (m *rawMessage) open() (io.Reader, error) {
	if err := m.expect('{'); err != nil {
		return nil, err
	}
	found, err := m.members()
	if err == nil && !found {
		err = fmt.Errorf("%w: it has no raw", errAnswer)
	}
	if err != nil {
		return nil, err
	}
	return &rawString{in: m.in}, nil
}

// finish reads what stands after the mail.
func (m *rawMessage) finish() error {
	_, err := m.members()
	return err
}

// members reads members until the mail's string begins; false if the object ends before.
func (m *rawMessage) members() (bool, error) {
	for {
		c, err := m.next()
		switch {
		case err != nil:
			return false, err
		case c == '}':
			return false, nil
		case m.begun && c != ',':
			return false, errAnswer
		case m.begun:
			c, err = m.next()
		}
		if err != nil || c != '"' {
			return false, broken(err)
		}
		m.begun = true
		name, err := m.text()
		if err == nil {
			err = m.expect(':')
		}
		if err != nil {
			return false, err
		}
		if name == "raw" {
			return true, m.expect('"')
		}
		if err := m.member(name); err != nil {
			return false, err
		}
	}
}

// member reads one value.
func (m *rawMessage) member(name string) error {
	value, err := m.value()
	if err != nil {
		return err
	}
	switch name {
	case "labelIds":
		m.hasLabels = true
		err = json.Unmarshal(value, &m.labels)
	case "internalDate":
		m.hasDate = true
		var text string
		if err = json.Unmarshal(value, &text); err == nil {
			m.date, err = strconv.ParseInt(text, 10, 64)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %s", errAnswer, name)
	}
	return nil
}

// text reads the rest of a string whose quote was read.
func (m *rawMessage) text() (s string, err error) {
	b, err := m.quoted([]byte{'"'})
	if err != nil {
		return "", err
	}
	if json.Unmarshal(b, &s) != nil {
		return "", errAnswer
	}
	return s, nil
}

// quoted appends the rest of a string to b.
func (m *rawMessage) quoted(b []byte) ([]byte, error) {
	for {
		c, err := m.in.ReadByte()
		if err != nil {
			return nil, broken(err)
		}
		b = append(b, c)
		switch {
		case c == '"':
			return b, nil
		case len(b) > maxValue:
			return nil, fmt.Errorf("%w: a member is too long", errAnswer)
		case c == '\\':
			if c, err = m.in.ReadByte(); err != nil {
				return nil, broken(err)
			}
			b = append(b, c)
		}
	}
}

// value reads one value of any kind as its text.
func (m *rawMessage) value() ([]byte, error) {
	var b []byte
	for depth := 0; ; {
		c, err := m.next()
		if err != nil {
			return nil, err
		}
		if depth == 0 && len(b) > 0 && (c == ',' || c == '}') {
			return b, m.in.UnreadByte()
		}
		b = append(b, c)
		switch c {
		case '"':
			if b, err = m.quoted(b); err != nil {
				return nil, err
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth < 0 || len(b) > maxValue {
			return nil, errAnswer
		}
	}
}

// next reads the next byte that is no blank.
func (m *rawMessage) next() (byte, error) {
	for {
		c, err := m.in.ReadByte()
		if err != nil {
			return 0, broken(err)
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// expect reads one byte that must be this.
func (m *rawMessage) expect(want byte) error {
	c, err := m.next()
	if err != nil || c != want {
		return broken(err)
	}
	return nil
}

// broken is an answer that ended too early, or is none.
func broken(err error) error {
	switch {
	case err == nil:
		return errAnswer
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}
