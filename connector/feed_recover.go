package connector

import (
	"context"
	"slices"
	"time"
)

// lateness is how long before a cursor a mail may have been received and still be new: services
// stamp a mail before they show it.
const lateness = 15 * time.Minute

// recover finds the place again after the service forgot a cursor: the end first, then a search
// from a little before the lost place; what was there before is dropped. The caller holds the gate.
func (f *feed) recover(ctx context.Context, lost Cursor, own bool) ([]Envelope, Cursor, error) {
	end, err := f.backend.End(ctx)
	if err != nil {
		return nil, Cursor{}, err
	}
	q := Query{Everything: true, Folder: Anywhere}
	if !lost.At.IsZero() {
		q.Since = lost.At.Add(-lateness)
	}
	var envs []Envelope
	for e, err := range f.backend.Search(ctx, q) {
		if err != nil {
			return envs, lost, err
		}
		if (e.Folders == nil || watches(f.watch, e.Folders)) && f.isNew(e, lost, own) {
			envs = append(envs, e)
		}
	}
	f.log.Info("the service forgot our place; it was found again", "mailbox", f.mailbox, "mails", len(envs))
	return envs, end, nil
}

// isNew reports whether a mail found again came after the lost cursor. Where that is the feed's own, what
// the log has is known anyway, and learning of it twice changes nothing.
func (f *feed) isNew(e Envelope, lost Cursor, own bool) bool {
	f.mu.Lock()
	a, _ := f.lookup(e)
	f.mu.Unlock()
	switch {
	case own && a != nil && a.logged:
		return true
	case slices.Contains(lost.Known, e.ID):
		return false
	case lost.Known != nil || lost.At.IsZero() || e.Received.IsZero():
		return true
	}
	return !e.Received.Before(lost.At.Truncate(second))
}
