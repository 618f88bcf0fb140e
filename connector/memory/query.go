package memory

import (
	"context"
	"iter"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// page is how many mails one call of a search lists.
const page = 50

// Search yields the mails of the query's folder and time, newest first. All other criteria are
// left to the session: a service that compares texts in its own way must not be asked for them.
func (b *backend) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		var all []mailstore.Message
		for skip := 0; skip == 0 || skip < len(all); skip += page {
			err := b.call(ctx, "search", func(box *mailstore.Mailbox) error {
				if skip == 0 {
					all = b.candidates(box, q)
				}
				return nil
			})
			if err != nil {
				yield(connector.Envelope{}, err)
				return
			}
			for _, m := range all[skip:min(skip+page, len(all))] {
				if !yield(b.envelope(m), nil) {
					return
				}
			}
		}
	}
}

// candidates lists the mails that may match.
func (b *backend) candidates(box *mailstore.Mailbox, q connector.Query) []mailstore.Message {
	if b.server.WideSearch {
		return box.List("")
	}
	folder := mailstore.Inbox
	switch q.Folder {
	case "":
	case connector.Anywhere:
		folder = ""
	default:
		folder = string(q.Folder)
	}
	all := box.List(folder)
	if !q.Since.IsZero() {
		all = box.Since(folder, q.Since.Truncate(time.Second))
	}
	if q.Before.IsZero() {
		return all
	}
	before := all[:0]
	for _, m := range all {
		if m.Received.Before(q.Before.Truncate(time.Second)) {
			before = append(before, m)
		}
	}
	return before
}
