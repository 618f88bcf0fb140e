package connector

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"
)

// feed is the one reader of a mailbox: a log of arrivals since the oldest mark in use. Waiters
// read the log and sleep until it grows; one goroutine, alive only while someone waits, makes all
// the looks.
type feed struct {
	mailbox string
	key     string // of the registry; empty: not shared
	app     string // of the registry; empty: no other feed counts
	backend Backend
	able    ability
	watch   []Folder
	log     *slog.Logger
	gate    *gate

	mu      sync.Mutex
	cursor  Cursor
	entries []*arrival // the log: a mail stands in it when it came and again when it changed folder
	settled int        // how many of them, from the first on, have nothing left to be read
	shed    int        // how many of them, from the first on, are before every mark in use
	texts   shelf
	known   index
	learned int              // arrivals ever learned of
	roots   map[*Session]int // connected to it, and from where on each needs the log
	waiters map[*waiter]struct{}
	ended   map[*waiter]struct{} // told of their end, and still to report what came
	poke    chan struct{}        // wakes the looker; nil while it does not run
	stop    context.CancelFunc
	reading int // looks that read the headers of what they found
	pace    pace
	push    doorbell
	seen    history
	closed  bool

	surveyed  time.Time // when the latest survey began
	elsewhere []*view   // what it saw beyond the log
}

// doorbell is what is known of the service's own notifications.
type doorbell struct {
	rang  bool      // mail may have come since the latest look
	until time.Time // broken until then
}

// index finds arrivals by id and by fingerprint.
type index struct {
	id    map[string]*arrival
	print map[string]*arrival
}

// newFeed makes a feed without a place; the caller finds its end.
func newFeed(mailbox string, b Backend, set *settings) *feed {
	able := abilityOf(b)
	l := able.limits
	f := &feed{
		mailbox: mailbox, key: keyOf(able, set.Folders), backend: b, able: able, watch: set.Folders, log: set.Log,
		known:   index{id: map[string]*arrival{}, print: map[string]*arrival{}},
		roots:   map[*Session]int{},
		waiters: map[*waiter]struct{}{},
		ended:   map[*waiter]struct{}{},
		pace:    newPace(set.Looks, lookRate(l, set.Share)),
	}
	if f.key != "" {
		f.app = l.App
	}
	f.gate = newGate(l, set.Share, shared.slots(f.app, l))
	return f
}

// admit lets a session use the feed; false if the feed is closed.
func (f *feed) admit(s *Session) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.roots[s] = len(f.entries)
	}
	return !f.closed
}

// waiter is one caller that sleeps until the feed has news for it.
type waiter struct {
	root   *Session      // whose Close ends it
	wake   chan struct{} // holds one token; made by the caller, inside its bubble
	from   int           // index of the log from which it needs the headers; -1: it needs only a look
	extra  []*arrival    // mails beside the log whose headers it needs
	asked  time.Time     // when it began; a look that began later serves it
	due    time.Time     // a look that began at this time or later is its last
	end    time.Time     // its deadline
	marked time.Time     // from when on mail is new, for a wait that wants a report; zero otherwise

	served bool   // a look began after asked; mark and at are set
	at     int    // length of the log after that look
	cursor Cursor // the place after that look
	last   bool   // a look began at due or later, and every header is settled
	err    error  // what ended it: fatal, or the feed was closed
}

// join registers a waiter, and starts the looker if it sleeps or wakes it if the waiter needs a look
// before the next one. A looker that is held up tells nobody that the service asked to stay away: who
// joins then is told here.
func (f *feed) join(w *waiter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, connected := f.roots[w.root]; !connected {
		return &Error{Op: "wait", Mailbox: f.mailbox, Kind: ErrClosed}
	}
	w.wake = make(chan struct{}, 1)
	f.waiters[w] = struct{}{}
	if f.poke == nil {
		f.pace.wake(w.asked)
		f.gate.rest(w.asked)
		f.push, f.seen.under = doorbell{}, time.Time{}
		ctx, stop := context.WithCancel(context.Background())
		f.poke, f.stop = make(chan struct{}, 1), stop
		go f.drive(ctx, f.poke)
	} else {
		nudge(f.poke)
	}
	f.failLate()
	return nil
}

// leave removes a waiter; the last one stops the looker.
func (f *feed) leave(w *waiter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiters, w)
	if len(f.waiters) == 0 {
		f.dismiss()
	}
	if _, ended := f.ended[w]; ended {
		delete(f.ended, w)
		f.forget()
	}
}

// dismiss stops the looker; the lock is held.
func (f *feed) dismiss() {
	if f.stop != nil {
		f.stop()
		f.poke, f.stop = nil, nil
	}
}

// leaveAll ends the waits of a session that Connect made, with ErrClosed; the last such session
// releases the backend.
func (f *feed) leaveAll(s *Session) error {
	f.mu.Lock()
	_, connected := f.roots[s]
	delete(f.roots, s)
	f.failAll(&Error{Op: "wait", Mailbox: f.mailbox, Kind: ErrClosed}, func(w *waiter) bool { return w.root == s })
	last := connected && len(f.roots) == 0
	f.closed = f.closed || last
	f.forget()
	f.mu.Unlock()
	if !last {
		return nil
	}
	return f.release()
}

// release forgets the feed and closes the backend.
func (f *feed) release() error {
	shared.remove(f)
	if f.able.close != nil {
		return f.able.close.Close()
	}
	return nil
}

// failAll ends the waiters that are meant, so that no further look is made for them; the lock is
// held.
func (f *feed) failAll(err error, meant func(*waiter) bool) {
	for w := range f.waiters {
		if meant(w) {
			f.end(w, err)
		}
	}
}

// failLate ends the waiters that cannot be served any more, because the service asked to stay away for
// longer; the lock is held.
func (f *feed) failLate() {
	for w := range f.waiters {
		if err := f.gate.late(w.end); err != nil {
			f.end(w, err)
		}
	}
}

// end ends one waiter; the lock is held.
func (f *feed) end(w *waiter, err error) {
	w.err = err
	nudge(w.wake)
	delete(f.waiters, w)
	f.ended[w] = struct{}{}
}

// fail ends every waiter; the lock is held.
func (f *feed) fail(err error) { f.failAll(err, func(*waiter) bool { return true }) }

// wakeAll tells every waiter that the log grew; the lock is held.
func (f *feed) wakeAll() {
	for w := range f.waiters {
		if w.from >= 0 {
			nudge(w.wake)
		}
	}
}

// rouse makes the looker ask anew when the next look is due; the lock is held.
func (f *feed) rouse() {
	if f.poke != nil {
		nudge(f.poke)
	}
}

// nudge puts a token into a channel of one, if it is empty.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// history is what the looks met, for the report of a failed wait.
type history struct {
	looks     int
	throttles int
	failures  int
	obstacle  error         // of the latest attempt; nil after a success
	trip      time.Duration // how long a look takes, smoothed
	fetch     time.Duration // how long a mail takes to be read, smoothed
	good      time.Time     // when the latest look began that succeeded
	under     time.Time     // when the look began that is under way, with the reading of what it found; zero if none is
}

// cost is what a look is expected to take. A mail is expected to take as long as a look until one was read,
// and at most twice as long: large ones are no measure.
func (h *history) cost() looking {
	return looking{trip: h.trip, read: min(cmp.Or(h.fetch, h.trip), 2*h.trip)}
}

// smoothed follows what something takes; zero is not known yet.
func smoothed(old, took time.Duration) time.Duration {
	if old == 0 {
		return took
	}
	return (3*old + took) / 4
}
