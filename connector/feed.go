package connector

import (
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
	backend Backend
	able    ability
	watch   []Folder
	log     *slog.Logger
	gate    *gate

	mu      sync.Mutex
	cursor  Cursor
	entries []*arrival // the log: a mail stands in it when it came and again when it changed folder
	known   index
	learned int // arrivals ever learned of
	waiters map[*waiter]struct{}
	poke    chan struct{} // wakes the looker; nil while it does not run
	stop    context.CancelFunc
	reading bool // a look reads the headers of what it found
	pace    pace
	seen    history
	closed  bool
}

// index finds arrivals by id and by fingerprint.
type index struct {
	id    map[string]*arrival
	print map[string]*arrival
}

// newFeed starts a feed at a cursor.
func newFeed(mailbox string, b Backend, watch []Folder, log *slog.Logger, at Cursor) *feed {
	able := abilityOf(b)
	return &feed{
		mailbox: mailbox, backend: b, able: able, watch: watch, log: log, gate: newGate(able.limits), cursor: at,
		known:   index{id: map[string]*arrival{}, print: map[string]*arrival{}},
		waiters: map[*waiter]struct{}{},
	}
}

// waiter is one caller that sleeps until the feed has news for it.
type waiter struct {
	wake  chan struct{} // holds one token; made by the caller, inside its bubble
	from  int           // index of the log from which it needs the headers; -1: it needs only a look
	extra []*arrival    // mails beside the log whose headers it needs
	asked time.Time     // a look that began later serves it
	due   time.Time     // a look that began at this time or later is its last
	end   time.Time     // its deadline

	served bool   // a look began after asked; mark and at are set
	at     int    // length of the log after that look
	cursor Cursor // the place after that look
	last   bool   // a look began at due or later, and every header is settled
	err    error  // what ended it: fatal, or the feed was closed
}

// join registers a waiter and starts the looker if it sleeps.
func (f *feed) join(w *waiter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return &Error{Op: "wait", Mailbox: f.mailbox, Kind: ErrClosed}
	}
	w.wake = make(chan struct{}, 1)
	f.waiters[w] = struct{}{}
	if f.poke == nil {
		ctx, stop := context.WithCancel(context.Background())
		f.poke, f.stop = make(chan struct{}, 1), stop
		go f.drive(ctx, f.poke)
		return nil
	}
	nudge(f.poke)
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
}

// dismiss stops the looker; the lock is held.
func (f *feed) dismiss() {
	if f.stop != nil {
		f.stop()
		f.poke, f.stop = nil, nil
	}
}

// close ends all waits with ErrClosed and releases the backend.
func (f *feed) close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	f.fail(&Error{Op: "wait", Mailbox: f.mailbox, Kind: ErrClosed})
	f.mu.Unlock()
	if f.able.close != nil {
		return f.able.close.Close()
	}
	return nil
}

// fail ends every waiter, so that no further look is made for them; the lock is held.
func (f *feed) fail(err error) {
	for w := range f.waiters {
		w.err = err
		nudge(w.wake)
	}
	clear(f.waiters)
}

// wakeAll tells every waiter that the log grew; the lock is held.
func (f *feed) wakeAll() {
	for w := range f.waiters {
		if w.from >= 0 {
			nudge(w.wake)
		}
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
}
