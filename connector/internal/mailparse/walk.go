package mailparse

import (
	"bytes"
	"fmt"
	"strconv"
)

// walker goes through the leaves of a mail.
type walker struct {
	scanner
	limits   Limits
	headless bool  // the last header was none: all of it is body
	block    block // its buffers are used for every header block
	hint     string
	leaves   int
	over     bool                     // there were more leaves than are read
	prefix   []byte                   // body of the leaf at hand that was read with its header
	before   []byte                   // the buffer of preamble
	field    func(name, value []byte) // gets the fields of the mail's own header

	defects []Defect
	cut     bool // a limit cut something
}

func (w *walker) defect(part, what string) {
	switch {
	case len(w.defects) < maxDefects:
		w.defects = append(w.defects, Defect{Part: part, What: what})
	case len(w.defects) == maxDefects:
		w.defects = append(w.defects, Defect{What: "more defects than are listed"})
	}
}

// headOf reads the mail's own header into m and returns what it describes.
func (w *walker) headOf(m *Mail) *entity {
	h := headReader{mail: m, left: w.limits.HeaderBytes}
	w.field = h.field
	if bytes.HasPrefix(w.in.window(), bom) {
		w.in.consume(len(bom))
		w.defect("", "a byte order mark before the header")
	}
	e := w.header(entity{}, true)
	if w.headless && !m.HeadOnly {
		m.Fields = nil
	}
	w.hint = e.charset
	h.finish(w)
	return e
}

// seal puts into m what was noted on the way.
func (w *walker) seal(m *Mail) {
	m.Defects, m.Truncated, m.Size = w.defects, w.cut, w.in.size
}

// next goes to the next leaf; its body is read by content. It is nil at the
// end of the mail.
func (w *walker) next() *entity {
	for w.content() != nil {
	}
	return w.first(w.following())
}

// first goes to the first leaf at or after e.
func (w *walker) first(e *entity) *entity {
	for ; e != nil; e = w.following() {
		if leaf := w.enter(e); leaf != nil {
			return leaf
		}
	}
	w.close()
	return nil
}

// close closes what is open and reads to the end.
func (w *walker) close() {
	w.closeAbove(-1)
	w.in.drain()
	if w.over {
		w.cut = true
		w.defect("", fmt.Sprintf("more than %d parts: the rest was not read", w.limits.Parts))
	}
}

// content returns the next bytes of the leaf at hand, nil at its end.
func (w *walker) content() []byte {
	if len(w.prefix) > 0 {
		text := w.prefix
		w.prefix = nil
		return text
	}
	return w.chunk()
}

// following goes on after the end of a body, to the header of the next part.
func (w *walker) following() *entity {
	for w.hit != hitEnd && !w.over {
		w.closeAbove(w.hitFrame)
		switch {
		case w.hit == hitClose:
			w.pop()
			w.skip()
		case w.leaves >= w.limits.Parts:
			w.over = true
		default:
			return w.header(w.child(), false)
		}
	}
	return nil
}

// skip reads what stands between the end of a multipart and the next
// delimiter.
func (w *walker) skip() {
	w.hit, w.lineStart = hitNone, true
	for w.chunk() != nil {
	}
}

// closeAbove ends the multiparts inside the frame that goes on.
func (w *walker) closeAbove(frame int) {
	for len(w.open) > frame+1 {
		f := &w.open[len(w.open)-1]
		if f.entered && !w.over {
			w.defect(f.id, "a multipart without its closing boundary")
		}
		w.pop()
	}
}

// child numbers the next part of the frame that was hit.
func (w *walker) child() entity {
	f := &w.open[w.hitFrame]
	f.entered = true
	n := &w.open[f.numbered]
	n.parts++
	id := strconv.Itoa(n.parts)
	if n.id != "" {
		id = n.id + "." + id
	}
	return entity{id: id, parent: f.kind}
}

// header reads the header of a part.
func (w *walker) header(e entity, top bool) *entity {
	b := &w.block
	*b = block{s: &w.scanner, top: top, limit: maxPartField, cur: b.cur[:0], held: b.held[:0]}
	b.field = func(name, value []byte) { w.set(&e, name, value) }
	b.own = func() string {
		if !e.multipart() || len(e.boundary) > maxBoundary {
			return ""
		}
		return e.boundary
	}
	if top {
		b.limit = int(min(w.limits.HeaderBytes, 1<<30))
		b.field = func(name, value []byte) {
			w.set(&e, name, value)
			w.field(name, value)
		}
	}
	b.read()
	text, all := b.body(e.plain() || !e.typed)
	if w.headless = all; all {
		e = entity{id: e.id, parent: e.parent, mediaType: sniff(text), typed: true}
		w.defect(e.id, "no header: all of it is read as text")
		b.broken = 0
	}
	w.report(e.id, b, text)
	e.prefix = text
	w.settle(&e)
	return &e
}

