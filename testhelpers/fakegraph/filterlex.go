package fakegraph

import (
	"strconv"
	"strings"
	"time"
)

// token is a lexical element of a $filter.
type token struct {
	kind  tokenKind
	text  string // as written; of a string, without quotes and with '' undone
	value any    // of a literal
	at    int
}

type tokenKind int

const (
	tokEnd    tokenKind = iota
	tokName             // a property path, function, operator, lambda variable
	tokString           // 'text'
	tokTime             // 2026-11-02T09:00:00Z
	tokNumber           // 12
	tokPunct            // ( ) , :
)

// lexFilter splits a $filter into tokens; the last one is tokEnd.
func lexFilter(s string) ([]token, *apiError) {
	var list []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t':
			i++
		case strings.IndexByte("(),:", c) >= 0:
			list = append(list, token{tokPunct, s[i : i+1], nil, i})
			i++
		case c == '\'':
			text, n, ok := lexString(s[i:])
			if !ok {
				return nil, invalidClause("There is an unterminated string literal at position %d in '%s'.", i, s)
			}
			list = append(list, token{tokString, text, text, i})
			i += n
		default:
			n := lexWord(s[i:])
			if n == 0 {
				return nil, invalidClause("Syntax error: character '%c' is not valid at position %d in '%s'.", c, i, s)
			}
			t, err := word(s[i:i+n], i)
			if err != nil {
				return nil, err
			}
			list = append(list, t)
			i += n
		}
	}
	return append(list, token{kind: tokEnd, at: len(s)}), nil
}

func invalidClause(format string, args ...any) *apiError {
	return badRequest("Invalid filter clause: "+format, args...)
}

// lexString reads a quoted string: its text, and its length in s.
func lexString(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}

// lexWord gives the length of a name, number or time. A colon belongs to a time only.
func lexWord(s string) int {
	digit := s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+'
	n := 0
	for n < len(s) {
		c := s[n]
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("_./@$", c) >= 0:
		case digit && strings.IndexByte("+-:", c) >= 0:
		default:
			return n
		}
		n++
	}
	return n
}

func word(s string, at int) (token, *apiError) {
	if c := s[0]; (c < '0' || c > '9') && c != '-' && c != '+' {
		return token{tokName, s, nil, at}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return token{tokNumber, s, n, at}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return token{tokTime, s, t, at}, nil
		}
	}
	return token{}, invalidClause("The DateTimeOffset text '%s' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range.", s)
}
