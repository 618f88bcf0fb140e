package fakegraph

import (
	"slices"
	"strings"
	"time"
)

// propType is what a filterable property holds.
type propType int

const (
	typeString propType = iota + 1
	typeDate
	typeBool
	typeEnum
	typeContains // only contains() is accepted
	typeNever    // known to the schema, not to the filter
)

// filterable are the property paths that a $filter or $orderby may name, and how Exchange takes
// them.
var filterable = map[string]propType{
	"receivedDateTime":            typeDate,
	"sentDateTime":                typeDate,
	"createdDateTime":             typeDate,
	"lastModifiedDateTime":        typeDate,
	"isRead":                      typeBool,
	"isDraft":                     typeBool,
	"hasAttachments":              typeBool,
	"isReadReceiptRequested":      typeBool,
	"isDeliveryReceiptRequested":  typeBool,
	"importance":                  typeEnum,
	"inferenceClassification":     typeEnum,
	"flag/flagStatus":             typeEnum,
	"subject":                     typeString,
	"internetMessageId":           typeString,
	"conversationId":              typeString,
	"parentFolderId":              typeString,
	"from/emailAddress/address":   typeString,
	"from/emailAddress/name":      typeString,
	"sender/emailAddress/address": typeString,
	"sender/emailAddress/name":    typeString,
	"body/content":                typeContains,
	"id":                          typeNever,
	"changeKey":                   typeNever,
	"bodyPreview":                 typeNever,
	"body/contentType":            typeNever,
	"uniqueBody/content":          typeNever,
	"webLink":                     typeNever,
	"conversationIndex":           typeNever,
}

// filterProperty finds the canonical form of a path; case does not matter.
func filterProperty(path string) (string, bool) {
	for name := range filterable {
		if strings.EqualFold(name, path) {
			return name, true
		}
	}
	return "", false
}

func isRecipients(name string) bool {
	return slices.Contains([]string{"toRecipients", "ccRecipients", "bccRecipients", "replyTo"}, name)
}

// checkFilter holds what a filter may say, by the table of the known rules: see ASSUMPTIONS.md.
func checkFilter(n node) *apiError {
	switch n := n.(type) {
	case logic:
		if err := checkFilter(n.left); err != nil {
			return err
		}
		return checkFilter(n.right)
	case negation:
		return checkFilter(n.of)
	case compare:
		return checkCompare(n)
	case call1:
		return checkCall(n)
	case lambda:
		return checkLambda(n)
	case property:
		if filterable[n.name] == typeBool {
			return nil
		}
	case literal:
		if _, ok := n.value.(bool); ok {
			return nil
		}
	}
	return invalidClause("The $filter expression must evaluate to a single boolean value.")
}

func checkCompare(c compare) *apiError {
	value, ok := c.right.(literal)
	if !ok {
		return known("ErrorInvalidUrlQueryFilter")
	}
	switch left := c.left.(type) {
	case property:
		return checkTypes(left.name, c.op, value.value)
	case call1:
		if _, isBool := value.value.(bool); isBool && c.op == "eq" {
			return checkCall(left)
		}
	}
	return known("ErrorInvalidUrlQueryFilter")
}

func checkTypes(name, op string, value any) *apiError {
	if name == "id" {
		return known("ErrorInvalidProperty")
	}
	if value == nil {
		return nil
	}
	want, got := "Edm.String", edm(value)
	switch filterable[name] {
	case typeNever, typeContains:
		return known("ErrorInvalidUrlQueryFilter")
	case typeDate:
		want = "Edm.DateTimeOffset"
	case typeBool:
		want = "Edm.Boolean"
	case typeEnum:
		if op != "eq" && op != "ne" {
			return known("ErrorInvalidUrlQueryFilter")
		}
	}
	if want != got {
		return invalidClause("A binary operator with incompatible types was detected. Found operand types '%s' and '%s' for operator kind '%s'.", want, got, operatorKind[op])
	}
	return nil
}

var operatorKind = map[string]string{"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual",
	"lt": "LessThan", "le": "LessThanOrEqual"}

func edm(v any) string {
	switch v.(type) {
	case string:
		return "Edm.String"
	case bool:
		return "Edm.Boolean"
	case time.Time:
		return "Edm.DateTimeOffset"
	}
	return "Edm.Int32"
}

// checkCall lets contains and startswith pass, on strings.
func checkCall(c call1) *apiError {
	if c.name != "contains" && c.name != "startswith" || len(c.args) != 2 {
		return known("ErrorInvalidUrlQueryFilter")
	}
	p, ok1 := c.args[0].(property)
	value, ok2 := c.args[1].(literal)
	if !ok1 || !ok2 {
		return known("ErrorInvalidUrlQueryFilter")
	}
	if _, isString := value.value.(string); !isString {
		return invalidClause("No function signature for the function with name '%s' matches the specified arguments.", c.name)
	}
	switch filterable[p.name] {
	case typeString:
		return nil
	case typeContains:
		if c.name == "contains" {
			return nil
		}
	}
	return known("ErrorInvalidUrlQueryFilter")
}

// checkLambda knows the two collections that Exchange can search. Recipients are not among them,
// which Microsoft confirmed: github.com/microsoftgraph/microsoft-graph-explorer-v4/issues/3957
func checkLambda(l lambda) *apiError {
	if l.quantifier != "any" {
		return known("ErrorInvalidUrlQueryFilter")
	}
	switch l.collection {
	case "categories":
		c, ok := l.body.(compare)
		if !ok || c.op != "eq" || c.left != (property{l.variable}) {
			return known("ErrorInvalidUrlQueryFilter")
		}
		return nil
	case "singleValueExtendedProperties":
		if _, _, ok := l.extended(); ok {
			return nil
		}
	}
	return known("ErrorInvalidUrlQueryFilter")
}

// extended takes "ep/id eq 'X' and <test of ep/value>" apart.
func (l lambda) extended() (id string, test node, ok bool) {
	both, ok := l.body.(logic)
	if !ok || !both.and {
		return "", nil, false
	}
	c, ok := both.left.(compare)
	if !ok || c.op != "eq" || c.left != (property{l.variable + "/id"}) {
		return "", nil, false
	}
	name, ok := c.right.(literal)
	id, isString := name.value.(string)
	return id, both.right, ok && isString
}

// filterNames lists the properties a filter names, in the order of their first mention.
func filterNames(n node) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var walk func(node)
	walk = func(n node) {
		switch n := n.(type) {
		case logic:
			walk(n.left)
			walk(n.right)
		case negation:
			walk(n.of)
		case compare:
			walk(n.left)
		case call1:
			walk(n.args[0])
		case lambda:
			add(n.collection)
		case property:
			add(n.name)
		}
	}
	walk(n)
	return names
}

// lowerBound is the earliest receivedDateTime that a filter lets pass, if it says one.
func lowerBound(n node) (time.Time, bool) {
	switch n := n.(type) {
	case logic:
		a, okA := lowerBound(n.left)
		b, okB := lowerBound(n.right)
		switch {
		case !n.and && okA && okB:
			return earlier(a, b), true
		case !n.and:
			return time.Time{}, false
		case okA && okB:
			return later(a, b), true
		case okA:
			return a, true
		}
		return b, okB
	case compare:
		t, isTime := literalTime(n.right)
		if n.left == (property{"receivedDateTime"}) && isTime && slices.Contains([]string{"ge", "gt", "eq"}, n.op) {
			return t, true
		}
	}
	return time.Time{}, false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func literalTime(n node) (time.Time, bool) {
	l, _ := n.(literal)
	t, ok := l.value.(time.Time)
	return t, ok
}
