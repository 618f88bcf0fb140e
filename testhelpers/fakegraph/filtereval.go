package fakegraph

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// matches evaluates a checked filter for one message.
func (v *view) matches(n node) bool {
	switch n := n.(type) {
	case nil:
		return true
	case logic:
		if n.and {
			return v.matches(n.left) && v.matches(n.right)
		}
		return v.matches(n.left) || v.matches(n.right)
	case negation:
		return !v.matches(n.of)
	case property:
		return v.value(n.name) == true
	case literal:
		return n.value == true
	case call1:
		return v.callMatches(n)
	case lambda:
		return v.anyMatches(n)
	case compare:
		return v.compareMatches(n)
	}
	return false
}

func (v *view) compareMatches(c compare) bool {
	want := c.right.(literal).value
	if f, isCall := c.left.(call1); isCall {
		return v.callMatches(f) == want
	}
	name := c.left.(property).name
	if s, isText := want.(string); isText && v.blind(name, s) {
		return false
	}
	return holds(c.op, v.value(name), want)
}

// holds applies an operator to two values of one type; text is compared without regard to case.
func holds(op string, have, want any) bool {
	if want == nil || have == nil {
		return op == "eq" && have == want || op == "ne" && have != want
	}
	order := 0
	switch have := have.(type) {
	case bool:
		if have != want {
			order = 1
		}
	case time.Time:
		order = have.Truncate(time.Second).Compare(want.(time.Time))
	case string:
		order = cmp.Compare(strings.ToLower(have), strings.ToLower(want.(string)))
	}
	switch op {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

// value gives a filterable property; nil where the message has none.
func (v *view) value(name string) any {
	switch name {
	case "flag/flagStatus":
		return v.flag()
	case "from/emailAddress/address", "from/emailAddress/name":
		return addressPart(v.d.get("From"), name)
	case "sender/emailAddress/address", "sender/emailAddress/name":
		return addressPart(cmp.Or(v.d.get("Sender"), v.d.get("From")), name)
	case "body/content":
		return v.d.preview()
	}
	for _, p := range propertyList {
		if p.name == name {
			return p.get(v)
		}
	}
	return nil
}

func addressPart(header, name string) any {
	list := parseAddresses(header)
	if len(list) == 0 {
		return nil
	}
	if strings.HasSuffix(name, "/name") {
		return cmp.Or(list[0].name, list[0].addr)
	}
	return list[0].addr
}

// blind are the filters that the service answers with too little.
func (v *view) blind(name, want string) bool {
	return v.f.o.UnderscoreBug && strings.HasSuffix(name, "emailAddress/address") && strings.Contains(want, "_")
}

func (v *view) callMatches(c call1) bool {
	name, want := c.args[0].(property).name, c.args[1].(literal).value.(string)
	have, _ := v.value(name).(string)
	if v.blind(name, want) {
		return false
	}
	return textTest(c.name, have, want)
}

func textTest(function, have, want string) bool {
	have, want = strings.ToLower(have), strings.ToLower(want)
	if function == "startswith" {
		return strings.HasPrefix(have, want)
	}
	return strings.Contains(have, want)
}

func (v *view) anyMatches(l lambda) bool {
	if l.collection == "categories" {
		want, _ := l.body.(compare).right.(literal).value.(string)
		return slices.ContainsFunc(categories(v.m), func(c string) bool { return strings.EqualFold(c, want) })
	}
	id, test, _ := l.extended()
	have, ok := v.extended(id)
	if !ok {
		return false
	}
	switch test := test.(type) {
	case compare:
		want, isText := test.right.(literal)
		text, _ := want.value.(string)
		return isText && holds(test.op, have, text)
	case call1:
		want, _ := test.args[1].(literal).value.(string)
		return textTest(test.name, have, want)
	}
	return false
}

// sortBy orders messages as $orderby says; equal ones stay the newest first.
func sortBy(list []*view, orders []order) {
	slices.SortStableFunc(list, func(a, b *view) int {
		for _, o := range orders {
			n := compareValues(a.value(o.property), b.value(o.property))
			if o.descending {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	case bool:
		if b, ok := b.(bool); ok && a != b {
			if a {
				return 1
			}
			return -1
		}
	case string:
		if b, ok := b.(string); ok && utf8.ValidString(a) {
			return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
		}
		return 1
	case nil:
		if b != nil {
			return -1
		}
	}
	return 0
}
