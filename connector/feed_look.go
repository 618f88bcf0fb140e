package connector

import (
	"context"
	"errors"
	"slices"
	"time"
)

// drive makes the looks while someone waits.
func (f *feed) drive(ctx context.Context, poke <-chan struct{}) {
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
		f.look(ctx)
	}
}

// nextLook says when the next look is due; false if this looker was dismissed.
func (f *feed) nextLook(poke <-chan struct{}) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.poke != poke {
		return time.Time{}, false
	}
	if len(f.waiters) == 0 {
		f.dismiss()
		return time.Time{}, false
	}
	return f.pace.next(time.Now(), f.waiters, f.seen.trip), true
}

// rest sleeps until the time, a push or a poke; true means: ask again when the next look is due.
func (f *feed) rest(ctx context.Context, until time.Time, poke <-chan struct{}) bool {
	d := time.Until(until)
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	pushed, cancel := f.push(ctx)
	defer cancel()
	select {
	case <-t.C:
		return false
	case <-poke:
		return true
	case ok := <-pushed:
		if !ok { // the push broke: the timer alone
			select {
			case <-t.C:
			case <-poke:
				return true
			case <-ctx.Done():
			}
		}
		return false
	case <-ctx.Done():
		return false
	}
}

// push listens for the backend's notification while the looker rests. The cancel function waits
// until the listener has ended.
func (f *feed) push(ctx context.Context) (<-chan bool, func()) {
	if f.able.notify == nil {
		return nil, func() {}
	}
	f.mu.Lock()
	at := f.cursor
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	out, done := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(done)
		out <- f.able.notify.Notify(ctx, at) == nil
	}()
	return out, func() { cancel(); <-done }
}

// look asks the backend for arrivals once, writes them into the log, and reads the headers that a
// waiter needs.
func (f *feed) look(ctx context.Context) {
	release, err := f.gate.enter(ctx)
	if err != nil {
		return
	}
	began := time.Now()
	f.mu.Lock()
	after := f.cursor
	f.pace.began(began)
	f.mu.Unlock()
	envs, cursor, err := f.arrivals(ctx, after)
	release()
	if ctx.Err() != nil && err != nil {
		return
	}
	f.mu.Lock()
	f.reading = true
	f.absorb(envs)
	if cursor.Token != "" || !cursor.At.IsZero() {
		f.cursor = cursor
	}
	f.note(err, time.Since(began))
	f.mu.Unlock()
	if err == nil {
		f.serve(began)
	}
	f.readHeads(ctx)
	f.mu.Lock()
	f.reading = false
	f.wakeAll()
	f.mu.Unlock()
	if err == nil {
		f.finish(began)
	}
}

// arrivals asks the backend, and finds the place again if the service forgot it. The caller holds
// the gate.
func (f *feed) arrivals(ctx context.Context, after Cursor) ([]Envelope, Cursor, error) {
	envs, cursor, err := f.backend.Arrivals(ctx, after)
	if !errors.Is(err, ErrCursorLost) {
		return envs, cursor, err
	}
	more, cursor, err := f.recover(ctx, after)
	return append(envs, more...), cursor, err
}

// absorb writes envelopes into the log and wakes the waiters if it grew; the lock is held.
func (f *feed) absorb(envs []Envelope) {
	grew := false
	for _, e := range envs {
		if f.learn(e) {
			grew = true
		}
	}
	if grew {
		f.wakeAll()
	}
}

// learn writes an envelope's mail into the log if it is new or changed folder; the lock is held.
func (f *feed) learn(e Envelope) bool {
	a, moved := f.identify(e)
	if a.logged && !moved {
		return false
	}
	a.logged = true
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
func (f *feed) note(err error, took time.Duration) {
	f.seen.looks++
	f.seen.obstacle = err
	if err == nil {
		if f.seen.trip == 0 {
			f.seen.trip = took
		}
		f.seen.trip = (3*f.seen.trip + took) / 4
		f.gate.clear()
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
func (f *feed) serve(began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.waiters {
		if !w.served && !began.Before(w.asked) {
			w.served, w.at, w.cursor = true, len(f.entries), f.cursor
			nudge(w.wake)
		}
	}
}

// finish tells those whose last look this was.
func (f *feed) finish(began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	open := -1
	for i, a := range f.entries {
		if !a.settled() {
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
