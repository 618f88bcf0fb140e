package mailparse

import (
	"encoding/base64"
	"strings"
)

// decoder undoes a transfer encoding, piece by piece, and never fails: what
// is not of the encoding is left out or left as it is, and counted.
type decoder interface {
	decode(dst, src []byte) []byte // appends what src gives
	flush(dst []byte) []byte       // appends what was held back, at the end
	broken() string                // what was wrong, "" if nothing
}

// decoders holds one of each kind, for the parts of a mail share them.
type decoders struct {
	base64 base64Decoder
	quoted quotedDecoder
}

// pick returns the decoder for a Content-Transfer-Encoding; defect tells
// that it is unknown, and the content is then left as it is.
func (d *decoders) pick(encoding string) (dec decoder, defect string) {
	switch plainName(encoding) {
	case "base64":
		d.base64.reset()
		return &d.base64, ""
	case "quotedprintable":
		d.quoted.reset()
		return &d.quoted, ""
	case "", "7bit", "8bit", "binary":
		return identity{}, ""
	}
	return identity{}, "unknown Content-Transfer-Encoding " + quote(encoding) + ": read as it is"
}

// plainName leaves the letters and digits of a name: mailers write "8-bit",
// "Base 64;", or put the name in quotes.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

type identity struct{}

func (identity) decode(dst, src []byte) []byte { return append(dst, src...) }
func (identity) flush(dst []byte) []byte       { return dst }
func (identity) broken() string                { return "" }

// base64Alphabet is not 0 for the characters of base64.
var base64Alphabet = func() (table [256]byte) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = 1
	}
	return table
}()

// base64Decoder decodes base64 (RFC 2045 section 6.8) and skips all that is
// no base64, as the section says. Padding ends a group, not the content:
// mailers join pieces that were encoded apart.
type base64Decoder struct {
	group   [1024]byte // characters of the alphabet, not yet decoded
	n       int
	strange int // characters that do not belong here
	short   bool
}

func (d *base64Decoder) reset() { d.n, d.strange, d.short = 0, 0, false }

func (d *base64Decoder) decode(dst, src []byte) []byte {
	for _, c := range src {
		if base64Alphabet[c] != 0 {
			d.group[d.n] = c
			if d.n++; d.n == len(d.group) {
				dst = d.emit(dst)
			}
			continue
		}
		switch c {
		case '\r', '\n', ' ', '\t':
		case '=':
			dst = d.emit(dst)
		default:
			d.strange++
		}
	}
	return dst
}

// emit decodes what is collected, an incomplete last group too.
func (d *base64Decoder) emit(dst []byte) []byte {
	if d.n%4 == 1 {
		d.n--
		d.short = true
	}
	dst, _ = base64.RawStdEncoding.AppendDecode(dst, d.group[:d.n])
	d.n = 0
	return dst
}

func (d *base64Decoder) flush(dst []byte) []byte {
	d.short = d.short || d.n%4 != 0
	return d.emit(dst)
}

func (d *base64Decoder) broken() string {
	switch {
	case d.strange > 0:
		return "base64 with characters that are none: left out"
	case d.short:
		return "base64 that ends too early: read up to there"
	}
	return ""
}
