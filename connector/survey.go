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
	surveyLead  = 6 * time.Second // before the end of a wait
	surveyEvery = 5 * time.Second // at most
	surveyPast  = 2 * time.Minute // before the mark
	surveyMails = 100             // listed
	surveyReads = 10              // read, where a list has no headers
)

// surveyFrom is the time from which on mails are asked for, and when the survey must be over; zero if none is
// due. Only waits with more than half of their time behind them ask for one. The lock is held.
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
		end = later(end, over)
	}
	return since, end
}

// survey makes one if it is due. What fails is left out: a report says what is known. It is over
// before the last of the waits needs its last look, and those that end meanwhile see what is known by then.
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
	seen, broke := f.beyond(ctx, envs)
	if err = cmp.Or(err, broke); err == nil {
		f.mu.Lock()
		f.elsewhere = seen // what is not there any more is forgotten
		f.mu.Unlock()
	} else if ctx.Err() == nil && passing(err) {
		f.gate.obstacle(err)
	}
}

// saw notes a mail beyond the log, for waits that end before the survey does.
func (f *feed) saw(v *view) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.elsewhere[max(len(f.elsewhere)-surveyMails, 0):]
	f.elsewhere = append(slices.DeleteFunc(slices.Clone(kept), func(o *view) bool { return o.message.ID == v.message.ID }), v)
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
			v := newView(f.parseHead(e))
			out = append(out, v)
			f.saw(v)
			continue
		}
		a := f.register([]Envelope{e})[0]
		if !f.isRead(a) {
			if read++; read > surveyReads {
				continue // older ones may have been read by an earlier survey
			}
		}
		v, err := f.load(ctx, a, DepthHead)
		if err != nil {
			return out, err
		}
		if v != nil && !own(v.message.Folders) {
			out = append(out, v)
			f.saw(v)
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

// isRead reports whether nothing more can be learned about a mail's header.
func (f *feed) isRead(a *arrival) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return a.settled()
}

// own reports whether a mail was written here: a draft, or a copy of what was sent.
func own(folders []Folder) bool {
	return slices.Contains(folders, Sent) || slices.Contains(folders, Drafts)
}
