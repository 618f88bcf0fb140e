package codes

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds on what of a mail is read, so that a hostile one costs no more than an honest one.
const (
	maxSource     = 64 << 10 // bytes of one source
	maxLine       = 4000     // bytes of a line
	maxCandidates = 200
)

// The forms of a code.
var (
	forms = regexp.MustCompile(`\b[A-Za-z]{1,3}-[0-9]{2,4}[ -][0-9]{2,4}\b|[0-9](?:[ -][0-9]){3,7}\b|\b[0-9]{2,4}(?:[ -][0-9]{2,4}){1,2}\b|\b[A-Za-z0-9]{3,5}(?:-[A-Za-z0-9]{3,5}){1,3}\b|\b[A-Za-z]{1,3}-[0-9]{4,8}\b|\b[A-Za-z0-9]{4,10}\b`)
	split = regexp.MustCompile(`[.!?]\s+|[。！？]`)
)

// line is a line of a source as it is judged.
type line struct {
	shown, masked string
	words         []label // found when asked for
	asked         bool
	ends          [][]int // of its sentences
	alone         bool    // it is nothing but one candidate
}

// labels returns the words of the line that say what a number is.
func (l *line) labels() []label {
	if !l.asked {
		l.words, l.asked = labels(lower(l.shown)), true
	}
	return l.words
}

// read returns the candidates of a source.
func read(source string) []Code {
	source = plain(strings.ToValidUTF8(source[:min(len(source), maxSource)], ""))
	var before []line
	var out []Code
	for shown := range strings.FieldsFuncSeq(source, func(r rune) bool { return r == '\n' || r == '\t' }) {
		shown = strings.TrimSpace(shown)
		if shown == "" || len(shown) > maxLine || len(out) > maxCandidates {
			continue
		}
		l := newLine(shown)
		found := l.codes(before)
		out = append(out, found...)
		if before = append(before, l); len(before) > lookBack {
			before = before[1:]
		}
	}
	return out
}

// lookBack is how many lines above a code are read for what it is.
const lookBack = 4

// newLine prepares a line.
func newLine(shown string) line {
	if !strings.ContainsAny(shown, "0123456789") {
		return line{shown: shown}
	}
	m := masked(shown)
	return line{shown: shown, masked: m, ends: split.FindAllStringIndex(m, -1)}
}

// longest drops the labels that lie within longer ones, or in the same place as another one.
func longest(ls []label) []label {
	slices.SortStableFunc(ls, func(a, b label) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.end, a.end)) })
	var out []label
	for _, l := range ls {
		if n := len(out); n > 0 && l.end <= out[n-1].end {
			continue
		}
		out = append(out, l)
	}
	return out
}

// codes judges the candidates of a line.
func (l *line) codes(before []line) []Code {
	var out []Code
	for _, hit := range forms.FindAllStringIndex(l.masked, -1) {
		shown := l.shown[hit[0]:hit[1]]
		value := valueOf(shown)
		if value == "" || l.joined(hit) {
			continue
		}
		c := Code{Value: value, Shown: shown, Line: l.shown}
		l.alone = strings.Trim(l.shown, " []()【】「」<>*.:\"'") == shown
		l.judge(&c, hit, before)
		out = append(out, c)
	}
	return out
}

// joined reports whether a candidate is a piece of something longer.
func (l *line) joined(hit []int) bool {
	before, after := l.masked[:hit[0]], l.masked[hit[1]:]
	joins := func(s string) bool { return s != "" && strings.ContainsAny(s, "-/_.+\x00&=%") }
	last, _ := utf8.DecodeLastRuneInString(before)
	if joins(before[max(0, len(before)-1):]) && last < utf8.RuneSelf {
		return true
	}
	return after != "" && (joins(after[:1]) && len(after) > 1 && after[1] != ' ' || after[0] == '%')
}

// valueOf is what is typed for what is shown; "" if that is no code.
func valueOf(shown string) string {
	digits := 0
	for _, r := range shown {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	joined := strings.NewReplacer(" ", "", "-", "").Replace(shown)
	switch {
	case digits == len(joined):
		if len(joined) < 4 || len(joined) > 8 || !evenGroups(shown) {
			return ""
		}
		return joined
	case digits == 0:
		return ""
	}
	head, tail, _ := strings.Cut(shown, "-")
	if tail != "" && strings.Trim(tail, "0123456789 -") == "" && strings.Trim(head, "0123456789") == head && len(head) <= 3 {
		return valueOf(tail)
	}
	return shown
}

// evenGroups reports whether groups of digits are of one length, as codes are set and house numbers
// are not.
func evenGroups(shown string) bool {
	groups := strings.FieldsFunc(shown, func(r rune) bool { return r == ' ' || r == '-' })
	return !slices.ContainsFunc(groups, func(g string) bool { return len(g) != len(groups[0]) })
}
