package graph

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// The pages of a search: small, since the first hit is often enough, but for a stretch of time.
const (
	searchPage  = 50
	stretchPage = 250
)

// Search lists the folder's mails, newest first, page by page while they are taken. Graph is asked
// for the time and the Message-ID only; everything else it would answer with less than the truth:
// its subject filter misses mails, its sender filter those of the house, and there is none for
// recipients.
func (b *backend) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		if err := b.search(b.begin(ctx), q, yield); err != nil {
			yield(connector.Envelope{}, err)
		}
	}
}

// search yields the mails; an error is for the caller to yield.
func (b *backend) search(ctx context.Context, q connector.Query, yield func(connector.Envelope, error) bool) error {
	const op = "search"
	list, err := b.searchQuery(ctx, q)
	if err != nil {
		if errors.Is(err, connector.ErrConfig) { // a folder that is not there holds nothing
			return nil
		}
		return err
	}
	for next := ""; ; {
		p, err := b.read(ctx, op, list, next)
		if err != nil {
			return err
		}
		last, more, err := b.yieldAll(ctx, op, p, yield)
		if err != nil || !more {
			return err
		}
		if next = p.next; next != "" {
			continue
		}
		if len(p.mails) < int(list.top) || last.IsZero() {
			return nil
		}
		before := list.filter // the link to the next page was lost: go on from the last mail
		if list.filter = searchFilter(q, last.Add(time.Second)); list.filter == before {
			return nil
		}
	}
}

// yieldAll hands a page on; more is false if no more is wanted.
func (b *backend) yieldAll(ctx context.Context, op string, p page, yield func(connector.Envelope, error) bool) (last time.Time, more bool, err error) {
	for _, m := range p.mails {
		it, ok, err := b.newItem(op, m)
		if err != nil {
			return last, false, err
		}
		last = it.received
		if !ok {
			continue
		}
		folder, err := b.folders.name(ctx, it.folder)
		if err != nil {
			return last, false, err
		}
		if !yield(it.envelope(folder), nil) {
			return last, false, nil
		}
	}
	return last, true, nil
}

func (b *backend) searchQuery(ctx context.Context, q connector.Query) (query, error) {
	list := query{filter: searchFilter(q, time.Time{}), order: "receivedDateTime desc", fields: headFields, top: searchPage}
	if !q.Since.IsZero() {
		list.top = min(stretchPage, b.page.Load())
	}
	folder := q.Folder
	if folder == "" {
		folder = connector.Inbox
	}
	if folder == connector.Anywhere {
		return list, nil
	}
	var err error
	list.folder, err = b.folders.id(ctx, folder)
	return list, err
}

// searchFilter begins with the time, which Graph demands of a list in that order. before, if set, is
// where the list goes on.
func searchFilter(q connector.Query, before time.Time) string {
	since := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	if !q.Since.IsZero() {
		since = q.Since
	}
	if before.IsZero() || !q.Before.IsZero() && q.Before.Before(before) {
		before = q.Before
	}
	terms := []string{"receivedDateTime ge " + stamp(since)}
	if !before.IsZero() {
		terms = append(terms, "receivedDateTime lt "+stamp(before))
	}
	if id := strings.Trim(strings.TrimSpace(q.MessageID), "<>"); plainID(id) {
		terms = append(terms, "internetMessageId eq '<"+strings.ReplaceAll(id, "'", "''")+">'")
	}
	return strings.Join(terms, " and ")
}

// plainID reports whether Graph compares an id as we do: no blanks or foreign characters, and not
// longer than its filters take (120).
func plainID(id string) bool {
	return id != "" && len(id) <= 110 && strings.Contains(id, "@") &&
		!strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
}
