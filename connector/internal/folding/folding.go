// Package folding gives text the form in which it is compared and shown.
package folding

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Plain returns text as regular expressions see it: width-folded, NFC, CRLF as LF, every Unicode
// blank a space, invisible marks removed.
func Plain(s string) string {
	if isPlainASCII(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(plainRune, s)
	return norm.NFC.String(width.Fold.String(s))
}

// isPlainASCII reports whether Plain would change nothing, which is so for most subjects.
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
	case Invisible(r):
		return -1
	case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// Invisible tells the zero-width characters, the soft hyphen, and the bidirectional marks.
func Invisible(r rune) bool {
	switch {
	case r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2064, r >= 0x2066 && r <= 0x206f:
		return true
	}
	return false
}

// Fold returns text as criteria compare it: Plain, full case folding, blank runs as one space,
// trimmed.
func Fold(s string) string {
	s = Plain(s)
	if ASCII(s) {
		s = strings.ToLower(s)
	} else {
		s = norm.NFC.String(cases.Fold().String(s))
	}
	return strings.Join(strings.Fields(s), " ")
}

// ASCII reports whether every byte is below 0x80.
func ASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// OneLine keeps foreign text from breaking a line of ours, as CVE-2026-42507 showed it can, and from
// steering a terminal: line ends and tabs become blanks, other control characters, those of 8 bits too,
// and marks that turn the direction of text are left out.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// Quote shows a value in one line, shortened to what a report can bear.
func Quote(s string) string { return strconv.Quote(Shorten(OneLine(s), 100)) }

// Shorten cuts s to n runes, an ellipsis included.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
