package mailparse

import (
	"bytes"
	"slices"
	"strings"
)

// decodeWords decodes the encoded words of a header value (RFC 2047) and
// its raw 8-bit text, for which hint is a likely charset. The cost is linear.
func decodeWords(value, hint string) string {
	if !strings.Contains(value, "=?") && isPlain(value) {
		return value
	}
	d := wordDecoder{hint: hint, out: make([]byte, 0, len(value))}
	for rest := value; rest != ""; {
		rest = d.step(rest)
	}
	d.flush()
	return string(cleanLine(d.out))
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c < ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// hasHigh tells whether s has bytes that are not ASCII.
func hasHigh(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return true
		}
	}
	return false
}

// cleanLine keeps a value that was decoded on one line.
func cleanLine(b []byte) []byte {
	out := b[:0]
	for _, c := range b {
		switch c {
		case 0:
		case '\r', '\n':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return out
}

// wordDecoder joins the bytes of adjacent words of one charset before it
// decodes them: mailers split characters between words.
type wordDecoder struct {
	out     []byte
	raw     []byte // decoded bytes of the words at hand
	charset string
	inWords bool
	hint    string
}

// step takes the next word or text off rest.
func (d *wordDecoder) step(rest string) string {
	blank := len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
	if w, ok := parseWord(rest[blank:]); ok && (d.inWords || blank == 0) {
		if d.inWords && !strings.EqualFold(w.charset, d.charset) {
			d.flush()
		}
		d.inWords, d.charset = true, w.charset
		d.raw = w.appendBytes(slices.Grow(d.raw, len(w.text)))
		return rest[blank+w.length:]
	}
	d.flush()
	n := strings.Index(rest[1:], "=?") + 1
	if n == 0 {
		n = len(rest)
	}
	d.out = append(d.out, d.plain(rest[:n])...)
	return rest[n:]
}

func (d *wordDecoder) plain(text string) string {
	if isPlain(text) {
		return text
	}
	if d.hint == "" {
		decoded, _ := guess([]byte(text))
		return string(decoded)
	}
	return decodeString([]byte(text), d.hint)
}

func (d *wordDecoder) flush() {
	if d.inWords {
		text, _ := decodeText(d.raw, d.charset)
		d.out = append(d.out, text...)
		d.raw, d.inWords = d.raw[:0], false
	}
}

// word is an encoded word.
type word struct {
	charset, text string
	base64        bool
	length        int // of the whole word
}

// parseWord reads the encoded word that s begins with. Blanks in its text
// and a missing end at the end of the value are tolerated.
func parseWord(s string) (word, bool) {
	const longestCharset = 75
	if !strings.HasPrefix(s, "=?") {
		return word{}, false
	}
	n := strings.IndexByte(s[2:min(len(s), 2+longestCharset)], '?')
	if n <= 0 || strings.ContainsAny(s[2:2+n], " \t=") {
		return word{}, false
	}
	at := 2 + n + 1
	if at+2 > len(s) || s[at+1] != '?' {
		return word{}, false
	}
	w := word{charset: s[2 : 2+n], base64: s[at] == 'B' || s[at] == 'b'}
	if !w.base64 && s[at] != 'Q' && s[at] != 'q' {
		return word{}, false
	}
	at += 2
	end, closed := wordEnd(s[at:])
	if !closed && (end == 0 || strings.ContainsAny(s[at:at+end], " \t?") || at+end < len(s)) {
		return word{}, false
	}
	w.text, w.length = s[at:at+end], at+end
	if closed {
		w.length += len("?=")
	}
	return w, true
}

// wordEnd finds "?=". It looks no further than the next word's beginning,
// which keeps the search linear.
func wordEnd(s string) (end int, closed bool) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '?')
		if i < 0 {
			return len(s), false
		}
		i += from
		if i+1 < len(s) && s[i+1] == '=' {
			return i, true
		}
		if i > 0 && s[i-1] == '=' {
			return i - 1, false
		}
		from = i + 1
	}
}

func (w word) appendBytes(dst []byte) []byte {
	if w.base64 {
		var d base64Decoder
		return d.flush(d.decode(dst, []byte(w.text)))
	}
	return appendPercentLike(dst, w.text)
}

// appendPercentLike decodes the Q encoding (RFC 2047 section 4.2).
func appendPercentLike(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			dst = append(dst, ' ')
		case c == '=' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0:
			dst = append(dst, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// unfoldString is unfold for a value that a caller brings.
func unfoldString(raw string) string {
	if !strings.ContainsAny(raw, "\r\n") {
		return strings.Trim(raw, " \t")
	}
	return string(unfold(bytes.ReplaceAll([]byte(raw), []byte("\r\n"), []byte("\n"))))
}
