package fakegmail

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

type recordKind int

const (
	recordLabels recordKind = iota
	recordAdded
	recordDeleted
	recordBare
)

// record is one entry of a mailbox's history.
type record struct {
	id           uint64
	seq          uint64
	kind         recordKind
	entry        *entry
	labels       []string // right after it
	gained, lost []string
	at           time.Time
}

// record writes the history, with what the service is seen to add to it: a record without a change
// after every second new mail, and a second one that says the same after every third.
func (b *box) record(r record) {
	r.id, r.at = b.offset+historyID(r.seq), time.Now()
	noChange := r.kind == recordLabels && len(r.gained)+len(r.lost) == 0
	if noChange {
		r.kind = recordBare
	}
	if noChange && b.opts.TidyHistory {
		return
	}
	b.log = append(b.log, r)
	if r.kind != recordAdded || b.opts.TidyHistory {
		return
	}
	if r.seq%3 == 0 {
		r.id++
		b.log = append(b.log, r)
	}
	if r.seq%2 == 0 {
		r.id++
		r.kind = recordBare
		b.log = append(b.log, r)
	}
}

// expire forgets records that are older than the service keeps them.
func (b *box) expire() {
	keep := b.opts.HistoryKeep
	if keep == 0 {
		keep = 7 * 24 * time.Hour
	}
	oldest := time.Now().Add(-keep)
	n := 0
	for n < len(b.log) && b.log[n].at.Before(oldest) {
		b.floor = b.log[n].id
		n++
	}
	b.log = slices.Delete(b.log, 0, n)
}

// forget loses the history up to now: ids that are out are too old, a new one is good.
func (b *box) forget() {
	b.offset += 1000
	b.floor = b.historyID()
	b.log = nil
}

var historyTypes = map[string]recordKind{
	"messageAdded": recordAdded, "messageDeleted": recordDeleted,
	"labelAdded": recordLabels, "labelRemoved": recordLabels,
}

// historyQuery is what history.list was asked for.
type historyQuery struct {
	start uint64
	types []string
	label string
	limit int
}

func parseHistoryQuery(c *call) (q historyQuery, refusal *apiError) {
	start := c.query.Get("startHistoryId")
	var err error
	if q.start, err = strconv.ParseUint(start, 10, 64); err != nil {
		if start == "" {
			return q, invalid("Missing required parameter: startHistoryId")
		}
		return q, badValue("start_history_id", "TYPE_UINT64", start)
	}
	q.types, q.label = c.query["historyTypes"], c.query.Get("labelId")
	for _, t := range q.types {
		if _, ok := historyTypes[t]; !ok {
			return q, badValue("history_types", "type.googleapis.com/gmail.api.v1.ListHistoryRequest.HistoryType", t)
		}
	}
	q.limit, refusal = c.maxResults()
	return q, refusal
}

// badValue refuses a parameter that is not of its type.
func badValue(field, kind, value string) *apiError {
	text := "Invalid value at '" + field + "' (" + kind + "), \"" + value + "\""
	e := invalid("%s", text)
	e.details = []any{badRequest(field, text)}
	return e
}

// listHistory is users.history.list.
func listHistory(c *call) (answer, *apiError) {
	q, refusal := parseHistoryQuery(c)
	if refusal != nil {
		return answer{}, refusal
	}
	b := c.box
	b.expire()
	if q.start < b.floor || q.start > b.historyID() {
		return answer{}, notFound()
	}
	pages := c.pager("startHistoryId", "historyTypes", "labelId")
	from, refusal := pages.position(q.start, 0)
	if refusal != nil {
		return answer{}, refusal
	}
	out := historyList{HistoryID: b.historyID()}
	at, _ := slices.BinarySearchFunc(b.log, from[0]+1, func(r record, id uint64) int {
		return cmp.Compare(r.id, id)
	})
	for _, r := range b.log[at:] {
		if !q.wants(r) {
			continue
		}
		if len(out.History) == q.limit {
			out.NextPageToken = pages.token(out.History[q.limit-1].ID, 0)
			break
		}
		out.History = append(out.History, r.json(q))
	}
	return answer{value: out}, nil
}

func (q historyQuery) has(name string) bool { return len(q.types) == 0 || contains(q.types, name) }

// wants reports whether a record passes the filters; a bare one passes that of types.
func (q historyQuery) wants(r record) bool {
	if q.label != "" && !contains(r.labels, q.label) && !contains(r.lost, q.label) {
		return false
	}
	switch r.kind {
	case recordAdded:
		return q.has("messageAdded")
	case recordDeleted:
		return q.has("messageDeleted")
	case recordLabels:
		return len(r.gained) > 0 && q.has("labelAdded") || len(r.lost) > 0 && q.has("labelRemoved")
	}
	return true
}

func (r record) json(q historyQuery) historyRecord {
	ref := message{ID: r.entry.id, ThreadID: r.entry.thread}
	full := ref
	full.LabelIDs = r.labels
	out := historyRecord{ID: r.id, Messages: []message{ref}}
	change := []historyChange{{Message: full}}
	switch r.kind {
	case recordAdded:
		out.MessagesAdded = change
	case recordDeleted:
		out.MessagesDeleted = change
	case recordLabels:
		if len(r.gained) > 0 && q.has("labelAdded") {
			out.LabelsAdded = []historyChange{{full, r.gained}}
		}
		if len(r.lost) > 0 && q.has("labelRemoved") {
			out.LabelsRemoved = []historyChange{{full, r.lost}}
		}
	}
	return out
}
