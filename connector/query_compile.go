package connector

import (
	"fmt"
	"maps"
	"net/textproto"
	"path"
	"regexp"
	"slices"
	"strings"
)

// matcher is a checked query, ready to compare: one criterion after the other, the cheap ones and
// those that the header decides first.
type matcher struct {
	query Query
	head  []criterion // decided by the envelope and header
	text  []criterion // decided by the text and the attachments
	where func(*Message) error
}

// criterion compares one field of a query with a mail.
type criterion interface {
	title() string // the field of Query
	holds(v *view) bool
	explain(v *view) []Reason // of a mail for which holds is false
}

// compile checks the query and prepares it.
func (q Query) compile() (*matcher, *Error) {
	m, err := q.compilePart()
	if err != nil {
		return nil, err
	}
	if q.HeadOnly && q.needsText() {
		return nil, queryError("HeadOnly", "the query has a criterion that only the text decides", "drop HeadOnly, or Body, BodyRE, Attachment and Where")
	}
	m.query.Folder = q.Folder.clean()
	m.head = append(m.head, folderCriterion{m.query.Folder})
	return m, nil
}

// compilePart prepares the criteria that an alternative of AnyOf has too.
func (q Query) compilePart() (*matcher, *Error) {
	m := &matcher{query: q, where: q.Where}
	for _, step := range []func(*matcher) *Error{addAddresses, addTexts, addHeaders, addTimes, addAlternatives} {
		if err := step(m); err != nil {
			return nil, err
		}
	}
	if len(m.head)+len(m.text) == 0 && m.where == nil && !q.Everything {
		return nil, queryError("Query", "no criterion is set", "an empty variable? Set Everything to mean any mail")
	}
	return m, nil
}

func addAddresses(m *matcher) *Error {
	for _, f := range []struct{ name, value string }{
		{"To", m.query.To}, {"Cc", m.query.Cc}, {"From", m.query.From}, {"Recipient", m.query.Recipient},
	} {
		if f.value == "" {
			continue
		}
		want, ok := parseAddrWant(f.value)
		if !ok {
			return queryError(f.name, quote(f.value)+" is no address", `write "local@domain", or "@domain" for a whole domain`)
		}
		m.head = append(m.head, addrCriterion{f.name, f.value, want})
	}
	return nil
}

func addTexts(m *matcher) *Error {
	q := m.query
	for _, f := range []struct{ name, value string }{
		{"Subject", q.Subject}, {"Body", q.Body}, {"MessageID", q.MessageID}, {"Attachment", q.Attachment}, {"Folder", string(q.Folder)},
	} {
		if f.value != "" && (fold(f.value) == "" || f.name == "MessageID" && trimID(f.value) == "") {
			return queryError(f.name, "the value is blank", "leave it empty for no criterion; is the variable it came from set?")
		}
	}
	if q.MessageID != "" {
		m.head = append(m.head, idCriterion{trimID(q.MessageID)})
	}
	if q.Subject != "" {
		m.head = append(m.head, textCriterion{"Subject", q.Subject, fold(q.Subject)})
	}
	if q.SubjectRE != nil {
		m.head = append(m.head, reCriterion{"SubjectRE", q.SubjectRE})
	}
	if q.Body != "" {
		m.text = append(m.text, textCriterion{"Body", q.Body, fold(q.Body)})
	}
	if q.BodyRE != nil {
		m.text = append(m.text, reCriterion{"BodyRE", q.BodyRE})
	}
	return addAttachment(m)
}

func addAttachment(m *matcher) *Error {
	glob := m.query.Attachment
	if glob == "" {
		return nil
	}
	if _, err := path.Match(fold(glob), ""); err != nil {
		return queryError("Attachment", quote(glob)+" is no pattern", "path.Match says which are: *, ?, [a-z]")
	}
	m.text = append(m.text, attachmentCriterion{glob, fold(glob)})
	return nil
}

func addHeaders(m *matcher) *Error {
	for _, k := range slices.Sorted(maps.Keys(m.query.Header)) {
		v := m.query.Header[k]
		if strings.TrimSpace(k) == "" || strings.ContainsAny(k, ": \t\r\n") {
			return queryError("Header", quote(k)+" is no header name", "write the name alone, such as X-Run-Id")
		}
		if v != "" && fold(v) == "" {
			return queryError("Header["+k+"]", "the value is blank", `"" asks for presence`)
		}
		m.head = append(m.head, headerCriterion{textproto.CanonicalMIMEHeaderKey(k), v, fold(v)})
	}
	return nil
}

func addTimes(m *matcher) *Error {
	q := m.query
	if !q.Since.IsZero() && !q.Before.IsZero() && !q.Since.Before(q.Before) {
		return queryError("Before", fmt.Sprintf("it is not after Since (%s)", stamp(q.Since)), "no mail can match")
	}
	if !q.Since.IsZero() {
		m.head = append(m.head, sinceCriterion{q.Since.Truncate(second)})
	}
	if !q.Before.IsZero() {
		m.head = append(m.head, beforeCriterion{q.Before.Truncate(second)})
	}
	return nil
}

func addAlternatives(m *matcher) *Error {
	if m.query.AnyOf == nil {
		return nil
	}
	if len(m.query.AnyOf) == 0 {
		return queryError("AnyOf", "it has no alternative", "leave it nil for no criterion")
	}
	var any anyCriterion
	for i, q := range m.query.AnyOf {
		alt, err := q.compilePart()
		if err != nil {
			err.Err = fmt.Errorf("AnyOf[%d]: %w", i, err.Err)
			return err
		}
		any.alts = append(any.alts, alt)
	}
	if slices.ContainsFunc(m.query.AnyOf, Query.needsText) {
		m.text = append(m.text, any)
	} else {
		m.head = append(m.head, any)
	}
	return nil
}

// queryError is an ErrConfig about one field of a query.
func queryError(field, what, remedy string) *Error {
	return configError("check query", "", field+": "+what, remedy)
}

// matchHead reports whether the mail may match, as far as its header tells.
func (m *matcher) matchHead(v *view) bool { return allHold(m.head, v) }

// matchAll reports whether the mail matches in everything but Where.
func (m *matcher) matchAll(v *view) bool { return allHold(m.head, v) && allHold(m.text, v) }

func allHold(cs []criterion, v *view) bool {
	for _, c := range cs {
		if !c.holds(v) {
			return false
		}
	}
	return true
}

// mismatch explains each criterion that fails; Where is asked only if all else holds.
func (m *matcher) mismatch(v *view) []Reason {
	var out []Reason
	for _, c := range slices.Concat(m.head, m.text) {
		if !c.holds(v) {
			out = append(out, c.explain(v)...)
		}
	}
	if len(out) > 0 || m.where == nil {
		return out
	}
	if err := m.where(v.message); err != nil {
		return []Reason{{Criterion: "Where", Got: err.Error()}}
	}
	return nil
}

// trimID removes blanks and angle brackets around a Message-ID.
func trimID(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
}

// reNear says whether the pattern would match in another case.
func reNear(re *regexp.Regexp, s string) string {
	if ci, err := regexp.Compile("(?i)" + re.String()); err == nil && ci.MatchString(s) {
		return "it matches in another case: (?i)"
	}
	return ""
}
