// Package css reads as much of style sheets as tells which text of an HTML mail is hidden.
//
// Known are selectors of element, *, .class, #id and [attribute] in any combination, lists of them,
// and descendants and children. A selector with anything else (a pseudo-class, a sibling) selects
// nothing here. Rules in @media count where they apply to the screen that a mail is read on: 1,280
// by 800 CSS pixels, light, one dot a pixel, one em 16 pixels. @supports and @layer count as if they
// were not there, @import, @font-face, @keyframes and all others are left out.
//
// Of all rules those are kept that say one of the properties that hide. What a hostile sheet costs
// is bounded: at most maxRules selectors are kept and maxSteps comparisons made; what is beyond
// them hides nothing.
package css

import (
	"slices"
	"strings"
)

// Bounds on what style sheets may cost.
const (
	maxRules   = 20_000    // selectors that are kept
	maxSteps   = 1_000_000 // comparisons of an element with a part of a selector
	maxParts   = 16        // parts of a selector
	maxNested  = 8         // @media within @media
	maxClasses = 100       // classes of an element
)

// Declaration is one property of a style.
type Declaration struct {
	Property, Value string // in lower case
	Important       bool
}

// Element is an element as selectors see it.
type Element struct {
	Name    string            // in lower case
	Attr    map[string]string // by name in lower case
	classes []string
}

// NewElement makes an element. The attributes are kept, not copied.
func NewElement(name string, attr map[string]string) Element {
	e := Element{Name: name, Attr: attr}
	for class := range strings.FieldsSeq(attr["class"]) {
		if len(e.classes) == maxClasses {
			break
		}
		e.classes = append(e.classes, class)
	}
	return e
}

// Sheet is the rules of all style sheets of a mail. The zero Sheet has none.
type Sheet struct {
	rules map[string][]rule // by what the element itself must have: #id, .class, its name, or *
	count int
	steps int
}

// rule is one selector with what it says.
type rule struct {
	selector
	order int
	says  []Declaration
}

// Empty reports whether no rule is there.
func (s *Sheet) Empty() bool { return s.count == 0 }

// Style returns what is said about the last element of a path from the outermost, the weightiest
// last: rules by specificity and order, then the element's own style, then the same of what is
// important (CSS Cascading and Inheritance, section 6.1).
func (s *Sheet) Style(path []Element) []Declaration {
	e := path[len(path)-1]
	var hits []rule
	s.collect(&hits, "*", path)
	s.collect(&hits, e.Name, path)
	for _, class := range e.classes {
		s.collect(&hits, "."+class, path)
	}
	if id := e.Attr["id"]; id != "" {
		s.collect(&hits, "#"+id, path)
	}
	slices.SortStableFunc(hits, rule.compare)
	var says []Declaration
	for _, r := range hits {
		says = append(says, r.says...)
	}
	return byWeight(append(says, declarations(e.Attr["style"])...))
}

// collect adds the rules below a key that select the last element of the path.
func (s *Sheet) collect(hits *[]rule, key string, path []Element) {
	for _, r := range s.rules[key] {
		if s.steps > maxSteps {
			return
		}
		if s.selects(r.parts, path) {
			*hits = append(*hits, r)
		}
	}
}

// keep takes a rule.
func (s *Sheet) keep(r rule) {
	if s.count >= maxRules {
		return
	}
	if s.rules == nil {
		s.rules = make(map[string][]rule)
	}
	s.count++
	r.order = s.count
	s.rules[r.key()] = append(s.rules[r.key()], r)
}

// compare orders rules by weight.
func (r rule) compare(other rule) int {
	if c := slices.Compare(r.weight[:], other.weight[:]); c != 0 {
		return c
	}
	return r.order - other.order
}
