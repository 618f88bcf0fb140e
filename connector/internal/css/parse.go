package css

import (
	"slices"
	"strings"
)

// hiding are the properties that decide whether text is seen.
var hiding = []string{"display", "mso-hide", "opacity", "visibility", "font-size", "font", "max-height", "height", "max-width", "width", "overflow", "overflow-x", "overflow-y", "white-space"}

// Add reads a style sheet. The media is the attribute of its element, "" for all.
func (s *Sheet) Add(source, media string) {
	if applies(media) {
		s.read(commentMarks.Replace(withoutComments(source)), 0)
	}
}

// commentMarks are what hid style sheets from browsers that knew none; they mean nothing in one.
var commentMarks = strings.NewReplacer("<!--", " ", "-->", " ")

// read takes the rules of a source.
func (s *Sheet) read(source string, nested int) {
	for source != "" {
		i := outside(source, terminators(source))
		if i == len(source) {
			return
		}
		prelude := strings.TrimSpace(source[:i])
		opened := source[i] == '{'
		source = source[i+1:]
		if !opened {
			continue
		}
		end := blockEnd(source)
		s.block(prelude, source[:end], nested)
		source = source[min(end+1, len(source)):]
	}
}

// terminators are what may end the prelude of the rule that a source begins with.
func terminators(source string) string {
	if strings.HasPrefix(strings.TrimLeft(source, blanks), "@") {
		return "{;"
	}
	return "{"
}

// block takes a rule, or the rules of an at-rule.
func (s *Sheet) block(prelude, body string, nested int) {
	if !strings.HasPrefix(prelude, "@") {
		s.rule(prelude, body)
		return
	}
	name, condition, _ := strings.Cut(strings.ToLower(prelude)+" ", " ")
	if at := strings.IndexByte(name, '('); at > 0 {
		name, condition = name[:at], name[at:]+" "+condition
	}
	switch {
	case nested == maxNested:
	case name == "@media" && applies(condition), name == "@supports", name == "@layer":
		s.read(body, nested+1)
	}
}

// rule takes the selectors of a rule, if it says anything about hiding.
func (s *Sheet) rule(prelude, body string) {
	says := slices.DeleteFunc(declarations(body), func(d Declaration) bool { return !slices.Contains(hiding, d.Property) })
	if len(says) == 0 {
		return
	}
	for one := range strings.SplitSeq(prelude, ",") {
		if sel, ok := parseSelector(one); ok {
			s.keep(rule{selector: sel, says: says})
		}
	}
}

// Style reads a style attribute, what is important last.
func Style(attribute string) []Declaration { return byWeight(declarations(attribute)) }

// byWeight moves what is important to the end.
func byWeight(says []Declaration) []Declaration {
	out := make([]Declaration, 0, len(says))
	for _, important := range []bool{false, true} {
		for _, d := range says {
			if d.Important == important {
				out = append(out, d)
			}
		}
	}
	return out
}

// declarations reads a style attribute or the body of a rule, in its order.
func declarations(style string) []Declaration {
	var out []Declaration
	for style != "" {
		end := outside(style, ";{")
		property, value, ok := strings.Cut(strings.ToLower(style[:end]), ":")
		nested := end < len(style) && style[end] == '{'
		style = style[min(end+1, len(style)):]
		if nested {
			style = style[min(blockEnd(style)+1, len(style)):]
			continue
		}
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		head, tail, _ := strings.Cut(value, "!")
		important := strings.TrimSpace(tail) == "important"
		if important {
			value = strings.TrimSpace(head)
		}
		out = append(out, Declaration{Property: strings.TrimSpace(property), Value: value, Important: important})
	}
	return out
}

// outside returns where the first of some characters stands outside of quotes and parentheses; the
// length if none does.
func outside(s, chars string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			i += quoted(s[i+1:], c) + 1
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case strings.IndexByte(chars, c) >= 0 && (depth == 0 || c == '{' || c == '}'):
			return i
		}
	}
	return len(s)
}

// quoted is the length of a string up to its quote, or to the end of its line where that is missing.
func quoted(s string, quote byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote, '\n':
			return i
		}
	}
	return len(s)
}

// blockEnd returns where the block ends whose brace stands in front; the length if it does not.
func blockEnd(s string) int {
	depth, from := 1, 0
	for from < len(s) {
		i := from + outside(s[from:], "{}")
		switch {
		case i == len(s):
			return i
		case s[i] == '{':
			depth++
		default:
			depth--
		}
		if depth == 0 {
			return i
		}
		from = i + 1
	}
	return len(s)
}

// withoutComments replaces comments by blanks.
func withoutComments(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "/*")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte(' ')
		_, s, _ = strings.Cut(rest, "*/")
	}
}
