package connector

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// plain returns text as regular expressions see it: width-folded, NFC, CRLF as LF, every Unicode
// blank a space, invisible marks removed.
func plain(s string) string {
	if isPlainASCII(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(plainRune, s)
	return norm.NFC.String(width.Fold.String(s))
}

// isPlainASCII reports whether plain would change nothing, which is so for most subjects.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c == '\r' || c == '\t' || c == '\v' || c == '\f' {
			return false
		}
	}
	return true
}

// plainRune maps blanks to the space, line separators to LF, and drops what cannot be seen.
func plainRune(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\u2028' || r == '\u2029' || r == '\u0085':
		return '\n'
	case invisible(r):
		return -1
	case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// invisible tells the zero-width characters, the soft hyphen, and the bidirectional marks.
func invisible(r rune) bool {
	switch {
	case r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2064, r >= 0x2066 && r <= 0x206f:
		return true
	}
	return false
}

// fold returns text as criteria compare it: plain, full case folding, blank runs as one space,
// trimmed.
func fold(s string) string {
	s = plain(s)
	if isASCII(s) {
		s = strings.ToLower(s)
	} else {
		s = norm.NFC.String(cases.Fold().String(s))
	}
	return strings.Join(strings.Fields(s), " ")
}

// isASCII reports whether every byte is below 0x80.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// nearest says how near got came to containing want, both as written: where the part of it that
// agrees longest stops to agree.
func nearest(want, got string) string {
	w, g := []rune(fold(want)), []rune(fold(got))
	if len(g) == 0 {
		return "it is empty"
	}
	g = g[:min(len(g), nearestLimit)]
	best, at := 0, 0
	for i := range g {
		if n := commonPrefix(w, g[i:]); n > best {
			best, at = n, i
		}
	}
	switch {
	case best*3 < len(w) && !sameButOne(w, g):
		return "nothing like it"
	case at+best == len(g):
		return "ends after character " + strconv.Itoa(best) + " of it"
	}
	return "differs at character " + strconv.Itoa(best+1)
}

// sameButOne reports whether two texts differ in one character alone.
func sameButOne(a, b []rune) bool {
	differ := 0
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			differ++
		}
	}
	return len(a) == len(b) && differ == 1
}

// commonPrefix counts the runes that a and b begin with alike.
func commonPrefix(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// quote shows a value in one line, shortened to what a report can bear.
func quote(s string) string { return strconv.Quote(shorten(oneLine(s), 100)) }

// shorten cuts s to n runes, an ellipsis included.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
