package fakegmail

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The operators that look into a field of the index, and those that do something of their own.
var (
	fieldOperators = []string{"from", "to", "cc", "bcc", "subject", "deliveredto", "list"}
	otherOperators = []string{"rfc822msgid", "filename", "has", "is", "in", "label", "category", "after", "before",
		"newer", "older", "newer_than", "older_than", "size", "larger", "smaller"}
)

func (p *parser) known(name string) bool {
	return contains(fieldOperators, name) || contains(otherOperators, name)
}

// fieldsOf are the fields that an operator looks into. A recipient is found by to: in whatever
// recipient field it is [16].
func (p *parser) fieldsOf(name string) []string {
	if name == "to" && !p.opts.ToOnly {
		return []string{"to", "cc", "bcc"}
	}
	return []string{name}
}

// operator makes the condition of an operator with its value. A value that the operator does not
// know is met by no mail.
func (p *parser) operator(name, value string) cond {
	if contains(fieldOperators, name) {
		return p.phrase(name, value).match
	}
	value = strings.TrimPrefix(value, `"`)
	lower := strings.ToLower(value)
	switch name {
	case "rfc822msgid":
		return func(t *target) bool { return t.doc().messageID == strings.Trim(value, "<>") }
	case "filename":
		return func(t *target) bool { return t.hasFile(lower) }
	case "has":
		return func(t *target) bool { return t.has(lower) }
	case "is", "in":
		return p.state(lower)
	case "category":
		return labelCond("CATEGORY_" + strings.ToUpper(lower))
	case "label":
		return func(t *target) bool { return t.labelNamed(lower) }
	case "after", "newer", "before", "older":
		return p.date(name, value)
	case "newer_than", "older_than":
		return p.age(name, lower)
	}
	return sizeCond(name, lower)
}

// state is is: and in:.
func (p *parser) state(value string) cond {
	switch value {
	case "anywhere":
		p.query.anywhere = true
		return func(*target) bool { return true }
	case "spam", "trash":
		p.query.anywhere = true
	case "read":
		return func(t *target) bool { return !contains(t.labels, labelUnread) }
	case "drafts":
		value = "draft"
	}
	return func(t *target) bool {
		return contains(t.labels, strings.ToUpper(value)) || t.labelNamed(value)
	}
}

func labelCond(id string) cond { return func(t *target) bool { return contains(t.labels, id) } }

func never(*target) bool { return false }

// pacific is the zone in which a date begins. The service's own has no summer time in the
// documents: PST.
var pacific = time.FixedZone("PST", -8*3600)

// date is after: and before:, with seconds since 1970 or a date.
func (p *parser) date(name, value string) cond {
	at, ok := parseDate(value)
	if !ok {
		return never
	}
	exclusive := p.opts.AfterExclusive
	return func(t *target) bool {
		received := t.e.received.Unix()
		if name == "before" || name == "older" {
			return received < at
		}
		return received > at || received == at && !exclusive
	}
}

func parseDate(s string) (unix int64, ok bool) {
	for _, layout := range []string{"2006/1/2", "2006-1-2", "1/2/2006"} {
		if t, err := time.ParseInLocation(layout, s, pacific); err == nil {
			return t.Unix(), true
		}
	}
	unix, err := strconv.ParseInt(s, 10, 64)
	return unix, err == nil
}

// age is older_than: and newer_than:.
func (p *parser) age(name, value string) cond {
	if value == "" {
		return never
	}
	n, err := strconv.Atoi(value[:len(value)-1])
	unit, ok := map[byte]time.Duration{
		'h': time.Hour, 'd': 24 * time.Hour, 'm': 30 * 24 * time.Hour, 'y': 365 * 24 * time.Hour,
	}[value[len(value)-1]]
	if err != nil || !ok || p.opts.NoHours && strings.HasSuffix(value, "h") {
		return never
	}
	age := time.Duration(n) * unit
	return func(t *target) bool {
		return (time.Since(t.e.received) > age) == (name == "older_than")
	}
}

// sizeCond is size:, larger: and smaller:, in bytes or with K or M.
func sizeCond(name, value string) cond {
	factor := 1
	switch {
	case strings.HasSuffix(value, "k"):
		factor, value = 1<<10, value[:len(value)-1]
	case strings.HasSuffix(value, "m"):
		factor, value = 1<<20, value[:len(value)-1]
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return never
	}
	return func(t *target) bool {
		return (t.doc().size > n*factor) == (name != "smaller")
	}
}

// hasFile reports whether an attachment has a name of these words, or this extension.
func (t *target) hasFile(value string) bool {
	return slices.ContainsFunc(t.doc().files, func(name string) bool {
		return strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".") == value ||
			len(phraseAt(words(name), words(value))) > 0
	})
}

func (t *target) has(value string) bool {
	user := slices.ContainsFunc(t.labels, func(id string) bool { return t.b.labels.byID[id] != nil })
	switch value {
	case "attachment":
		return len(t.doc().files) > 0
	case "userlabels":
		return user
	case "nouserlabels":
		return !user
	case "yellow-star":
		return contains(t.labels, labelStarred)
	}
	return false
}

// labelNamed compares names as the search box does: blanks and slashes are hyphens.
func (t *target) labelNamed(value string) bool {
	flat := strings.NewReplacer(" ", "-", "/", "-")
	return slices.ContainsFunc(t.labels, func(id string) bool {
		name := id
		if l := t.b.labels.byID[id]; l != nil {
			name = l.Name
		}
		return flat.Replace(strings.ToLower(name)) == flat.Replace(value)
	})
}
