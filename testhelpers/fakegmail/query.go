package fakegmail

import (
	"strconv"
	"strings"
	"unicode"
)

// query is a parsed q. The zero query takes every mail.
type query struct {
	all      []cond
	anywhere bool // it names spam, trash or anywhere, and so reaches into them
}

// cond is one condition on a mail, as the search index sees it.
type cond func(t *target) bool

func (q *query) empty() bool { return len(q.all) == 0 }

// parseQuery reads q. There are no errors: what is no operator is a word.
func parseQuery(s string, o Options) *query {
	p := &parser{lexemes: lex(s), opts: o, query: &query{}}
	p.query.all = p.group("")
	for len(p.lexemes) > 0 { // a closing bracket without an opening one
		p.next()
		p.query.all = append(p.query.all, p.group("")...)
	}
	return p.query
}

// lex cuts q into brackets, quoted strings (with their quote in front), and words. An operator
// keeps its colon: subject:"a b" becomes subject: and "a b.
func lex(s string) (out []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		switch {
		case strings.ContainsRune("(){}", rune(s[0])):
			out, s = append(out, s[:1]), s[1:]
		case s[0] == '"':
			text, rest, _ := strings.Cut(s[1:], `"`)
			out, s = append(out, `"`+text), rest
		case s[0] == '-' && len(s) > 1 && !unicode.IsSpace(rune(s[1])):
			out, s = append(out, "-"), s[1:]
		default:
			end := wordEnd(s)
			out, s = append(out, s[:end]), s[end:]
		}
	}
	return out
}

// wordEnd is where a word ends: at a blank, a bracket or a quote.
func wordEnd(s string) int {
	for i, r := range s {
		if unicode.IsSpace(r) || strings.ContainsRune(`(){}"`, r) {
			return i
		}
	}
	return len(s)
}

type parser struct {
	lexemes []string
	opts    Options
	query   *query
}

func (p *parser) peek() string {
	if len(p.lexemes) == 0 {
		return ""
	}
	return p.lexemes[0]
}

func (p *parser) next() string {
	s := p.peek()
	p.lexemes = p.lexemes[min(1, len(p.lexemes)):]
	return s
}

// group reads terms up to a closing bracket. OR joins its two neighbours only.
func (p *parser) group(field string) (all []cond) {
	for len(p.lexemes) > 0 && p.peek() != ")" && p.peek() != "}" {
		switch p.peek() {
		case "AND":
			p.next()
		case "OR":
			p.next()
			right := p.term(field)
			if n := len(all); n > 0 && right != nil {
				all[n-1] = anyCond([]cond{all[n-1], right})
			}
		default:
			if c := p.term(field); c != nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// term reads one condition: a word, a phrase, an operator with its value, or a group.
func (p *parser) term(field string) cond {
	s := p.next()
	switch s {
	case "-":
		c := p.term(field)
		return func(t *target) bool { return c != nil && !c(t) }
	case "(", "{":
		return p.bracket(s, field)
	case "", ")", "}":
		return nil
	}
	name, value, isOperator := strings.Cut(s, ":")
	name = strings.ToLower(name)
	if field != "" || !isOperator || !p.known(name) {
		return p.around(p.phrase(field, s))
	}
	if value != "" {
		return p.operator(name, value)
	}
	switch next := p.peek(); {
	case next == "(" || next == "{":
		p.next()
		return p.bracket(next, name)
	case next == "" || next == ")" || next == "}":
		return nil
	default:
		return p.operator(name, p.next())
	}
}

func (p *parser) bracket(open, field string) cond {
	inside := p.group(field)
	p.next()
	if open == "{" {
		return anyCond(inside)
	}
	return allCond(inside)
}

// phrase is what one word or quoted string asks for, in the field of an operator or everywhere.
func (p *parser) phrase(field, s string) phrases {
	fields := everywhere
	if field != "" {
		fields = p.fieldsOf(field)
	}
	if text, quoted := strings.CutPrefix(s, `"`); quoted {
		return phrases{fields, [][]string{words(text)}}
	}
	out := phrases{fields: fields}
	for _, chunk := range strings.FieldsFunc(s, p.separates) {
		if list := addressWords(chunk, p.opts.PlusTagIsOneWord); len(list) > 0 {
			out.list = append(out.list, list)
		}
	}
	return out
}

// separates reports what stands between two words; other punctuation ties them to a phrase.
func (p *parser) separates(r rune) bool {
	if r == '+' && p.opts.PlusTagIsOneWord {
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_&-.=:/'", r)
}

// around reads "AROUND n other" behind a word.
func (p *parser) around(left phrases) cond {
	if p.peek() != "AROUND" {
		return left.match
	}
	p.next()
	n, err := strconv.Atoi(p.peek())
	if err == nil {
		p.next()
	} else {
		n = 20
	}
	right := p.phrase("", p.next())
	return func(t *target) bool { return left.near(t, right, n) }
}

func anyCond(conds []cond) cond {
	return func(t *target) bool {
		for _, c := range conds {
			if c(t) {
				return true
			}
		}
		return false
	}
}

func allCond(conds []cond) cond {
	return func(t *target) bool {
		for _, c := range conds {
			if !c(t) {
				return false
			}
		}
		return true
	}
}
