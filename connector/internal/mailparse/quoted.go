package mailparse

import "bytes"

// quotedDecoder decodes quoted-printable (RFC 2045 section 6.7). An escape
// that is none stays as it is.
type quotedDecoder struct {
	held    []byte // the end of the last piece, which the next one may change
	joined  []byte // held and the piece after it
	strange int    // escapes that are none
}

// The longest run of blanks that is held back to see whether it ends a line.
const maxBlanks = 1000

func (d *quotedDecoder) reset() { d.held, d.strange = d.held[:0], 0 }

func (d *quotedDecoder) decode(dst, src []byte) []byte {
	if len(d.held) > 0 {
		d.joined = append(append(d.joined[:0], d.held...), src...)
		src, d.held = d.joined, d.held[:0]
	}
	keep := heldBack(src)
	dst = d.lines(dst, src[:len(src)-keep])
	d.held = append(d.held, src[len(src)-keep:]...)
	return dst
}

// heldBack is the length of the tail of src that can only be read with what
// follows: blanks, an escape, or both.
func heldBack(src []byte) int {
	n := len(src)
	for n > 0 && len(src)-n < maxBlanks && (src[n-1] == ' ' || src[n-1] == '\t' || src[n-1] == '\r') {
		n--
	}
	switch {
	case n > 0 && src[n-1] == '=':
		n--
	case n > 1 && n == len(src) && src[n-2] == '=':
		n -= 2
	}
	return len(src) - n
}

// lines decodes text that ends where nothing is open.
func (d *quotedDecoder) lines(dst, src []byte) []byte {
	for len(src) > 0 {
		line, rest, found := bytes.Cut(src, []byte{'\n'})
		src = rest
		if !found {
			return d.line(dst, line)
		}
		end := "\n"
		if bytes.HasSuffix(line, []byte{'\r'}) {
			end = "\r\n"
		}
		line = bytes.TrimRight(line, " \t\r")
		if soft, ok := bytes.CutSuffix(line, []byte{'='}); ok {
			dst = d.line(dst, soft)
			continue
		}
		dst = append(d.line(dst, line), end...)
	}
	return dst
}

// line decodes the escapes of text without a line end.
func (d *quotedDecoder) line(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '=')
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		if i+2 < len(src) && unhex(src[i+1]) >= 0 && unhex(src[i+2]) >= 0 {
			dst = append(dst, byte(unhex(src[i+1])<<4|unhex(src[i+2])))
			src = src[i+3:]
			continue
		}
		d.strange++
		dst = append(dst, '=')
		src = src[i+1:]
	}
}

func (d *quotedDecoder) flush(dst []byte) []byte {
	tail := bytes.TrimRight(d.held, " \t\r")
	d.held = d.held[:0]
	return d.line(dst, bytes.TrimSuffix(tail, []byte{'='}))
}

func (d *quotedDecoder) broken() string {
	if d.strange == 0 {
		return ""
	}
	return "quoted-printable with escapes that are none: left as they are"
}
