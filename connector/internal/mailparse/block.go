package mailparse

import "bytes"

// block reads one header block, field by field, and copes with lines that
// are no field: they are skipped within the header; at its end, or where
// nothing looks like a header at all, they are the beginning of the body.
type block struct {
	s     *scanner
	top   bool                     // the mail's own header
	limit int                      // bytes of one field that are kept
	field func(name, value []byte) // gets each field, unfolded; the bytes are valid during the call
	own   func() string            // the boundary that the fields so far announce, "" if none

	cur    []byte // the lines of the field at hand
	active bool   // cur is in use
	held   []byte // lines that may turn out to be body
	known  bool   // a field that mails have was seen
	lines  int    // fields and broken lines so far
	broken int    // lines that are no field
	first  string // the first of them
	mbox   bool   // began with an mbox From line
	blank  bool   // began with blank lines
	cut    bool   // a field was longer than limit
	colons bool   // a field had blanks instead of its colon
	crcrlf bool   // has CR CR LF line ends
	ended  bool   // by an empty line
	joined bool   // by a delimiter of its own multipart, where the empty line is missing
}

// read reads to the empty line, the next delimiter, or the end of the mail.
func (b *block) read() {
	b.s.lineStart, b.s.hit = true, hitNone
	for !b.full() && !b.s.takeBoundary() && !b.atOwn() {
		line, last := b.s.in.line()
		if line == nil {
			b.s.hit = hitEnd
			break
		}
		if last && len(bytes.TrimRight(line, "\r")) == 0 {
			b.crcrlf = b.crcrlf || len(line) > 1
			if b.lines == 0 && !b.active && b.top {
				b.blank = true
				continue
			}
			b.ended = true
			break
		}
		b.take(line, last)
	}
	b.flush()
	b.s.lineStart = true
}

// atOwn tells whether the next line is a delimiter of the multipart whose
// header this is.
func (b *block) atOwn() bool {
	const dashes = "--"
	w := b.s.in.window()
	for len(w) < maxBoundary && (len(w) < len(dashes) || string(w[:2]) == dashes && bytes.IndexByte(w, '\n') < 0) && b.s.in.more() {
		w = b.s.in.window()
	}
	line, ok := bytes.CutPrefix(w, []byte(dashes))
	if !ok {
		return false
	}
	b.flush()
	own := b.own()
	rest, ok := bytes.CutPrefix(line, []byte(own))
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	b.joined = ok && own != "" && len(bytes.TrimRight(rest, " \t\r")) == 0
	return b.joined
}

// full tells whether so much is held back that it must be the body.
func (b *block) full() bool { return b.broken > 0 && len(b.held) >= maxHeld }

// take takes one line; where it is not last, the rest of it is read too.
func (b *block) take(line []byte, last bool) {
	if !b.active || (line[0] != ' ' && line[0] != '\t') {
		b.flush()
		b.active = true
	} else {
		b.append([]byte{'\n'})
	}
	b.append(line)
	for !last && line != nil {
		line, last = b.s.in.line()
		b.append(line)
	}
	b.crcrlf = b.crcrlf || bytes.HasSuffix(b.cur, []byte("\r\r"))
	b.cur = bytes.TrimRight(b.cur, "\r")
}

func (b *block) append(piece []byte) {
	if room := max(0, b.limit-len(b.cur)); len(piece) > room {
		b.cut = true
		piece = piece[:room]
	}
	b.cur = append(grow(b.cur, len(piece), b.limit), piece...)
}

// flush ends the field at hand.
func (b *block) flush() {
	if !b.active {
		return
	}
	name, value, ok := splitField(b.cur)
	switch {
	case ok:
		b.known = b.known || isKnown(name)
		b.colons = b.colons || !bytes.HasPrefix(bytes.TrimLeft(b.cur[len(name):], " \t"), []byte{':'})
	case b.lines == 0 && b.top && isMboxLine(b.cur):
		b.mbox = true
	default:
		b.miss()
	}
	b.hold(ok)
	if ok {
		b.field(name, unfold(value))
	}
	b.lines++
	b.active, b.cur = false, b.cur[:0]
}

func (b *block) miss() {
	if b.broken++; b.broken == 1 {
		b.first = quote(b.cur)
	}
}

// hold keeps the lines at hand for the case that they are body. A field
// among others proves that what is held was header.
func (b *block) hold(field bool) {
	switch {
	case b.mbox && b.lines == 0:
	case field && b.known && (b.broken == 0 || isUsualName(b.cur)):
		b.held = b.held[:0]
	case field && b.broken == 0 && len(b.held)+len(b.cur) > maxHeld:
		b.known = true
		b.held = b.held[:0]
	default:
		b.held = append(b.held, b.cur[:min(len(b.cur), max(0, maxHeld-len(b.held)))]...)
		b.held = append(b.held, '\n')
	}
}

// body returns what of the block belongs to the body. all: nothing of it is
// header. Lines in front of the empty line of a header that is otherwise in
// order are body only where they can be read as such: in plain text.
func (b *block) body(plain bool) (text []byte, all bool) {
	all = !b.known && (b.top || b.broken > 0 || !b.ended)
	if len(b.held) == 0 || !all && (b.broken == 0 || b.ended && !plain) {
		return nil, false
	}
	if b.ended {
		b.held = append(b.held, '\n')
	}
	return b.held, all
}

// splitField cuts a field at its colon. Blanks before it are tolerated, and
// for the fields that say how a part is to be read, blanks instead of it.
func splitField(line []byte) (name, value []byte, ok bool) {
	if i := bytes.IndexAny(line, ": \t"); i > 0 && line[i] != ':' && isContentField(line[:i]) {
		return line[:i], bytes.TrimLeft(line[i:], " \t:"), true
	}
	name, value, ok = bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 {
		return nil, nil, false
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return nil, nil, false
		}
	}
	return name, value, true
}

// isUsualName tells whether a field has a name as they are in use, of
// letters, digits and dashes: what comes after broken lines and has another
// is most likely of the body.
func isUsualName(line []byte) bool {
	if line[0]|0x20 < 'a' || line[0]|0x20 > 'z' {
		return false
	}
	end := bytes.IndexFunc(line, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	return end > 0 && line[end] <= ':'
}

func isContentField(name []byte) bool {
	for _, known := range [...]string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"} {
		if bytes.EqualFold(name, []byte(known)) {
			return true
		}
	}
	return false
}

func isMboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// unfold removes the line breaks of a folded value in place (RFC 5322
// section 2.2.3) and the blanks around it. A tab after a break is a blank.
func unfold(value []byte) []byte {
	if bytes.IndexByte(value, '\n') >= 0 {
		out := value[:0]
		for i, c := range value {
			switch {
			case c == '\n':
				out = bytes.TrimRight(out, "\r")
			case c == '\t' && i > 0 && value[i-1] == '\n':
				out = append(out, ' ')
			default:
				out = append(out, c)
			}
		}
		value = out
	}
	return bytes.Trim(value, " \t\r")
}
