package css

import (
	"slices"
	"strings"
)

// selector is the parts of a selector, the element itself last.
type selector struct {
	parts  []part
	weight [3]int // ids; classes and attributes; names (Selectors 4, section 17)
}

// part says what one element must have.
type part struct {
	name, id string
	classes  []string
	attrs    []attribute
	child    bool // of an element that fits the part before it; else anywhere below one
}

// attribute is a condition on one: op is the character before =, '=' for the whole value, 0 for any.
type attribute struct {
	name, value string
	op          byte
}

// parseSelector reads one selector; false for one that is not known.
func parseSelector(s string) (selector, bool) {
	var sel selector
	for s = strings.TrimSpace(s); s != ""; {
		p, rest, ok := parsePart(s)
		if !ok || len(sel.parts) == maxParts {
			return selector{}, false
		}
		sel.add(p)
		s = strings.TrimSpace(rest)
	}
	return sel, len(sel.parts) > 0
}

// add appends a part.
func (sel *selector) add(p part) {
	if p.id != "" {
		sel.weight[0]++
	}
	sel.weight[1] += len(p.classes) + len(p.attrs)
	if p.name != "" {
		sel.weight[2]++
	}
	sel.parts = append(sel.parts, p)
}

// parsePart reads what is said of one element.
func parsePart(s string) (p part, rest string, ok bool) {
	if after, is := strings.CutPrefix(s, ">"); is {
		p.child, s = true, strings.TrimLeft(after, blanks)
	}
	ok = s != ""
	for ok && s != "" && !strings.ContainsRune(blanks+">", rune(s[0])) {
		s, ok = p.read(s)
	}
	return p, s, ok
}

const blanks = " \t\r\n\f"

// read takes one condition of a part and returns what follows.
func (p *part) read(s string) (rest string, ok bool) {
	var a attribute
	var word string
	switch s[0] {
	case '*':
		return s[1:], true
	case '.':
		word, rest = ident(s[1:])
		p.classes = append(p.classes, word)
	case '#':
		word, rest = ident(s[1:])
		p.id = word
	case '[':
		a, rest, ok = parseAttribute(s[1:])
		p.attrs = append(p.attrs, a)
		return rest, ok
	default:
		word, rest = ident(s)
		p.name = strings.ToLower(word)
	}
	return rest, word != ""
}

// ident cuts a name off; a character behind a backslash is part of it.
func ident(s string) (word, rest string) {
	var b strings.Builder
	i := 0
	for i < len(s) {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			c = s[i]
		} else if c != '-' && c != '_' && c < 0x80 && !isAlphanumeric(c) {
			break
		}
		b.WriteByte(c)
		i++
	}
	return b.String(), s[i:]
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// parseAttribute reads what follows a bracket.
func parseAttribute(s string) (a attribute, rest string, ok bool) {
	inside, rest, ok := strings.Cut(s, "]")
	if !ok {
		return a, "", false
	}
	name, value, has := strings.Cut(inside, "=")
	if has {
		a.op = '='
		if n := len(name); n > 0 && strings.IndexByte("~|^$*", name[n-1]) >= 0 {
			a.op, name = name[n-1], name[:n-1]
		}
		a.value = strings.Trim(strings.TrimSpace(value), `"'`)
	}
	a.name = strings.ToLower(strings.TrimSpace(name))
	return a, rest, a.name != ""
}

// key is what an element must have to be selected at all.
func (sel *selector) key() string {
	switch own := sel.parts[len(sel.parts)-1]; {
	case own.id != "":
		return "#" + own.id
	case len(own.classes) > 0:
		return "." + own.classes[0]
	case own.name != "":
		return own.name
	}
	return "*"
}

// selects reports whether the parts select the last element of a path.
func (s *Sheet) selects(parts []part, path []Element) bool {
	own, above := parts[len(parts)-1], parts[:len(parts)-1]
	if s.steps++; s.steps > maxSteps || !own.fits(path[len(path)-1]) {
		return false
	}
	if len(above) == 0 {
		return true
	}
	for end := len(path) - 1; end > 0; end-- {
		if s.selects(above, path[:end]) {
			return true
		}
		if own.child {
			return false
		}
	}
	return false
}

// fits reports whether an element has what a part says.
func (p *part) fits(e Element) bool {
	if p.name != "" && p.name != e.Name || p.id != "" && p.id != e.Attr["id"] {
		return false
	}
	for _, class := range p.classes {
		if !slices.Contains(e.classes, class) {
			return false
		}
	}
	for _, a := range p.attrs {
		if !a.fits(e) {
			return false
		}
	}
	return true
}

// fits reports whether an element has the attribute.
func (a *attribute) fits(e Element) bool {
	have, ok := e.Attr[a.name]
	switch a.op {
	case 0:
		return ok
	case '=':
		return ok && have == a.value
	case '~':
		return slices.Contains(strings.Fields(have), a.value)
	case '|':
		return have == a.value || strings.HasPrefix(have, a.value+"-")
	case '^':
		return a.value != "" && strings.HasPrefix(have, a.value)
	case '$':
		return a.value != "" && strings.HasSuffix(have, a.value)
	}
	return a.value != "" && strings.Contains(have, a.value)
}
