package mailparse

import (
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// whole is a decoder that wants all of the text at once: the charsets that
// use it are rare, and their texts are kept in memory anyway.
type whole struct {
	transform.NopResetter
	decode func(dst, src []byte) []byte
}

// Transform implements transform.Transformer.
func (w whole) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !atEOF {
		return 0, 0, transform.ErrShortSrc
	}
	out := w.decode(nil, src)
	if len(out) > len(dst) {
		return 0, 0, transform.ErrShortDst
	}
	return copy(dst, out), len(src), nil
}

// readOnly is the half of an encoding that a reader of mail does not need.
type readOnly struct{}

// NewEncoder implements encoding.Encoding: it encodes nothing.
func (readOnly) NewEncoder() *encoding.Encoder { return encoding.Replacement.NewEncoder() }

// iso2022kr is ISO-2022-KR (RFC 1557): KS X 1001 between SO and SI.
type iso2022kr struct{ readOnly }

// NewDecoder implements encoding.Encoding.
func (iso2022kr) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: whole{decode: decodeISO2022KR}}
}

func decodeISO2022KR(dst, src []byte) []byte {
	const shiftOut, shiftIn, designator = 0x0e, 0x0f, "\x1b$)C"
	var eucKR []byte
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
	text, _ := korean.EUCKR.NewDecoder().Bytes(eucKR)
	return append(dst, text...)
}

// utf7 is UTF-7 (RFC 2152).
type utf7 struct{ readOnly }

// NewDecoder implements encoding.Encoding.
func (utf7) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: whole{decode: decodeUTF7}}
}

func decodeUTF7(dst, src []byte) []byte {
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
	if len(src)%4 == 1 {
		src = src[:len(src)-1]
	}
	raw, _ := base64.RawStdEncoding.AppendDecode(nil, src)
	units := make([]uint16, 0, len(raw)/2)
	for ; len(raw) >= 2; raw = raw[2:] {
		units = append(units, uint16(raw[0])<<8|uint16(raw[1]))
	}
	return append(dst, string(utf16.Decode(units))...)
}
