package mailparse

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// guess decodes text of unknown charset, and says as what: the escapes of
// ISO-2022-JP, valid UTF-8, Japanese by its kana, else windows-1252 where it
// is not UTF-8.
func guess(raw []byte) (text []byte, as string) {
	if bytes.Contains(raw, []byte("\x1b$")) || bytes.Contains(raw, []byte("\x1b(")) {
		if text, ok := decodeStrictly(raw, japanese.ISO2022JP); ok {
			return text, "iso-2022-jp"
		}
	}
	if utf8.Valid(raw) {
		return bytes.TrimPrefix(raw, bom), "utf-8"
	}
	for _, c := range japaneseCharsets {
		if mostlyKana(raw, c.encoding) {
			if text, ok := decodeStrictly(raw, c.encoding); ok {
				return text, c.name
			}
		}
	}
	return readMixed(raw), "windows-1252"
}

var japaneseCharsets = [...]struct {
	name     string
	encoding encoding.Encoding
}{{"euc-jp", japanese.EUCJP}, {"shift_jis", japanese.ShiftJIS}}

func decodeStrictly(raw []byte, e encoding.Encoding) ([]byte, bool) {
	text, err := decodeBytes(e, raw)
	return text, err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}

// mostlyKana tells whether raw is text of a charset and a quarter of what is not ASCII in it is
// Japanese kana: text in another charset does not look like that by chance.
func mostlyKana(raw []byte, e encoding.Encoding) bool {
	kana, other := 0, 0
	for piece, err := range decodedPieces(e, raw) {
		if err != nil {
			return false
		}
		for len(piece) > 0 {
			r, n := utf8.DecodeRune(piece)
			piece = piece[n:]
			switch {
			case r == utf8.RuneError:
				return false
			case r >= 0x3041 && r <= 0x30FF:
				kana++
			case r >= utf8.RuneSelf:
				other++
			}
		}
	}
	return kana >= 2 && kana*4 >= kana+other
}

// readMixed keeps what is valid UTF-8 and reads each other byte as windows-1252.
func readMixed(raw []byte) []byte {
	size := 0
	for rest := raw; len(rest) > 0; {
		_, n, length := mixedRune(rest)
		size += length
		rest = rest[n:]
	}
	text := make([]byte, 0, size)
	for len(raw) > 0 {
		r, n, _ := mixedRune(raw)
		text = utf8.AppendRune(text, r)
		raw = raw[n:]
	}
	return text
}

// mixedRune reads one character of n bytes, which has length bytes in UTF-8.
func mixedRune(raw []byte) (r rune, n, length int) {
	r, n = utf8.DecodeRune(raw)
	if r == utf8.RuneError && n == 1 {
		r = charmap.Windows1252.DecodeByte(raw[0])
	}
	return r, n, utf8.RuneLen(r)
}

// byteOrder picks the byte order of UTF-16 and UTF-32 by the zero bytes of
// the text where no mark gives it.
func byteOrder(raw []byte, clean string, e encoding.Encoding) encoding.Encoding {
	switch {
	case clean == "utf-16" && len(raw) >= 2 && raw[0] != 0 && raw[1] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case clean == "utf-32" && len(raw) >= 4 && raw[0] != 0 && raw[3] == 0:
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	}
	return e
}

// isWide tells whether the characters of a charset are of two or four bytes.
func isWide(clean string) bool {
	return strings.HasPrefix(clean, "utf-16") || strings.HasPrefix(clean, "utf-32") ||
		strings.HasPrefix(clean, "ucs-") || strings.HasPrefix(clean, "iso-10646-ucs") || clean == "unicode"
}
