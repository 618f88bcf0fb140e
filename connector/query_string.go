package connector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String returns the criteria in one line, for logs and reports.
func (q Query) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+quote(value))
		}
	}
	add("To", q.To)
	add("Cc", q.Cc)
	add("From", q.From)
	add("Recipient", q.Recipient)
	add("Subject", q.Subject)
	add("Body", q.Body)
	if q.SubjectRE != nil {
		add("SubjectRE", q.SubjectRE.String())
	}
	if q.BodyRE != nil {
		add("BodyRE", q.BodyRE.String())
	}
	add("MessageID", q.MessageID)
	add("Attachment", q.Attachment)
	for _, k := range slices.Sorted(maps.Keys(q.Header)) {
		parts = append(parts, fmt.Sprintf("Header[%s] %s", k, quote(q.Header[k])))
	}
	add("Folder", string(q.Folder))
	if !q.Since.IsZero() {
		add("Since", stamp(q.Since))
	}
	if !q.Before.IsZero() {
		add("Before", stamp(q.Before))
	}
	return strings.Join(append(parts, q.rest()...), ", ")
}

// rest describes what has no single value.
func (q Query) rest() []string {
	var parts []string
	if len(q.AnyOf) > 0 {
		alts := make([]string, len(q.AnyOf))
		for i, a := range q.AnyOf {
			alts[i] = "(" + a.String() + ")"
		}
		parts = append(parts, "AnyOf "+strings.Join(alts, " or "))
	}
	if q.Where != nil {
		parts = append(parts, "Where …")
	}
	if q.Everything {
		parts = append(parts, "Everything")
	}
	return parts
}
