package mailparse

import (
	"strings"
	"time"
)

// The forms of a date without its day name: RFC 5322 section 3.3 and 4.3,
// then what mailers write instead.
var dateForms = [...]string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04:05 -0700",
	"2 Jan 06 15:04 -0700", "2 January 2006 15:04:05 -0700", "Jan 2 15:04:05 2006 -0700",
	"2006-01-02 15:04:05 -0700", time.RFC3339, "2-Jan-2006 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700",
}

// The zones of RFC 5322 section 4.3, and those that mailers write.
var zones = map[string]string{
	"UT": "+0000", "UTC": "+0000", "GMT": "+0000", "Z": "+0000",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
	"MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"CET": "+0100", "CEST": "+0200", "MEZ": "+0100", "MESZ": "+0200", "BST": "+0100",
	"EET": "+0200", "EEST": "+0300", "MSK": "+0300", "JST": "+0900", "KST": "+0900",
}

// parseDate reads a date; ok is false where it is unreadable. exact is false
// where something had to be assumed: no or an unknown zone is UTC.
func parseDate(value string) (date time.Time, exact, ok bool) {
	const longest = 200
	words := dateWords(value[:min(len(value), longest)])
	if len(words) == 0 {
		return time.Time{}, false, false
	}
	exact = true
	last := words[len(words)-1]
	switch zone, known := zones[strings.ToUpper(last)]; {
	case known:
		words[len(words)-1] = zone
	case isOffset(last) || len(words) == 1:
	case strings.ContainsAny(last, ":.") || isYear(last):
		words, exact = append(words, "+0000"), false
	default:
		words[len(words)-1], exact = "+0000", false
	}
	text := strings.Join(words, " ")
	for _, form := range dateForms {
		if date, err := time.ParseInLocation(form, text, time.UTC); err == nil {
			return date, exact, true
		}
	}
	return time.Time{}, false, false
}

// dateWords returns the words of a date without comments and day name.
func dateWords(value string) []string {
	p := paramReader{rest: value}
	var words []string
	for p.comments(); p.rest != ""; p.comments() {
		n := strings.IndexAny(p.rest, " \t,(")
		if n < 0 {
			n = len(p.rest)
		}
		if word := p.rest[:n]; word != "" && !isDayName(word) {
			words = append(words, word)
		}
		p.rest = strings.TrimLeft(p.rest[n:], ",")
	}
	return joinOffset(words)
}

// joinOffset undoes "GMT +0100" and "UTC+0100".
func joinOffset(words []string) []string {
	n := len(words)
	if n < 2 {
		return words
	}
	if _, known := zones[strings.ToUpper(words[n-2])]; known && isOffset(words[n-1]) {
		return append(words[:n-2], words[n-1])
	}
	if i := strings.LastIndexAny(words[n-1], "+-"); i > 0 && isOffset(words[n-1][i:]) {
		if _, known := zones[strings.ToUpper(words[n-1][:i])]; known {
			words[n-1] = words[n-1][i:]
		}
	}
	return words
}

func isDayName(word string) bool {
	if len(word) < 3 || strings.ContainsAny(word, "0123456789") {
		return false
	}
	switch strings.ToLower(word[:3]) {
	case "mon", "tue", "wed", "thu", "fri", "sat", "sun":
		return true
	}
	return false
}

func isOffset(word string) bool {
	return len(word) == 5 && (word[0] == '+' || word[0] == '-') && strings.Trim(word[1:], "0123456789") == ""
}

func isYear(word string) bool {
	return len(word) == 4 && strings.Trim(word, "0123456789") == ""
}
