package mailparse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// param is one parameter of a Content-Type or Content-Disposition as it
// stands there, quotes removed.
type param struct{ key, value string }

// params are the parameters of a field; of equal ones the first counts.
type params struct {
	list   []param
	defect string // the first thing that was broken
}

// parseParams reads "type; key=value; …" (RFC 2045 section 5.1) as mail
// programs do: comments, unquoted values with blanks, missing semicolons and
// unfinished quotes included. The type is returned in lower case.
func parseParams(field string) (string, params) {
	p := paramReader{rest: field}
	kind := strings.ToLower(p.word(";= \t\""))
	for p.next() {
		key := strings.ToLower(p.word(";=\""))
		if value, ok := p.value(); ok && key != "" {
			p.add(key, value)
		} else if key != "" {
			p.note("parameter " + quote(key) + " without a value")
		}
	}
	return kind, p.params
}

const maxParams = 200

func (p *params) add(key, value string) {
	if len(p.list) >= maxParams {
		p.note("too many parameters: some left out")
		return
	}
	if _, twice := p.get(key); twice {
		p.note("parameter " + quote(key) + " twice: the first one counts")
	}
	p.list = append(p.list, param{key, value})
}

func (p *params) note(what string) { p.defect = cmp.Or(p.defect, what) }

// get returns a parameter as it stands there.
func (p *params) get(key string) (string, bool) {
	for _, q := range p.list {
		if q.key == key {
			return q.value, true
		}
	}
	return "", false
}

// text returns a parameter for people: of RFC 2231 form, with encoded words
// (which RFC 2047 forbids here and mail programs write), or plain.
func (p *params) text(key, hint string) string {
	if value, ok := p.get(key + "*"); ok {
		return p.extended([]piece{{text: value, encoded: true}})
	}
	if pieces := p.pieces(key); len(pieces) > 0 {
		return p.extended(pieces)
	}
	value, _ := p.get(key)
	if hasHigh(value) {
		p.note("8-bit text in the parameter " + quote(key))
	}
	return decodeWords(value, hint)
}

// piece is one part of a continued parameter (RFC 2231 section 3).
type piece struct {
	index   int
	text    string
	encoded bool
}

func (p *params) pieces(key string) []piece {
	var found []piece
	for _, q := range p.list {
		rest, ok := strings.CutPrefix(q.key, key+"*")
		if !ok {
			continue
		}
		rest, encoded := strings.CutSuffix(rest, "*")
		if i, err := strconv.Atoi(rest); err == nil {
			found = append(found, piece{i, q.value, encoded})
		}
	}
	slices.SortStableFunc(found, func(a, b piece) int { return a.index - b.index })
	return found
}

// extended joins pieces and decodes them (RFC 2231 section 4).
func (p *params) extended(pieces []piece) string {
	charset := ""
	var raw []byte
	for i, q := range pieces {
		if !q.encoded {
			raw = append(raw, q.text...)
			continue
		}
		if i == 0 {
			if parts := strings.SplitN(q.text, "'", 3); len(parts) == 3 {
				charset, q.text = parts[0], parts[2]
			} else {
				p.note("a parameter of RFC 2231 without a charset")
			}
		}
		raw = appendPercent(raw, q.text)
	}
	if len(pieces) == 1 || charset != "" {
		return decodeString(raw, charset)
	}
	return decodeWords(string(raw), "")
}

func appendPercent(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if hi, lo := unhex(text[i+1]), unhex(text[i+2]); hi >= 0 && lo >= 0 {
				dst = append(dst, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		dst = append(dst, text[i])
	}
	return dst
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
