package fakegraph

import (
	"slices"
	"strings"
)

// node is a part of a $filter.
type node interface{}

type (
	logic struct {
		and         bool
		left, right node
	} // "and", "or"
	negation struct{ of node }
	property struct{ name string } // canonical
	literal  struct{ value any }   // string, bool, int64, time.Time, nil
	compare  struct {
		op          string // eq ne gt ge lt le
		left, right node
	}
	call1 struct { // contains, startswith, endswith, tolower …
		name string
		args []node
	}
	lambda struct { // categories/any(c:c eq 'X')
		collection, quantifier, variable string
		body                             node
	}
)

var comparisons = []string{"eq", "ne", "gt", "ge", "lt", "le"}

// filterFunctions are those the OData grammar knows; few of them does mail support.
var filterFunctions = []string{"contains", "startswith", "endswith", "tolower", "toupper", "length", "indexof",
	"substring", "trim", "concat", "year", "month", "day", "hour", "minute", "second", "date", "time", "now"}

type filterParser struct {
	text   string
	tokens []token
	vars   []string // lambda variables in scope
	depth  int
}

// parseFilter reads a $filter.
func parseFilter(s string) (node, *apiError) {
	tokens, err := lexFilter(s)
	if err != nil {
		return nil, err
	}
	p := &filterParser{text: s, tokens: tokens}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tokens[0].kind != tokEnd {
		return nil, p.syntax()
	}
	return n, nil
}

func (p *filterParser) syntax() *apiError {
	return invalidClause("Syntax error at position %d in '%s'.", p.tokens[0].at, p.text)
}

func (p *filterParser) next() token {
	t := p.tokens[0]
	if t.kind != tokEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

// isWord looks for a keyword without taking it.
func (p *filterParser) isWord(w string) bool {
	return p.tokens[0].kind == tokName && p.tokens[0].text == w
}

func (p *filterParser) punct(c string) *apiError {
	if p.tokens[0].kind != tokPunct || p.tokens[0].text != c {
		return p.syntax()
	}
	p.next()
	return nil
}

func (p *filterParser) or() (node, *apiError) { return p.chain("or", p.and) }

func (p *filterParser) and() (node, *apiError) { return p.chain("and", p.not) }

func (p *filterParser) chain(word string, operand func() (node, *apiError)) (node, *apiError) {
	left, err := operand()
	for err == nil && p.isWord(word) {
		p.next()
		var right node
		right, err = operand()
		left = logic{word == "and", left, right}
	}
	return left, err
}

func (p *filterParser) not() (node, *apiError) {
	if !p.isWord("not") {
		return p.comparison()
	}
	p.next()
	n, err := p.not()
	return negation{n}, err
}

func (p *filterParser) comparison() (node, *apiError) {
	left, err := p.primary()
	if err != nil || p.tokens[0].kind != tokName || !slices.Contains(comparisons, p.tokens[0].text) {
		if err == nil && p.isWord("in") {
			return nil, known("ErrorInvalidUrlQueryFilter")
		}
		return left, err
	}
	op := p.next().text
	right, err := p.primary()
	return compare{op, left, right}, err
}

func (p *filterParser) primary() (node, *apiError) {
	if p.depth++; p.depth > 100 {
		return nil, invalidClause("The node count limit of '100' has been exceeded.")
	}
	defer func() { p.depth-- }()
	t := p.next()
	switch t.kind {
	case tokString, tokTime, tokNumber:
		return literal{t.value}, nil
	case tokPunct:
		if t.text != "(" {
			break
		}
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		return n, p.punct(")")
	case tokName:
		return p.name(t)
	}
	return nil, p.syntax()
}

func (p *filterParser) name(t token) (node, *apiError) {
	switch t.text {
	case "true", "false":
		return literal{t.text == "true"}, nil
	case "null":
		return literal{nil}, nil
	}
	called := p.tokens[0].kind == tokPunct && p.tokens[0].text == "("
	at := strings.LastIndexByte(t.text, '/')
	last := strings.ToLower(t.text[at+1:])
	switch {
	case called && at > 0 && (last == "any" || last == "all"):
		return p.lambda(t.text[:at], last)
	case called && slices.Contains(filterFunctions, strings.ToLower(t.text)):
		return p.call(strings.ToLower(t.text))
	case called:
		return nil, invalidClause("An unknown function with name '%s' was found.", t.text)
	}
	if name, _, _ := strings.Cut(t.text, "/"); slices.Contains(p.vars, name) {
		return property{t.text}, nil
	}
	canonical, ok := filterProperty(t.text)
	if !ok {
		first, _, _ := strings.Cut(t.text, "/")
		if top, found := propertyName(first); found && isRecipients(top) {
			return nil, invalidClause("The parent value for a property access of a property '%s' is not a single value.", "emailAddress")
		}
		return nil, noProperty(first)
	}
	return property{canonical}, nil
}

func (p *filterParser) call(name string) (node, *apiError) {
	if err := p.punct("("); err != nil {
		return nil, err
	}
	c := call1{name: name}
	for {
		arg, err := p.primary()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, arg)
		if p.tokens[0].text == "," && p.tokens[0].kind == tokPunct {
			p.next()
			continue
		}
		return c, p.punct(")")
	}
}

// lambda reads "(v:body)" after "collection/any".
func (p *filterParser) lambda(path, quantifier string) (node, *apiError) {
	collection, ok := propertyName(path)
	if !ok {
		return nil, noProperty(path)
	}
	if err := p.punct("("); err != nil {
		return nil, err
	}
	v := p.next()
	if err := p.punct(":"); err != nil || v.kind != tokName {
		return nil, p.syntax()
	}
	p.vars = append(p.vars, v.text)
	body, err := p.or()
	p.vars = p.vars[:len(p.vars)-1]
	if err != nil {
		return nil, err
	}
	return lambda{collection, quantifier, v.text, body}, p.punct(")")
}
