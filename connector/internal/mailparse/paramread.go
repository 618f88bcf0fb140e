package mailparse

import "strings"

// paramReader cuts the value of a field into its parameters.
type paramReader struct {
	params
	rest string
}

// word reads up to one of the bytes in stop and trims it; comments are left
// out.
func (p *paramReader) word(stop string) string {
	p.comments()
	i := strings.IndexAny(p.rest, stop+"(")
	if i < 0 {
		i = len(p.rest)
	}
	word := strings.Trim(p.rest[:i], " \t\r\n")
	p.rest = p.rest[i:]
	p.comments()
	return word
}

// comments skips blanks and comments, nested ones too (RFC 5322 section 3.2.2).
func (p *paramReader) comments() {
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r\n")
		n := commentLength(p.rest)
		if n == 0 {
			return
		}
		p.rest = p.rest[n:]
	}
}

// commentLength is the length of the comment that text begins with, 0 if it
// does not; an unfinished one reaches to the end.
func commentLength(text string) int {
	if !strings.HasPrefix(text, "(") {
		return 0
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// next goes to the next parameter.
func (p *paramReader) next() bool {
	p.comments()
	if p.rest == "" {
		return false
	}
	if p.rest[0] != ';' {
		p.note("parameters without a semicolon between them")
	}
	p.rest = strings.TrimLeft(p.rest, "; \t\r\n=\"")
	return p.rest != ""
}

// value reads "=value".
func (p *paramReader) value() (string, bool) {
	rest, ok := strings.CutPrefix(p.rest, "=")
	if !ok {
		return "", false
	}
	p.rest = strings.TrimLeft(rest, " \t\r\n")
	if strings.HasPrefix(p.rest, `"`) {
		return p.quoted(), true
	}
	return p.unquoted(), true
}

// unquoted reads to the semicolon. Blanks are forbidden there and written by
// mailers that do not quote file names: they belong to the value, unless
// another parameter follows them.
func (p *paramReader) unquoted() string {
	i := strings.IndexByte(p.rest, ';')
	if i < 0 {
		i = len(p.rest)
	}
	value := p.rest[:i]
	if eq := strings.IndexByte(value, '='); eq > 0 {
		if blank := strings.LastIndexAny(value[:eq], " \t"); blank > 0 && isParamKey(value[blank+1:eq]) {
			i, value = blank, value[:blank]
		}
	}
	p.rest = p.rest[i:]
	value = strings.Trim(value, " \t\r\n")
	if c := strings.LastIndex(value, " ("); c > 0 && strings.HasSuffix(value, ")") {
		value = strings.TrimRight(value[:c], " \t")
	}
	if strings.ContainsAny(value, " \t") {
		p.note("a parameter with blanks without quotes")
	}
	return value
}

// isParamKey tells whether a word is a parameter that mails have.
func isParamKey(word string) bool {
	word, _, _ = strings.Cut(strings.ToLower(word), "*")
	switch word {
	case "charset", "boundary", "name", "filename", "format", "delsp", "type", "size", "method", "report-type":
		return true
	}
	return false
}

// quoted reads a quoted string. A backslash that escapes nothing stays: it
// belongs to a Windows path.
func (p *paramReader) quoted() string {
	text := p.rest[1:]
	if i := strings.IndexAny(text, `"\\`); i >= 0 && text[i] == '"' {
		p.rest = text[i+1:]
		return text[:i]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '"':
			p.rest = text[i+1:]
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.rest = ""
	p.note("a quoted parameter without its end")
	return b.String()
}
