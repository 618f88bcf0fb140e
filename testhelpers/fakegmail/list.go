package fakegmail

import (
	"net/http"
	"slices"
	"time"
)

const junkEstimate = 201 // what the service likes to say, whatever there is

// selection is what a list call asked for.
type selection struct {
	labels    []string
	spamTrash bool
	query     *query
	limit     int
}

// selection reads the parameters that the lists of messages, threads and drafts share.
func (c *call) selection() (s selection, refusal *apiError) {
	s.labels = c.query["labelIds"]
	for _, id := range s.labels {
		if !c.box.labels.exists(id) {
			return s, invalid("Invalid label: %s", id)
		}
	}
	q := c.query.Get("q")
	if q != "" && contains(c.grant.scopes, ScopeMetadata) {
		return s, forbidden("forbidden", "Metadata scope does not support 'q' parameter")
	}
	s.query = parseQuery(q, c.f.opts)
	s.spamTrash = c.boolean("includeSpamTrash") || s.query.anywhere ||
		contains(s.labels, labelSpam) || contains(s.labels, labelTrash)
	s.limit, refusal = c.maxResults()
	return s, refusal
}

// takes reports whether a mail is in the selection. What q sees lags, what labelIds sees does not.
func (b *box) takes(s *selection, e *entry) bool {
	for _, id := range s.labels {
		if !contains(e.labels, id) {
			return false
		}
	}
	if !s.spamTrash && (contains(e.labels, labelSpam) || contains(e.labels, labelTrash)) {
		return false
	}
	return s.query.empty() || b.search(s.query, e)
}

// newest walks the selection from the place of the page token, the newest first, until take says
// no.
func (b *box) newest(s *selection, from [2]uint64, take func(*entry) bool) {
	start := &entry{received: time.Unix(0, int64(from[0])), key: from[1]}
	at := len(b.order)
	if from != [2]uint64{} {
		at, _ = slices.BinarySearchFunc(b.order, start, byArrival)
	}
	for i := at - 1; i >= 0; i-- {
		if b.takes(s, b.order[i]) && !take(b.order[i]) {
			return
		}
	}
}

func place64(e *entry) (a, b uint64) { return uint64(e.received.UnixNano()), e.key }

// listPage gives one page of the selection and the token of the next.
func (c *call) listPage() (page []*entry, next string, refusal *apiError) {
	s, refusal := c.selection()
	if refusal != nil {
		return nil, "", refusal
	}
	pages := c.pager("q", "labelIds", "includeSpamTrash")
	from, refusal := pages.position(0, 0)
	if refusal != nil {
		return nil, "", refusal
	}
	if c.f.opts.ShortPages {
		return c.shortPage(&s, pages, from)
	}
	c.box.newest(&s, from, func(e *entry) bool {
		if len(page) == s.limit {
			next = pages.token(place64(page[len(page)-1]))
			return false
		}
		page = append(page, e)
		return true
	})
	return page, next, nil
}

// shortPage gives half of what was asked for, and an empty page before the first [8].
func (c *call) shortPage(s *selection, pages pager, from [2]uint64) (page []*entry, next string, _ *apiError) {
	if n := len(c.box.order); from == [2]uint64{} && n > 0 {
		at, key := place64(c.box.order[n-1])
		return nil, pages.token(at, key+1), nil
	}
	half := (s.limit + 1) / 2
	c.box.newest(s, from, func(e *entry) bool {
		if len(page) == half {
			next = pages.token(place64(page[half-1]))
			return false
		}
		page = append(page, e)
		return true
	})
	return page, next, nil
}

func estimate(n int) int {
	if n == 0 {
		return 0
	}
	return junkEstimate
}

// listMessages is users.messages.list.
func listMessages(c *call) (answer, *apiError) {
	page, next, refusal := c.listPage()
	if refusal != nil {
		return answer{}, refusal
	}
	out := messageList{NextPageToken: next, ResultSizeEstimate: estimate(len(page))}
	for _, e := range page {
		out.Messages = append(out.Messages, e.reference())
	}
	return answer{value: out}, nil
}

// notImplemented says loudly what this fake does not do.
func notImplemented(what string) *apiError {
	return fail(http.StatusNotImplemented, "UNIMPLEMENTED", "notImplemented",
		"fakegmail: %s is not part of this fake", what)
}
