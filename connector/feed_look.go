package connector

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// drive makes the looks while someone waits. Surveys run beside them, and end with them.
func (f *feed) drive(ctx context.Context, poke <-chan struct{}) {
	ctx, stop := context.WithCancel(ctx)
	var surveys sync.WaitGroup
	defer surveys.Wait()
	defer stop()
	for {
		next, ok := f.nextLook(poke)
		if !ok {
			return
		}
		if f.rest(ctx, next, poke) {
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if f.look(ctx) {
			surveys.Go(func() { f.survey(ctx) })
		}
	}
}

// nextLook says when the next look is due; false if this looker was dismissed.
func (f *feed) nextLook(poke <-chan struct{}) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.poke != poke {
		return time.Time{}, false
	}
	f.failLate()
	if len(f.waiters) == 0 {
		f.dismiss()
		return time.Time{}, false
	}
	now := time.Now()
	f.pace.idle = f.pace.idle || f.push.rang
	return f.pace.next(now, f.waiters, f.seen.cost(), f.listens(now) && !f.push.rang), true
}

// listens reports whether the service tells of new mail; the lock is held.
func (f *feed) listens(now time.Time) bool {
	return f.able.notify != nil && !now.Before(f.push.until)
}

// rest sleeps until the time, a push or a poke; true means: ask again when the next look is due.
func (f *feed) rest(ctx context.Context, until time.Time, poke <-chan struct{}) bool {
	d := time.Until(until)
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	rung, cancel := f.listen(ctx)
	defer cancel()
	select {
	case <-t.C:
		return false
	case <-poke:
		return true
	case ok := <-rung:
		f.rang(ok)
		return true
	case <-ctx.Done():
		return false
	}
}

// pushRetry is how long a notification that broke is not asked for again.
const pushRetry = 30 * time.Second

// rang takes down that mail may have come, or that the notification broke.
func (f *feed) rang(ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.push.rang = ok
	if !ok {
		f.push.until = time.Now().Add(pushRetry)
	}
}

// listen waits for the backend's notification while the looker rests. The cancel function waits
// until the listener has ended.
func (f *feed) listen(ctx context.Context) (<-chan bool, func()) {
	f.mu.Lock()
	at, deaf := f.cursor, !f.listens(time.Now()) || f.push.rang
	f.mu.Unlock()
	if deaf {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	out, done := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(done)
		out <- f.able.notify.Notify(ctx, at) == nil
	}()
	return out, func() { cancel(); <-done }
}

// look asks the backend for arrivals once, writes them into the log, and reads the headers that a
// waiter needs. It reports whether that succeeded.
func (f *feed) look(ctx context.Context) bool {
	release, err := f.gate.enterLook(ctx, f.able.limits.Look)
	if err != nil {
		return false
	}
	began := time.Now()
	f.mu.Lock()
	after := f.cursor
	f.push.rang, f.seen.under = false, began
	f.pace.began(began)
	f.mu.Unlock()
	defer f.over(began)
	envs, cursor, err := f.arrivals(ctx, after, true)
	release()
	if ctx.Err() != nil && err != nil {
		return false
	}
	f.mu.Lock()
	f.reading++
	f.absorb(envs, began)
	if cursor.Token != "" || !cursor.At.IsZero() {
		f.cursor = cursor
	}
	f.note(err, began)
	f.mu.Unlock()
	if err == nil {
		f.serve(ctx, began)
	}
	f.readHeads(ctx)
	f.mu.Lock()
	f.reading--
	f.wakeAll()
	f.mu.Unlock()
	if err == nil {
		f.finish(ctx, began)
	}
	return err == nil
}

// over notes that a look ended.
func (f *feed) over(began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen.under.Equal(began) {
		f.seen.under = time.Time{}
	}
}

// arrivals asks the backend, and finds the place again if the service forgot it. The place is the
// feed's own, or one that may be later than some of the log. The caller holds the gate.
func (f *feed) arrivals(ctx context.Context, after Cursor, own bool) ([]Envelope, Cursor, error) {
	envs, cursor, err := f.backend.Arrivals(ctx, after)
	if !errors.Is(err, ErrCursorLost) {
		return envs, cursor, err
	}
	more, cursor, err := f.recover(ctx, after, own)
	return append(envs, more...), cursor, err
}

