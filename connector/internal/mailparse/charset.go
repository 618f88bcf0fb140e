package mailparse

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// lookUpCharset finds a charset by a label as mails have it; nil if it is
// unknown. WHATWG's reading goes first, as in mail programs: iso-8859-1 is
// windows-1252, gb2312 is GBK.
func lookUpCharset(label string) encoding.Encoding {
	label = cleanLabel(label)
	if e := ownCharset(label); e != nil {
		return e
	}
	if e, err := htmlindex.Get(label); err == nil && e != encoding.Replacement {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil && e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(label); err == nil {
		return e
	}
	return nil
}

// cleanLabel removes what mailers put around a label: quotes, a language
// (RFC 2231 section 5), a stray separator.
func cleanLabel(label string) string {
	label, _, _ = strings.Cut(label, "*")
	return strings.ToLower(strings.Trim(label, " \t\r\n\"';,"))
}

// ownCharset is for labels that the WHATWG and IANA indexes do not have, or
// have refused for the web.
func ownCharset(label string) encoding.Encoding {
	switch label {
	case "cp932", "ms932", "windows-932", "x-ms-cp932", "windows-31j", "shift-jisx0213":
		return japanese.ShiftJIS
	case "iso-2022-jp-ms", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "cp50220", "cp50221", "cp50222":
		return japanese.ISO2022JP
	case "eucjp-ms", "eucjp-win", "cp51932":
		return japanese.EUCJP
	case "cp936", "ms936", "windows-936":
		return simplifiedchinese.GBK
	case "hz-gb-2312", "hz":
		return simplifiedchinese.HZGB2312
	case "cp949", "ms949", "uhc", "windows-949", "x-windows-949", "ks_c_5601", "ksc5601":
		return korean.EUCKR
	case "iso-2022-kr", "csiso2022kr":
		return whole(decodeISO2022KR)
	case "latin9", "latin-9", "latin0":
		return charmap.ISO8859_15
	case "cp437", "ibm437":
		return charmap.CodePage437
	case "cp850", "ibm850":
		return charmap.CodePage850
	case "utf8", "utf-8", "utf-8n", "unicode-1-1-utf-8":
		return unicode.UTF8
	case "utf-7", "utf7", "unicode-1-1-utf-7":
		return whole(decodeUTF7)
	case "utf-16", "utf16", "ucs-2", "iso-10646-ucs-2", "unicode":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-32", "utf32", "utf-32be", "ucs-4", "iso-10646-ucs-4":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	}
	return nil
}

// decodeText decodes raw to UTF-8, whatever it is. defect tells what was
// wrong with the label, "" if nothing was. The result may share raw.
func decodeText(raw []byte, label string) (text []byte, defect string) {
	clean := cleanLabel(label)
	if asciiAlike(clean) && isASCII(raw) {
		return raw, ""
	}
	switch clean {
	case "", "unknown-8bit", "x-unknown", "unknown", "default":
		text, as := guess(raw)
		return text, "text without a charset: read as " + as
	case "us-ascii", "ascii", "ansi_x3.4-1968":
		text, as := guess(raw)
		return text, "8-bit text labelled us-ascii: read as " + as
	case "utf-8", "utf8":
		if utf8.Valid(raw) {
			return bytes.TrimPrefix(raw, bom), ""
		}
		text, as := guess(raw)
		return text, "text labelled utf-8 is not: read as " + as
	}
	return decodeLabelled(raw, clean)
}

var bom = []byte("\uFEFF")

// asciiAlike tells whether ASCII text is the same in the charset.
func asciiAlike(clean string) bool {
	switch clean {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968":
		return true
	}
	return strings.HasPrefix(clean, "iso-8859-") || strings.HasPrefix(clean, "windows-125")
}

// decodeLabelled honours the label where the text can be read by it: that
// is what the reader of the mail sees.
func decodeLabelled(raw []byte, clean string) (text []byte, defect string) {
	charset := byteOrder(raw, clean, lookUpCharset(clean))
	switch {
	case charset == nil:
		text, as := guess(raw)
		return text, "unknown charset " + quote(clean) + ": read as " + as
	case isWide(clean) && isASCII(raw):
		return raw, "text labelled " + quote(clean) + " is ASCII"
	}
	text, err := decodeBytes(charset, raw)
	switch {
	case err == nil && !bytes.ContainsRune(text, utf8.RuneError):
		return text, ""
	case utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0:
		return raw, "text labelled " + quote(clean) + " is UTF-8"
	case err != nil:
		text, as := guess(raw)
		return text, "text is not in " + quote(clean) + ": read as " + as
	}
	return text, "characters that are not in " + quote(clean)
}

// decodeString is decodeText for a value without a place for defects.
func decodeString(raw []byte, label string) string {
	text, _ := decodeText(raw, label)
	return string(text)
}

// isASCII tells whether b is ASCII text without the escapes of ISO 2022.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c == 0x1b || c == 0 {
			return false
		}
	}
	return true
}
