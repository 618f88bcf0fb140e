package mailparse

import (
	"bytes"
	"strings"
)

// Addresses reads an address list (RFC 5322 section 3.4) as mail programs
// do: groups, comments, missing brackets, unquoted commas, 8-bit names,
// encoded words and internationalised addresses included. At most 2,000
// addresses are read.
func Addresses(raw string) ([]Address, []Defect) {
	list, defects := readAddresses(unfoldString(raw), "")
	out := make([]Defect, len(defects))
	for i, what := range defects {
		out[i] = Defect{What: what}
	}
	return list, out
}

// addressReader reads one list. What it has of the address at hand is in
// element.
type addressReader struct {
	rest, hint string
	element
	surname    string // text before a comma that may belong to the next name
	list       []Address
	defects    []string
	noComments bool // a comment without its end was met: parentheses are text
	nested     bool // rest came out of an encoded word
}

// element is an address being read.
type element struct {
	text    []byte // phrase or bare address, quotes removed
	comment string
	addr    string // from the angle brackets
	angle   bool
}

func readAddresses(raw, hint string) ([]Address, []string) {
	r := addressReader{rest: raw, hint: hint}
	r.read()
	return r.list, r.defects
}

func (r *addressReader) read() {
	for r.rest != "" {
		if len(r.list) >= maxAddresses {
			r.note("more addresses than are read")
			return
		}
		r.step()
	}
	r.finish(false)
	r.flushSurname()
}

func (r *addressReader) note(what string) {
	if len(r.defects) < 10 {
		r.defects = append(r.defects, what)
	}
}

// step takes the next token off rest.
func (r *addressReader) step() {
	switch c := r.rest[0]; {
	case c == ',' || c == ';':
		r.rest = r.rest[1:]
		r.finish(c == ',')
	case c == '<':
		r.takeAngle()
	case c == '"':
		r.takeQuoted()
	case c == '(' && !r.noComments:
		r.takeComment()
	case c == ':' && !r.angle && bytes.IndexByte(r.text, '@') < 0:
		r.rest = r.rest[1:] // the name of a group, or mailto:
		r.element = element{text: r.text[:0]}
	default:
		r.takeText()
	}
}

// takeText takes an encoded word whole, since mailers leave commas in them,
// and other text up to the next special character.
func (r *addressReader) takeText() {
	if w, ok := parseWord(r.rest); ok {
		r.text = append(r.text, r.rest[:w.length]...)
		r.rest = r.rest[w.length:]
		return
	}
	n := strings.IndexAny(r.rest[1:], ",;<\"(:=") + 1
	if n == 0 {
		n = len(r.rest)
	}
	r.text = append(r.text, r.rest[:n]...)
	r.rest = r.rest[n:]
}

func (r *addressReader) takeComment() {
	n := commentLength(r.rest)
	if r.rest[n-1] != ')' {
		r.noComments = true
		r.note("a comment without its end")
		return
	}
	if r.comment == "" {
		r.comment = strings.TrimSpace(r.rest[1 : n-1])
	}
	r.rest = r.rest[n:]
	r.text = append(r.text, ' ')
}

// takeQuoted takes a quoted string. The quotes stay where it is the local
// part of an address.
func (r *addressReader) takeQuoted() {
	p := paramReader{rest: r.rest}
	value := p.quoted()
	if p.defect != "" {
		r.note("a quoted name without its end")
		r.rest = r.rest[1:]
		return
	}
	if strings.HasPrefix(p.rest, "@") {
		value = r.rest[:len(r.rest)-len(p.rest)]
	}
	r.text = append(r.text, value...)
	r.rest = p.rest
}

// takeAngle takes the address in angle brackets.
func (r *addressReader) takeAngle() {
	rest := strings.TrimLeft(r.rest, "<")
	n := strings.IndexAny(rest, "<>")
	switch {
	case n >= 0 && rest[n] == '>':
		r.rest = strings.TrimLeft(rest[n:], ">")
	default:
		r.note("an address without its closing bracket")
		if n < 0 {
			n = len(rest)
		}
		if i := strings.IndexAny(rest[:n], ",; \t"); i > 0 {
			n = i
		}
		r.rest = rest[n:]
	}
	if r.angle {
		r.finish(false)
	}
	r.addr, r.angle = rest[:n], true
}