// report notes what was broken in a header block; held is what of it is
// read as body.
func (w *walker) report(id string, b *block, held []byte) {
	switch {
	case b.broken > 0 && len(held) > 0:
		w.defect(id, "no empty line before the body, which begins with "+b.first)
	case b.broken > 0:
		w.defect(id, fmt.Sprintf("%d header lines that are no field, the first: %s", b.broken, b.first))
	}
	for _, d := range [...]struct {
		is   bool
		what string
	}{
		{b.mbox, "an mbox From line before the header"},
		{b.blank, "blank lines before the header"},
		{b.colons, "a header field without its colon"},
		{b.joined, "no empty line before the first part"},
		{b.crcrlf && !w.doubleCR, "line ends CR CR LF"},
		{b.top && w.in.crOnly, "line ends CR"},
	} {
		if d.is {
			w.defect(id, d.what)
		}
	}
	if b.cut {
		w.cut = true
		w.defect(id, "a header field that is longer than what is kept of it")
	}
	w.doubleCR = w.doubleCR || b.crcrlf
}

// enter opens a multipart and returns nil, or returns the leaf that e is.
func (w *walker) enter(e *entity) *entity {
	switch {
	case !e.multipart():
		return w.leaf(e)
	case len(w.open) >= maxOpen:
		w.defect("", "multiparts nested too deep to be taken apart: read as text")
		e.mediaType = "text/plain"
		return w.leaf(e)
	}
	if encoding := plainName(e.encoding); encoding == "base64" || encoding == "quotedprintable" {
		w.defect(e.id, "a transfer encoding on a multipart: its parts have their own")
	}
	if _, twice := w.boundaries[e.boundary]; twice {
		w.defect(e.id, "a multipart with the boundary of the one around it")
	}
	w.push(w.frame(e))
	text := w.preamble(e.prefix)
	own := len(w.open) - 1
	if w.hit == hitPart && w.hitFrame == own {
		if w.open[own].boundary != e.boundary {
			w.defect(e.id, "a multipart with another boundary than its header says: "+quote(w.open[own].boundary))
		}
		return nil
	}
	w.defect(e.id, "a multipart whose boundary never appears: read as text")
	if len(text) == maxPreamble {
		w.cut = true
		w.defect(e.id, "text longer than what is kept of it")
	}
	closed := w.hit == hitClose && w.hitFrame == own
	w.pop()
	if closed {
		w.skip()
	}
	return w.leaf(&entity{id: e.id, parent: e.parent, mediaType: sniff(text), charset: e.charset, prefix: text})
}

// leaf counts a leaf. A mail that is one leaf has the part 1.
func (w *walker) leaf(e *entity) *entity {
	w.leaves++
	if e.id == "" {
		e.id = "1"
	}
	w.prefix = e.prefix
	return e
}

// frame is what an open multipart needs. Below the depth limit it numbers
// its parts itself, beyond it they are numbered with those around it.
func (w *walker) frame(e *entity) frame {
	f := frame{id: e.id, kind: e.mediaType, numbered: len(w.open)}
	if len(e.boundary) <= maxBoundary {
		f.boundary = e.boundary
	}
	if len(w.open) == w.limits.Depth {
		w.defect(e.id, "multiparts nested deeper than is numbered: their parts stand side by side")
	}
	if len(w.open) >= w.limits.Depth {
		f.numbered = w.open[len(w.open)-1].numbered
	}
	return f
}

// preamble reads to the first delimiter and keeps the beginning of what
// stands there, which is nothing to be shown if one follows.
func (w *walker) preamble(prefix []byte) []byte {
	text := append(w.before[:0], prefix...)
	for piece := w.chunk(); piece != nil; piece = w.chunk() {
		piece = piece[:min(len(piece), max(0, maxPreamble-len(text)))]
		text = append(grow(text, len(piece), maxPreamble), piece...)
	}
	w.before = text
	return text
}

// sniff tells HTML from plain text.
func sniff(text []byte) string {
	text = bytes.ToLower(bytes.TrimLeft(text[:min(len(text), 512)], " \t\r\n"))
	if bytes.HasPrefix(text, []byte("<!doctype html")) || bytes.HasPrefix(text, []byte("<html")) {
		return "text/html"
	}
	return "text/plain"
}
