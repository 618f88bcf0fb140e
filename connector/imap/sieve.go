package imap

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
)

// Bounds of one answer, without the content of mails, which is streamed.
const (
	statusMax  = 64 << 10 // a line that says how a command ended
	statusText = 300      // of its text are kept
	answerMax  = 8 << 20  // any other: a million numbers of mails
	nestMax    = 500      // lists within lists
	turnsMax   = 10_000   // how often the numbers of a search may fall: each costs go-imap a move of the rest
)

// errNonsense is what go-imap could not read either.
var errNonsense = errors.New("the server says what is no IMAP")

// sieve reads what a server says before go-imap does, and breaks the connection over an answer that go-imap would
// keep whole whatever its size, follow into any depth (it recurses, and no recover catches the end of the stack), sort
// at the square of its length, or turn in a circle over. What is a quoted string, a literal or the end of an answer
// must be the same for both: the states follow go-imap's decoder.
type sieve struct {
	net.Conn
	guard *guard
	state func(*sieve, byte) error
	err   error
	owed  atomic.Bool // the server asked us to go on, and we have not yet

	word  []byte // that is being read, in its first bytes
	bye   []byte // what the server says as it leaves
	kind  string // of the answer: "FETCH"
	kept  int64  // bytes of the answer that go-imap keeps
	max   int64
	depth int
	last  byte  // but for blanks
	size  int64 // of a literal
	skip  int64 // bytes of a literal that are still to come
	num   uint64
	prev  uint64
	turns int
}

func newSieve(c net.Conn, g *guard) *sieve {
	s := &sieve{Conn: c, guard: g}
	s.start()
	return s
}

// Read implements [io.Reader].
func (s *sieve) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.Conn.Read(p)
	if bad := s.look(p[:n]); bad != nil {
		s.err = bad
		s.guard.blame(bad)
		_ = s.guard.Conn.Close() // at once: TLS would try to say goodbye
		return 0, bad
	}
	return n, err
}

// Write notes that we said something.
func (s *sieve) Write(p []byte) (int, error) {
	s.owed.Store(false)
	return s.Conn.Write(p)
}

// look follows what came.
func (s *sieve) look(p []byte) error {
	for len(p) > 0 {
		if n := min(s.skip, int64(len(p))); n > 0 {
			s.skip -= n
			p = p[n:]
			continue
		}
		if s.kept++; s.kept > s.max {
			return errFlood
		}
		if err := s.state(s, p[0]); err != nil {
			return err
		}
		p = p[1:]
	}
	return nil
}

// start begins an answer.
func (s *sieve) start() {
	s.state, s.word, s.kind = (*sieve).tag, s.word[:0], ""
	s.kept, s.max, s.depth, s.last, s.num, s.prev, s.turns = 0, statusMax, 0, 0, 0, 0, 0
}

// grow adds to the word.
func (s *sieve) grow(b byte) {
	if len(s.word) < 32 {
		s.word = append(s.word, b)
	}
}

// tag is the first word: "*" before data, "+" before a request to go on, else a command's tag.
func (s *sieve) tag(b byte) error {
	switch {
	case b == '\n':
		s.start()
	case b == '+' && len(s.word) == 0:
		s.state = (*sieve).request
	case b != ' ':
		s.grow(b)
	case string(s.word) == "*":
		s.state, s.word = (*sieve).name, s.word[:0]
	case s.owed.Load(): // go-imap would wait for ever for what it may say to a command that ended
		return errNonsense
	default:
		s.state, s.word = (*sieve).outcome, s.word[:0]
	}
	return nil
}

// request is the line that asks us to go on; it counts when it ends.
func (s *sieve) request(b byte) error {
	if b == '\n' {
		s.owed.Store(true)
	}
	return s.text(b)
}

// outcome is OK, NO or BAD to a command.
func (s *sieve) outcome(b byte) error {
	switch b {
	case '\n':
		s.start()
	case ' ':
		s.state = (*sieve).code
	}
	return nil
}

// name is the kind of data, or a number before it.
func (s *sieve) name(b byte) error {
	if isAtom(b) {
		s.grow(b)
		return nil
	}
	if b == ' ' && len(s.word) > 0 && s.word[0] >= '0' && s.word[0] <= '9' {
		s.word = s.word[:0]
		return nil
	}
	s.kind, s.word = strings.ToUpper(string(s.word)), s.word[:0]
	switch s.kind {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		s.state, s.bye = (*sieve).text, s.bye[:0]
		if b == ' ' {
			s.state = (*sieve).code
			return nil
		}
	default:
		s.state, s.max = (*sieve).value, answerMax
	}
	return s.state(s, b)
}

