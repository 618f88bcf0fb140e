package links

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// start is how a link of a text begins.
var start = regexp.MustCompile(`(?i)\b(?:https?://|www\.)`)

// OfText returns the links that a text has written out.
func OfText(text string) []Link {
	var out []Link
	for at := 0; len(out) < maxLinks; {
		hit := start.FindStringIndex(text[at:])
		if hit == nil {
			break
		}
		from := at + hit[0]
		raw, next := taken(text, from)
		at = next
		if len(raw) > hit[1]-hit[0] {
			out = append(out, textLink(text, raw, from))
		}
	}
	return out
}

// textLink describes a link of a text.
func textLink(text, raw string, from int) Link {
	u := strings.Join(strings.Fields(raw), "")
	if strings.EqualFold(u[:4], "www.") {
		u = "http://" + u
	}
	return finish(Link{Raw: raw, URL: u, Text: label(text[:from]), Place: InText})
}

// taken returns the link that begins at from, and where to go on.
func taken(text string, from int) (raw string, next int) {
	if from > 0 && text[from-1] == '<' {
		if raw, ok := bracketed(text[from:]); ok {
			return raw, from + len(raw)
		}
	}
	end := from
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if ends(r) {
			break
		}
		end += n
	}
	raw = trimEnd(text[from:end])
	return raw, max(end, from+1)
}

// maxBracketed bounds a link in angle brackets.
const maxBracketed = 4000

// bracketed returns what stands before the closing bracket, if that is one link broken over lines
// and not a sentence.
func bracketed(rest string) (string, bool) {
	n := strings.IndexAny(rest[:min(len(rest), maxBracketed)], "<>")
	if n < 0 || rest[n] != '>' {
		return "", false
	}
	for _, line := range strings.Split(rest[:n], "\n") {
		if strings.ContainsAny(strings.TrimSpace(line), " \t") {
			return "", false
		}
	}
	return strings.TrimSpace(rest[:n]), true
}

// ends reports whether a character cannot be within a link of a text. Letters of Chinese, Japanese
// and Korean end one: those scripts set no blank behind it, and products percent-encode what they
// send.
func ends(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"`{}|\\^“”„«»‹›’\uFFFC\uFFFD", r) ||
		r >= 0x2E80 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFFEF
}

// trimEnd cuts the punctuation off that belongs to the sentence. A bracket stays if its pair is in
// the link.
func trimEnd(u string) string {
	counts := map[byte]int{}
	for i := range len(u) {
		counts[u[i]]++
	}
	for u != "" {
		last := u[len(u)-1]
		open, isClosing := map[byte]byte{')': '(', ']': '['}[last]
		switch {
		case isClosing && counts[last] > counts[open]:
		case strings.IndexByte(".,;:!?'*_~([", last) >= 0:
		default:
			return u
		}
		counts[last]--
		u = u[:len(u)-1]
	}
	return u
}

// label is what stands before a link: in its line, else the last line before that has text.
func label(before string) string {
	const look = 500
	before = strings.ToValidUTF8(before[max(0, len(before)-look):], "")
	lines := strings.Split(before, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if l := strings.TrimFunc(lines[i], isEdge); l != "" {
			return l
		}
	}
	return ""
}

// isEdge tells what is no part of a label.
func isEdge(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("<([]:*-–—•>：（", r)
}
