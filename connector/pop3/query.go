package pop3

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// keepMax is how much of headers a search keeps; what is beyond is read again by who needs it.
const keepMax = 64 << 20

// Search yields the mails of the maildrop, newest first. POP3 has no search: every header is read,
// in one connection, before the first mail is yielded. Other folders than the inbox have none.
func (b *backend) Search(ctx context.Context, q connector.Query) iter.Seq2[connector.Envelope, error] {
	return func(yield func(connector.Envelope, error) bool) {
		switch q.Folder {
		case "", connector.Inbox, connector.Anywhere:
		default:
			return
		}
		envs, err := b.all(ctx, q)
		for _, e := range envs {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(connector.Envelope{}, err)
		}
	}
}

// all reads the headers of the maildrop, and sorts the mails of the query's time: the newest first,
// of the same time the one that is listed last.
func (b *backend) all(ctx context.Context, q connector.Query) (envs []connector.Envelope, err error) {
	err = b.use(ctx, "search", afresh, func(c *conn) error {
		if err := b.list(ctx, c); err != nil {
			return err
		}
		kept := 0
		return c.heads(c.drop.mails, func(e entry, head []byte) {
			env := envelope(e, head)
			if kept += len(head); kept > keepMax {
				env.Head = nil
			}
			if within(env.Received, q) {
				envs = append(envs, env)
			}
		})
	})
	slices.Reverse(envs)
	slices.SortStableFunc(envs, func(a, b connector.Envelope) int { return b.Received.Compare(a.Received) })
	return envs, err
}

// within reports whether a time of receipt, if it is known, is the query's.
func within(t time.Time, q connector.Query) bool {
	switch {
	case t.IsZero():
		return true
	case !q.Since.IsZero() && t.Before(q.Since.Truncate(time.Second)):
		return false
	}
	return q.Before.IsZero() || t.Before(q.Before.Truncate(time.Second))
}
