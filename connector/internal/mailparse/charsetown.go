package mailparse

import (
	"encoding/base64"
	"errors"
	"iter"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// whole is a charset that is decoded all at once: those that are so are rare, and their texts are
// kept in memory anyway.
type whole func(src []byte) []byte

// NewDecoder implements encoding.Encoding. Nobody asks: see decodeBytes.
func (whole) NewDecoder() *encoding.Decoder { return encoding.Replacement.NewDecoder() }

// NewEncoder implements encoding.Encoding. A reader of mail encodes nothing.
func (whole) NewEncoder() *encoding.Encoder { return encoding.Replacement.NewEncoder() }

// decodeBytes decodes raw by a charset. It counts first, so that a large text is not held several
// times over while its buffer grows.
func decodeBytes(e encoding.Encoding, raw []byte) ([]byte, error) {
	if w, ok := e.(whole); ok {
		return w(raw), nil
	}
	size := 0
	for piece, err := range decodedPieces(e, raw) {
		if err != nil {
			return nil, err
		}
		size += len(piece)
	}
	text, _, err := transform.Append(e.NewDecoder(), make([]byte, 0, size+utf8.UTFMax), raw)
	return text, err
}

// decodedPieces decodes raw piece by piece; each is valid until the next.
func decodedPieces(e encoding.Encoding, raw []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var buf [4096]byte
		for d, more := e.NewDecoder(), true; more; {
			n, used, err := d.Transform(buf[:], raw, true)
			if more = errors.Is(err, transform.ErrShortDst); more {
				err = nil
			}
			raw = raw[used:]
			if !yield(buf[:n], err) {
				return
			}
		}
	}
}

// decodeISO2022KR reads ISO-2022-KR (RFC 1557): KS X 1001 between SO and SI.
func decodeISO2022KR(src []byte) []byte {
	const shiftOut, shiftIn, designator = 0x0e, 0x0f, "\x1b$)C"
	eucKR := make([]byte, 0, len(src))
	var high byte
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == shiftOut:
			high = 0x80
		case c == shiftIn:
			high = 0
		case c == 0x1b && i+len(designator) <= len(src) && string(src[i:i+len(designator)]) == designator:
			i += len(designator) - 1
		case c == '\n':
			high = 0
			eucKR = append(eucKR, c)
		case c <= ' ':
			eucKR = append(eucKR, c)
		default:
			eucKR = append(eucKR, c|high)
		}
	}
	text, _ := decodeBytes(korean.EUCKR, eucKR)
	return text
}

// decodeUTF7 reads UTF-7 (RFC 2152).
func decodeUTF7(src []byte) []byte {
	dst := make([]byte, 0, len(src))
	for i := 0; i < len(src); i++ {
		if src[i] != '+' {
			dst = appendLatin(dst, src[i])
			continue
		}
		end := i + 1
		for end < len(src) && isBase64(src[end]) {
			end++
		}
		if end == i+1 {
			dst = append(dst, '+')
		} else {
			dst = appendUTF16(dst, src[i+1:end])
		}
		if end < len(src) && src[end] == '-' {
			end++
		}
		i = end - 1
	}
	return dst
}

func appendLatin(dst []byte, c byte) []byte {
	if c >= utf8.RuneSelf {
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	return append(dst, c)
}

func isBase64(c byte) bool { return base64Alphabet[c] != 0 }

// appendUTF16 decodes base64 of big-endian UTF-16 without padding.
func appendUTF16(dst, src []byte) []byte {
	const piece = 1024 // characters of base64, which are whole units
	var bytes [piece / 4 * 3]byte
	var units [len(bytes) / 2]uint16
	high := rune(-1) // the first half of a pair
	for len(src) > 0 {
		part := src[:min(piece, len(src))]
		src = src[len(part):]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		n, _ := base64.RawStdEncoding.Decode(bytes[:], part)
		for i := range n / 2 {
			units[i] = uint16(bytes[2*i])<<8 | uint16(bytes[2*i+1])
		}
		dst, high = appendUnits(dst, units[:n/2], high)
	}
	if high >= 0 {
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	return dst
}

// appendUnits decodes UTF-16; high is the first half of a pair that the units before ended in, or -1.
func appendUnits(dst []byte, units []uint16, high rune) ([]byte, rune) {
	for _, u := range units {
		r := rune(u)
		if high >= 0 {
			if pair := utf16.DecodeRune(high, r); pair != utf8.RuneError {
				dst, high = utf8.AppendRune(dst, pair), -1
				continue
			}
			dst, high = utf8.AppendRune(dst, utf8.RuneError), -1
		}
		if r >= 0xD800 && r < 0xDC00 {
			high = r
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, high
}
