package fakegraph

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query holds the OData system query options of a request. An option without the "$" is not one:
// v1.0 ignores it.
type query struct {
	options    map[string]string // by lower-case name, "$" included
	selected   []string          // nil: the default set
	expand     []expansion
	filter     node
	orderBy    []order
	top, skip  int // -1: not given
	count      bool
	filterText string
}

type order struct {
	property   string
	descending bool
}

type expansion struct {
	name    string // "attachments", "singleValueExtendedProperties", "microsoft.graph.itemAttachment/item"
	options map[string]string
}

var systemOptions = []string{"$select", "$filter", "$orderby", "$top", "$skip", "$count", "$search", "$expand",
	"$skiptoken", "$deltatoken", "$format", "$levels"}

// rawOptions splits a query string. Semicolons are legal in it: $expand uses them.
func rawOptions(raw string) (map[string]string, *apiError) {
	all := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, badRequest("The query specified in the URI is not valid.")
		}
		n = strings.ToLower(n)
		if n != "changetype" && n != "includehiddenfolders" && !strings.HasPrefix(n, "$") {
			continue
		}
		if strings.HasPrefix(n, "$") && !slices.Contains(systemOptions, n) {
			return nil, badRequest("The query parameter '%s' is not supported.", n)
		}
		if _, twice := all[n]; twice {
			return nil, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", n)
		}
		all[n] = v
	}
	return all, nil
}

// parseQuery reads the options that lists and single reads of messages know.
func parseQuery(raw string) (query, *apiError) {
	options, err := rawOptions(raw)
	if err != nil {
		return query{}, err
	}
	q := query{options: options, top: -1, skip: -1}
	for _, step := range []func() *apiError{q.readPage, q.readSelect, q.readExpand, q.readFilter, q.readOrder} {
		if err := step(); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func (q *query) readPage() *apiError {
	var err *apiError
	if q.top, err = number(q.options, "$top", 1, 1000); err != nil {
		return err
	}
	if q.skip, err = number(q.options, "$skip", 0, 1<<31-1); err != nil {
		return err
	}
	switch strings.ToLower(q.options["$count"]) {
	case "", "false":
	case "true":
		q.count = true
	default:
		return badRequest("Invalid value '%s' for $count query option found. Valid values are 'true' and 'false'.", q.options["$count"])
	}
	return nil
}

// number reads a whole number; -1 stands for an option that is not there.
func number(options map[string]string, name string, low, high int) (int, *apiError) {
	text, given := options[name]
	if !given {
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badRequest("Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.", text, name, name)
	}
	if n < low || n > high {
		return 0, fail(400, "ErrorInvalidUrlQuery", "The limit of '%d' for %s query has been exceeded. The value must be between %d and %d.", high, strings.TrimPrefix(name, "$"), low, high)
	}
	return n, nil
}

func (q *query) readSelect() *apiError {
	text, given := q.options["$select"]
	if !given {
		return nil
	}
	q.selected = []string{}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		p, ok := propertyName(name)
		if !ok {
			return noProperty(name)
		}
		q.selected = append(q.selected, p)
	}
	return nil
}

// wants reports whether an answer has the property.
func (q *query) wants(name string) bool {
	if q.selected == nil {
		return !slices.Contains(notDefault, name)
	}
	return slices.Contains(q.selected, name)
}

// expands finds an expansion by name.
func (q *query) expands(name string) (expansion, bool) {
	i := slices.IndexFunc(q.expand, func(e expansion) bool { return strings.EqualFold(e.name, name) })
	if i < 0 {
		return expansion{}, false
	}
	return q.expand[i], true
}

func (q *query) readExpand() *apiError {
	text := q.options["$expand"]
	if text == "" {
		return nil
	}
	for item := range splitTop(text, ',') {
		name, inner, _ := strings.Cut(strings.TrimSpace(item), "(")
		e := expansion{name: strings.TrimSpace(name), options: map[string]string{}}
		for option := range splitTop(strings.TrimSuffix(inner, ")"), ';') {
			key, value, ok := strings.Cut(option, "=")
			if ok {
				e.options[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
			}
		}
		q.expand = append(q.expand, e)
	}
	return nil
}

// splitTop splits at a separator that stands outside brackets and quotes.
func splitTop(s string, sep byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		depth, quoted, start := 0, false, 0
		for i := range len(s) {
			switch c := s[i]; {
			case c == '\'':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			case c == sep && depth == 0:
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		if start < len(s) {
			yield(s[start:])
		}
	}
}

func (q *query) readFilter() *apiError {
	text, given := q.options["$filter"]
	if !given {
		return nil
	}
	n, err := parseFilter(text)
	if err != nil {
		return err
	}
	q.filter, q.filterText = n, text
	return checkFilter(n)
}

func (q *query) readOrder() *apiError {
	text, given := q.options["$orderby"]
	if !given {
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		words := strings.Fields(item)
		if len(words) == 0 || len(words) > 2 {
			return badRequest("Syntax error in $orderby '%s'.", text)
		}
		name, ok := filterProperty(words[0])
		if !ok {
			return noProperty(words[0])
		}
		o := order{property: name}
		if len(words) == 2 {
			switch strings.ToLower(words[1]) {
			case "desc":
				o.descending = true
			case "asc":
			default:
				return badRequest("Syntax error in $orderby '%s'.", text)
			}
		}
		q.orderBy = append(q.orderBy, o)
	}
	return q.checkOrder()
}

// checkOrder holds the rule that bites every newcomer: with a $filter, the properties of $orderby
// must appear in the $filter too, first, and in the same order.
// https://learn.microsoft.com/graph/api/user-list-messages#using-filter-and-orderby-in-the-same-query
func (q *query) checkOrder() *apiError {
	if q.filter == nil {
		return nil
	}
	named := filterNames(q.filter)
	for i, o := range q.orderBy {
		if i >= len(named) || named[i] != o.property {
			return known("InefficientFilter")
		}
	}
	return nil
}
