package pop3

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Retention says how long mail stays on the server. The zero value leaves all of it there. It may be
// changed at any time: a ledger holds what happened, not what is due.
type Retention struct {
	// Days is after how many days of 24 hours a mail goes; 0 is never.
	Days int
	// ByReceived counts them from when the server received a mail, as its header says; false, or
	// where the header says nothing, from when the ledger saw it first.
	ByReceived bool
}

// due reports whether a mail's time is over.
func (r Retention) due(m Record, now time.Time) bool {
	from := m.Seen
	if r.ByReceived && !m.Received.IsZero() {
		from = m.Received
	}
	return r.Days > 0 && now.Sub(from) >= time.Duration(r.Days)*24*time.Hour
}

// Plan is a dry run of a retention: what [Plan.Delete] would delete. Nothing was changed for it.
type Plan struct {
	// Due are the mails to delete, those first that were seen first. Each was downloaded whole.
	Due []Record
	// Unfetched are those that were first seen long enough ago and never downloaded whole: they stay.
	Unfetched []Record

	backend *backend
}

// Plan lists the maildrop and tells which of its mails a retention would delete. It needs Ledger, and
// only what sessions with this ledger downloaded whole is ever due. It wants the maildrop for itself:
// a session that is reading is [connector.ErrUnavailable].
func (s Server) Plan(ctx context.Context, r Retention) (*Plan, error) {
	switch {
	case s.Ledger == nil:
		return nil, s.config("Ledger is nil", "give the ledger of the sessions, such as a LedgerFile")
	case r.Days < 0 || r.Days > 36500:
		return nil, s.config("Days is negative, or more than 36500", "0 leaves all mail on the server")
	}
	b, err := s.backend()
	if err != nil {
		return nil, err
	}
	d, err := b.listed(ctx, "plan")
	if err != nil {
		return nil, err
	}
	p := &Plan{backend: b}
	now := time.Now()
	err = b.update(ctx, d, func(k book) {
		p.Due, p.Unfetched = nil, nil // a ledger may ask again
		for _, m := range k {
			_, listed := d.find(m.ID)
			switch {
			case !listed || !r.due(m, now):
			case m.SHA256 == "":
				p.Unfetched = append(p.Unfetched, m)
			default:
				p.Due = append(p.Due, m)
			}
		}
	})
	for _, list := range [][]Record{p.Due, p.Unfetched} {
		slices.SortFunc(list, func(a, b Record) int { return cmp.Or(a.Seen.Compare(b.Seen), cmp.Compare(a.ID, b.ID)) })
	}
	return p, err
}

// listed logs in, lists the maildrop, notes what is new in it, and leaves.
func (b *backend) listed(ctx context.Context, op string) (d *maildrop, err error) {
	err = b.use(ctx, op, afresh, func(c *conn) error {
		err := b.list(ctx, c)
		d = c.drop
		return err
	})
	b.discard()
	return d, err
}

// Delete deletes what is due, and returns what is gone. Each mail is downloaded once more before,
// and stays if it is not byte for byte the one of the ledger. The server deletes when the connection
// ends well (RFC 1939 §6): one that breaks before deletes nothing, and whether it did is looked up.
// It may be called again.
func (p *Plan) Delete(ctx context.Context) ([]Record, error) {
	if len(p.Due) == 0 {
		return nil, nil
	}
	b := p.backend
	var doomed []Record
	err := b.use(ctx, "delete", afresh, func(c *conn) (err error) {
		if err = c.load(); err == nil {
			doomed, err = b.doom(ctx, c, p.Due)
		}
		return err
	})
	b.discard() // by QUIT, at which the server deletes
	if len(doomed) == 0 {
		return nil, err
	}
	d, again := b.listed(ctx, "delete")
	if again != nil {
		return nil, cmp.Or(err, again)
	}
	gone := slices.DeleteFunc(slices.Clone(doomed), func(m Record) bool { _, there := d.find(m.ID); return there })
	if err == nil && len(gone) < len(doomed) {
		err = b.server.fail(ctx, "delete", &connector.Error{Op: "delete", Kind: connector.ErrUnexpected,
			Err: fmt.Errorf("the server still lists %d of %d mails that it was told to delete", len(doomed)-len(gone), len(doomed)), Remedy: "what does its administrator let POP3 delete?"})
	}
	return gone, err
}

// doom marks the mails as deleted that are what the ledger says. Until all are marked, and where
// anything fails, the connection ends without that.
func (b *backend) doom(ctx context.Context, c *conn, due []Record) (doomed []Record, err error) {
	c.undo = true
	var marks []string
	for _, m := range due {
		e, listed := c.drop.find(m.ID)
		if !listed {
			continue
		}
		raw, err := c.whole(e, b.server.MaxMail)
		if err == nil && hashOf(raw) != m.SHA256 {
			err = b.noteWhole(ctx, c.drop, m.ID, raw) // the server gave its id to another mail
		} else if err == nil {
			marks, doomed = append(marks, fmt.Sprintf("DELE %d", e.number)), append(doomed, m)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, command := range append([]string{"RSET"}, marks...) { // RSET: what was read to compare it is not marked as read
		if _, err := c.cmd(command); err != nil {
			return nil, err
		}
	}
	c.undo = false
	return doomed, nil
}
