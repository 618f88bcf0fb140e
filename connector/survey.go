package connector

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A survey looks beyond the watched folders, once for all waits that are about to fail: where else a
// mail went, and what came shortly before the mark.
const (
	surveyLead  = 6 * time.Second  // before the end of a wait
	surveyEvery = 10 * time.Second // at most
	surveyPast  = 2 * time.Minute  // before the mark
	surveyMails = 100              // listed
	surveyReads = 10               // read, where a list has no headers
)

// surveyFrom is the time from which on a survey is due, and when it must be over; zero if none is.
// Only waits with more than half of their time behind them ask for one. The lock is held.
func (f *feed) surveyFrom(now time.Time) (since, end time.Time) {
	if now.Sub(f.surveyed) < surveyEvery && !f.surveyed.After(now) {
		return since, end
	}
	for w := range f.waiters {
		half := w.asked.Add(w.due.Sub(w.asked) / 2)
		over := w.due.Add(-4 * f.seen.trip) // what it uses is free again then
		if w.marked.IsZero() || w.due.IsZero() || w.last || !now.Before(over) || now.Before(half) || now.Before(w.due.Add(-surveyLead)) {
			continue
		}
		if since.IsZero() || w.marked.Before(since) {
			since = w.marked
		}
		if end.IsZero() || over.Before(end) {
			end = over
		}
	}
	return since, end
}

// survey makes one if it is due. What fails is left out: a report says what is known. It is over
// before the first of the waits needs its last look.
func (f *feed) survey(ctx context.Context) {
	f.mu.Lock()
	since, end := f.surveyFrom(time.Now())
	if end.IsZero() {
		f.mu.Unlock()
		return
	}
	f.surveyed = time.Now()
	f.mu.Unlock()
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	release, err := f.gate.enterLook(ctx, f.able.limits.Look)
	if err != nil {
		return
	}
	envs, err := f.unknown(ctx, since.Add(-surveyPast))
	release()
	var seen []*view
	if len(envs) > 0 {
		var broke error
		seen, broke = f.beyond(ctx, envs)
		err = cmp.Or(err, broke)
	}
	if err != nil && ctx.Err() == nil && passing(err) {
		f.gate.obstacle(err)
	}
	f.mu.Lock()
	f.elsewhere = seen
	f.mu.Unlock()
}

// unknown lists mails that the log does not have. What came before an error counts.
func (f *feed) unknown(ctx context.Context, since time.Time) (out []Envelope, err error) {
	listed := 0
	for e, err := range f.backend.Search(ctx, Query{Everything: true, Folder: Anywhere, Since: since}) {
		if listed++; err != nil || listed > surveyMails {
			return out, err
		}
		if !f.isKnown(e) && !own(e.Folders) {
			out = append(out, e)
		}
	}
	return out, nil
}

// beyond reads the headers of mails. A look that needs one of them too does not read it again.
func (f *feed) beyond(ctx context.Context, envs []Envelope) (out []*view, err error) {
	read := 0
	for _, e := range envs {
		if e.Head != nil {
			out = append(out, newView(f.parseHead(e)))
			continue
		}
		if read++; read > surveyReads {
			return out, nil
		}
		v, err := f.load(ctx, f.register([]Envelope{e})[0], DepthHead)
		if err != nil {
			return out, err
		}
		if v != nil && !own(v.message.Folders) {
			out = append(out, v)
		}
	}
	return out, nil
}

// isKnown reports whether a mail stands in the log.
func (f *feed) isKnown(e Envelope) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, _ := f.lookup(e)
	return a != nil && a.logged
}

// own reports whether a mail was written here: a draft, or a copy of what was sent.
func own(folders []Folder) bool {
	return slices.Contains(folders, Sent) || slices.Contains(folders, Drafts)
}
