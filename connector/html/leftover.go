package html

import (
	"regexp"
	"strings"
)

// The forms of what templates leave behind.
var (
	inText = regexp.MustCompile(`\{\{[^{}\n]{0,80}\}\}|\{%[^%\n]{0,80}%\}|<%[^%\n]{0,80}%>|[$#]\{[^{}\n]{1,80}\}|%\{\w{1,40}\}` +
		`|%[A-Z][A-Z0-9_]{2,40}%|%%[A-Za-z_][\w .]{0,40}%%|\*\|[A-Za-z0-9_:]{1,40}\|\*|\[\[[A-Za-z_][\w .:|/-]{0,60}\]\]` +
		`|\bundefined\b|\bNaN\b|\[object [A-Za-z]+\]|\bInvalid [Dd]ate\b|%!\w?\([^)\n]{0,60}\)|<no value>` +
		`|\bnull[,!]|(?i:\b(?:dear|hello|hi|hey|hallo|bonjour|hola|ciao)) null\b|:\s*null\s*$|^\s*null\s*$`)
	link    = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)(?:\{\{[^{}\n]{0,80}\}\}|[^\s<>"])+`)
	inLinks = regexp.MustCompile(`\{\{[^{}]{0,80}\}\}|(?i:%7b%7b)[^&?#/]{0,80}?(?i:%7d%7d)|\{%[^%]{0,80}%\}|<%[^%]{0,80}%>|(?i:%3c%25)[^&]{0,80}?(?i:%25%3e)|[$#]\{[^{}]{1,80}\}|(?i:%24%7b)[^&?#/]{1,80}?(?i:%7d)` +
		`|%[A-Z][A-Z0-9_]{2,40}%|%%[A-Za-z_]\w{0,40}%%|\*\|[A-Za-z0-9_:]{1,40}\|\*|\[\[[A-Za-z_][\w.:|-]{0,60}\]\]` +
		`|\[object(?: |%20|\+)[A-Za-z]+\]|(?i:%5bobject(?: |%20|\+)[a-z]+%5d)|%!\w?\([^)]{0,60}\)|[/=](?:undefined|null|NaN)(?:[/?&#]|$)`)
)

// inProse returns the marks of a line. Links in it are read as such.
func inProse(line string) []string {
	var out []string
	text := link.ReplaceAllStringFunc(line, func(l string) string {
		hits := inURL(l)
		out = append(out, hits...)
		return strings.Repeat("\x00", len(l))
	})
	for _, at := range inText.FindAllStringIndex(text, maxMarks) {
		if hit := text[at[0]:at[1]]; !partOfWord(text, hit, at[0]) {
			out = append(out, strings.TrimSpace(hit))
		}
	}
	return out
}

// partOfWord reports whether a mark is the end of something longer: "non-null,", "20%OFF%".
func partOfWord(text, hit string, at int) bool {
	if at == 0 {
		return false
	}
	before := text[at-1]
	switch hit[0] {
	case 'n', 'u', 'N':
		return strings.IndexByte("-._/", before) >= 0
	case '%':
		return before >= '0' && before <= '9'
	}
	return false
}

// inURL returns the marks of a link. What may be percent-encoding is none.
func inURL(url string) []string {
	var out []string
	for _, at := range inLinks.FindAllStringIndex(url, maxMarks) {
		hit := url[at[0]:at[1]]
		if hit[0] == '%' && hit[len(hit)-1] == '%' && isHex(hit[1:]) && isHex(url[at[1]:]) {
			continue
		}
		out = append(out, strings.Trim(hit, "/=?&# "))
	}
	return out
}

// isHex reports whether a text begins with two hexadecimal digits.
func isHex(s string) bool {
	return len(s) >= 2 && strings.Trim(s[:2], "0123456789abcdefABCDEF") == ""
}