// finish ends the address at hand; comma tells that one separates it from
// the next.
func (r *addressReader) finish(comma bool) {
	e := r.element
	text := strings.TrimSpace(string(e.text))
	r.element = element{text: e.text[:0]}
	switch {
	case e.angle:
		r.add(text, e.comment, cleanAddr(e.addr))
	case text == "" || r.decodesToAddress(text):
	case strings.Contains(text, "@"):
		r.bare(text, e.comment)
	case comma:
		r.flushSurname()
		r.surname = text
	default:
		r.flushSurname()
		r.addWithout(text, e.comment)
	}
}

// add adds an address with brackets. Text before a comma without an address
// of its own is the beginning of its name: "Doe, John <john@…>".
func (r *addressReader) add(name, comment, addr string) {
	if r.surname != "" && name != "" {
		r.note("a name with a comma without quotes")
		name = r.surname + ", " + name
		r.surname = ""
	}
	r.flushSurname()
	if name == "" {
		name = comment
	}
	r.put(Address{
		Name: strings.TrimSpace(decodeWords(name, r.hint)),
		Addr: decodeWords(addr, r.hint),
	})
}

// put adds an address, unless nothing of it is left when it is decoded.
func (r *addressReader) put(a Address) {
	if a != (Address{}) {
		r.list = append(r.list, a)
	}
}

// bare adds an address without brackets; other words beside it are its name.
func (r *addressReader) bare(text, comment string) {
	at := strings.IndexByte(text, '@')
	before := strings.TrimRight(text[:at], " \t")
	after := strings.TrimLeft(text[at+1:], " \t")
	from := strings.LastIndexAny(before, " \t") + 1
	if strings.HasSuffix(before, `"`) {
		from = strings.LastIndexByte(before[:len(before)-1], '"')
		from = max(from, 0)
	}
	to := strings.IndexAny(after, " \t")
	if to < 0 {
		to = len(after)
	}
	name := strings.TrimSpace(before[:from] + " " + after[to:])
	if name != "" {
		r.note("a name and an address without brackets")
	}
	r.flushSurname()
	r.add(name, comment, before[from:]+"@"+after[:to])
}

// decodesToAddress reads the encoded word of a mailer that encodes the
// whole of an address.
func (r *addressReader) decodesToAddress(text string) bool {
	if r.nested || !strings.HasPrefix(text, "=?") || !strings.HasSuffix(text, "?=") {
		return false
	}
	decoded := decodeWords(text, r.hint)
	if !strings.Contains(decoded, "@") {
		return false
	}
	r.note("an address inside an encoded word")
	inner := addressReader{rest: decoded, nested: true}
	inner.read()
	r.list = append(r.list, inner.list...)
	return true
}

func (r *addressReader) flushSurname() {
	if r.surname != "" {
		text := r.surname
		r.surname = ""
		r.addWithout(text, "")
	}
}

// addWithout adds what stands where an address should be: a local name as
// "root", or only a name.
func (r *addressReader) addWithout(text, comment string) {
	text = decodeWords(text, r.hint)
	if strings.ContainsAny(text, " \t") {
		r.note("a name without an address")
		r.put(Address{Name: strings.TrimSpace(text)})
		return
	}
	r.put(Address{Name: decodeWords(comment, r.hint), Addr: text})
}

// cleanAddr removes blanks and the route of RFC 822 ("@a,@b:") from the
// address in angle brackets.
func cleanAddr(addr string) string {
	if strings.HasPrefix(addr, "@") {
		if i := strings.IndexByte(addr, ':'); i >= 0 {
			addr = addr[i+1:]
		}
	}
	addr = strings.TrimPrefix(strings.TrimSpace(addr), "mailto:")
	if !strings.ContainsAny(addr, " \t") || strings.HasPrefix(addr, `"`) {
		return addr
	}
	return strings.Join(strings.Fields(addr), "")
}