// absorb writes what a look found into the log and wakes the waiters if it grew; the lock is held.
func (f *feed) absorb(envs []Envelope, began time.Time) {
	grew := false
	for _, e := range envs {
		if f.learn(e, began) {
			grew = true
		}
	}
	if grew {
		f.wakeAll()
	}
}

// learn writes an envelope's mail into the log if it is new or changed folder; the lock is held.
func (f *feed) learn(e Envelope, began time.Time) bool {
	a, moved := f.identify(e)
	if a.logged && !moved {
		return false
	}
	if !a.logged {
		a.logged, a.after, a.by = true, f.seen.good, began
		a.gone, a.broken, a.tries = false, nil, 0 // what a survey met says nothing about a mail that arrived since
	}
	a.line = len(f.entries)
	f.entries = append(f.entries, a)
	return true
}

// identify finds or makes the arrival of an envelope, and reports whether it changed folder; the
// lock is held.
func (f *feed) identify(e Envelope) (a *arrival, moved bool) {
	a, renamed := f.lookup(e)
	if a == nil {
		a = &arrival{seq: f.learned, id: e.ID, folders: e.Folders, received: e.Received, size: e.Size}
		f.learned++
		f.known.id[e.ID] = a
		if e.Head != nil {
			f.setHead(a, f.parseHead(e))
		}
		return a, false
	}
	if !renamed && sameFolders(a.folders, e.Folders) {
		return a, false
	}
	f.known.id[e.ID] = a
	a.gone = false
	a.place(e.ID, e.Folders)
	return a, true
}

// lookup finds the arrival of an envelope by id or, where ids do not last, by fingerprint.
func (f *feed) lookup(e Envelope) (a *arrival, moved bool) {
	if a = f.known.id[e.ID]; a != nil {
		return a, false
	}
	if f.able.limits.StableIDs || e.Head == nil {
		return nil, false
	}
	m := f.parseHead(e)
	a = f.known.print[fingerprint(m.MessageID, e.Received, e.Size)]
	return a, a != nil
}

// sameFolders reports whether a mail lies where it lay. A service that does not tell says nothing
// new.
func sameFolders(a, b []Folder) bool {
	if b == nil {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// note remembers how a look went, and holds the next one back after an obstacle; the lock is held.
func (f *feed) note(err error, began time.Time) {
	f.seen.looks++
	f.seen.obstacle = err
	if err == nil {
		took := time.Since(began)
		f.seen.good = began
		f.seen.trip = smoothed(f.seen.trip, took)
		f.gate.clear(began)
		return
	}
	if errors.Is(err, ErrThrottled) {
		f.seen.throttles++
	} else {
		f.seen.failures++
	}
	f.log.Debug("look failed", "mailbox", f.mailbox, "error", err)
	if !passing(err) {
		f.fail(err)
		return
	}
	f.pace.hold(f.gate.obstacle(err))
}

// serve tells those who asked for a look that one was made, and where the log stood after it.
func (f *feed) serve(ctx context.Context, began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil { // dismissed: who came since then has a looker of his own
		return
	}
	for w := range f.waiters {
		if !w.served && !began.Before(w.asked) {
			w.served, w.at, w.cursor = true, len(f.entries), f.cursor
			nudge(w.wake)
		}
	}
}

// finish tells those whose last look this was.
func (f *feed) finish(ctx context.Context, began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	open := -1
	for i := len(f.entries) - 1; i >= f.settled && open < 0; i-- {
		if !f.entries[i].settled() {
			open = i
		}
	}
	for w := range f.waiters {
		if !w.last && !w.due.IsZero() && !began.Before(w.due) && open < max(w.from, 0) && allSettled(w.extra) {
			w.last = true
			nudge(w.wake)
		}
	}
}

// allSettled reports whether nothing more can be learned about any of the headers.
func allSettled(as []*arrival) bool {
	return !slices.ContainsFunc(as, func(a *arrival) bool { return !a.settled() })
}