// leave keeps the text of a BYE, which go-imap drops.
func (s *sieve) leave(b byte) {
	if s.kind == "BYE" && b != '\r' && b != '\n' && len(s.bye) < statusText {
		s.bye = append(s.bye, b)
	}
}

// code is the beginning of a text, with a code in brackets if there is one.
func (s *sieve) code(b byte) error {
	s.state = (*sieve).text
	if b == '[' {
		s.leave(b)
		s.state, s.word = (*sieve).bracket, s.word[:0]
		return nil
	}
	return s.text(b)
}

// bracket is within a code.
func (s *sieve) bracket(b byte) error {
	s.grow(b)
	s.leave(b)
	switch {
	case b == ']':
		s.state = (*sieve).text
	case b == '\n', b == '(' && strings.HasPrefix(strings.ToUpper(string(s.word)), capabilities):
		return errNonsense
	}
	return nil
}

// capabilities are words alone, and so are those that were enabled. Over a list among them go-imap turns in a
// circle, for ever.
const capabilities = "CAPABILITY"

// text goes up to the end of the line.
func (s *sieve) text(b byte) error {
	s.leave(b)
	if b == '\n' {
		if s.kind == "BYE" {
			s.guard.leave(string(s.bye))
		}
		s.start()
	}
	return nil
}

// value is data of any kind: words, numbers, strings, lists.
func (s *sieve) value(b byte) error {
	if s.kind == "SEARCH" || s.kind == "ESEARCH" {
		if err := s.number(b); err != nil {
			return err
		}
	}
	switch b {
	case '\n':
		s.start()
		return nil
	case '"':
		s.state = (*sieve).quoted
	case '{':
		s.state, s.size, s.word = (*sieve).announced, 0, s.word[:0]
	case '(':
		if s.depth++; s.depth > nestMax {
			return errFlood
		}
		if s.kind == capabilities || s.kind == "ENABLED" {
			return errNonsense
		}
	case ')':
		s.depth--
	}
	if b != ' ' && b != '{' {
		s.last = b
	}
	return nil
}

// number counts how often the numbers of a search fall.
func (s *sieve) number(b byte) error {
	if b >= '0' && b <= '9' {
		s.num = min(s.num, 1<<50)*10 + uint64(b-'0')
		return nil
	}
	if s.num == 0 {
		return nil
	}
	if s.num < s.prev {
		if s.turns++; s.turns > turnsMax {
			return errFlood
		}
	}
	s.prev, s.num = s.num, 0
	return nil
}

// quoted is within a quoted string.
func (s *sieve) quoted(b byte) error {
	switch b {
	case '"':
		s.state = (*sieve).value
	case '\\':
		s.state = (*sieve).escaped
	}
	return nil
}

// escaped is one byte behind a backslash.
func (s *sieve) escaped(byte) error {
	s.state = (*sieve).quoted
	return nil
}

// announced is the size of a literal.
func (s *sieve) announced(b byte) error {
	switch {
	case b == '}' && len(s.word) > 0:
		s.state, s.word = (*sieve).literal, s.word[:0]
	case b < '0' || b > '9' || s.size > 1<<58:
		return errNonsense
	default:
		s.grow(b)
		s.size = s.size*10 + int64(b-'0')
	}
	return nil
}

// literal is the end of the line before a literal's content. The content of a mail follows the section that it is of:
// "BODY[HEADER] {42}", "BODY[]<0> {42}". All other literals are kept.
func (s *sieve) literal(b byte) error {
	if s.grow(b); b != '\n' {
		if end := string(s.word); end != "\r" && end != " " && end != " \r" { // go-imap allows the blank
			return errNonsense
		}
		return nil
	}
	content := s.kind == "FETCH" && s.depth == 1 && (s.last == ']' || s.last == '>')
	if !content {
		if s.kept += s.size; s.kept > s.max {
			return errFlood
		}
	}
	s.state, s.skip, s.last = (*sieve).value, s.size, 0
	return nil
}

// isAtom reports whether a byte can be in a word (RFC 9051 §9, ATOM-CHAR).
func isAtom(b byte) bool { return b > ' ' && b != 0x7f && !strings.ContainsRune(`(){%*"\]`, rune(b)) }
