package fakegmail

import "time"

// target is a mail as the search index sees it now.
type target struct {
	b      *box
	e      *entry
	labels []string
}

func (t *target) doc() *document { return t.b.index(t.e) }

// search reports whether a mail meets q. With Options.SearchLag a new mail is not in the index
// yet, and a changed one has its earlier labels there.
func (b *box) search(q *query, e *entry) bool {
	indexed := time.Now().Add(-b.opts.SearchLag)
	if e.arrived.After(indexed) {
		return false
	}
	t := &target{b: b, e: e, labels: e.labels}
	if e.since.After(indexed) {
		t.labels = e.earlier
	}
	return allCond(q.all)(t)
}

// phrases are words that all must be in one of some fields, each list of them in a row.
type phrases struct {
	fields []string
	list   [][]string
}

func (p phrases) match(t *target) bool {
	for _, phrase := range p.list {
		if !p.found(t, phrase) {
			return false
		}
	}
	return true
}

func (p phrases) found(t *target, phrase []string) bool {
	if len(phrase) == 0 {
		return true
	}
	for _, field := range p.fields {
		if len(phraseAt(t.doc().fields[field], phrase)) > 0 {
			return true
		}
	}
	return false
}

// near reports whether the first phrases of both stand at most n words apart in one field.
func (p phrases) near(t *target, other phrases, n int) bool {
	if len(p.list) == 0 || len(other.list) == 0 {
		return false
	}
	for _, field := range p.fields {
		text := t.doc().fields[field]
		for _, i := range phraseAt(text, p.list[0]) {
			for _, j := range phraseAt(text, other.list[0]) {
				if max(i-j, j-i) <= n+1 {
					return true
				}
			}
		}
	}
	return false
}
