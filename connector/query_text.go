package connector

import (
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// plain returns text as regular expressions see it: width-folded, NFC, CRLF as LF, every Unicode
// blank a space, invisible marks removed.
func plain(s string) string { return folding.Plain(s) }

// fold returns text as criteria compare it: plain, full case folding, blank runs as one space,
// trimmed.
func fold(s string) string { return folding.Fold(s) }

// isASCII reports whether every byte is below 0x80.
func isASCII(s string) bool { return folding.ASCII(s) }

// nearest says how near got came to containing want, both as written: where the part of it that
// agrees longest stops to agree.
func nearest(want, got string) string {
	w, g := []rune(fold(want)), []rune(fold(got))
	if len(g) == 0 {
		return "it is empty"
	}
	g = g[:min(len(g), nearestLimit)]
	best, at := longest(w, g)
	switch {
	case best*3 < len(w) && !sameButOne(w, g):
		return unlike
	case at+best == len(g):
		return "ends after character " + strconv.Itoa(best) + " of it"
	}
	return "differs at character " + strconv.Itoa(best+1)
}

// longest finds where the longest beginning of w stands in g.
func longest(w, g []rune) (length, at int) {
	for i := range g {
		if n := commonPrefix(w, g[i:]); n > length {
			length, at = n, i
		}
	}
	return length, at
}

// What is shown of a text that fails: from a little before the place that comes nearest.
const (
	excerptLead = 20
	excerptMost = 200
)

// excerpt shows the place of a text that comes nearest to what was wanted, in one line.
func excerpt(want, got string) string {
	text := []rune(strings.Join(strings.Fields(plain(got)), " "))
	if g := []rune(fold(string(text))); len(g) == len(text) {
		if _, at := longest([]rune(fold(want)), g); at > excerptLead {
			return "…" + shorten(string(text[at-excerptLead:]), excerptMost)
		}
	}
	return shorten(string(text), excerptMost)
}

// unlike is the nearness of what has nothing in common.
const unlike = "nothing like it"

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
func quote(s string) string { return folding.Quote(s) }

// shorten cuts s to n runes, an ellipsis included.
func shorten(s string, n int) string { return folding.Shorten(s, n) }

// Fold returns text as criteria compare it: width, composition and letter case folded, runs of any
// blanks as one, without the marks that nobody sees, trimmed.
func Fold(s string) string { return fold(s) }

// Plain returns text as patterns see it: as [Fold], with letter case, runs of blanks and lines kept.
func Plain(s string) string { return plain(s) }
