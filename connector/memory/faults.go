package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Faults disturbs the service that a [Server] is. The zero value disturbs nothing. It is safe for
// concurrent use, also while a session waits.
type Faults struct {
	mu     sync.Mutex
	next   []fault // what the next calls meet, in order
	always *fault  // what all calls meet
	cut    bool
	vanish int
	epoch  int           // rises when the cursors are lost
	accept func() string // nil = every secret; a closure, so that it does not print
	delay  time.Duration
	body   time.Duration
	calls  map[string]int
}

// fault is what one call meets instead of its answer.
type fault struct {
	kind       error
	retryAfter time.Duration
}

// Error returns the kind's text.
func (f *fault) Error() string { return f.kind.Error() }

// Throttle makes the next n calls [connector.ErrThrottled], each asking to wait for retryAfter.
func (f *Faults) Throttle(n int, retryAfter time.Duration) {
	f.queue(n, fault{connector.ErrThrottled, retryAfter})
}

// Fail makes the next n calls fail with a kind of error, such as [connector.ErrUnavailable]; a
// negative n makes all calls fail, 0 ends that and forgets what the next calls were to meet.
func (f *Faults) Fail(n int, kind error) {
	f.mu.Lock()
	f.always = nil
	if n < 0 {
		f.always = &fault{kind: kind}
	}
	if n == 0 {
		f.next = nil
	}
	f.mu.Unlock()
	f.queue(n, fault{kind: kind})
}

func (f *Faults) queue(n int, x fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, slices.Repeat([]fault{x}, max(n, 0))...)
}

// Accept names the one secret that the service takes from now on; every other is
// [connector.ErrAuth]. Until it is called, any secret will do.
func (f *Faults) Accept(secret string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accept = func() string { return secret }
}

// LoseCursors makes every cursor of before [connector.ErrCursorLost].
func (f *Faults) LoseCursors() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch++
}

// CutArrivals makes each look that finds several mails break off after the first, with a cursor
// after it and [connector.ErrUnavailable]; false ends that.
func (f *Faults) CutArrivals(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = on
}

// Vanish makes the next n mails that a look reports be gone before they can be fetched.
func (f *Faults) Vanish(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.vanish += n
}

// Delay is the round-trip time of every call from now on: half of it passes before the service
// acts, half after.
func (f *Faults) Delay(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// SlowBodies is how long each 64 KiB of a mail take to come, from now on.
func (f *Faults) SlowBodies(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.body = d
}

// Calls counts the calls made so far, those that failed included. Without a name it counts all;
// the names are open, end, arrivals, search, fetch, part, send, move, trash, read, claim and
// folders. A search is one call for each 50 mails.
func (f *Faults) Calls(names ...string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for name, c := range f.calls {
		if len(names) == 0 || slices.Contains(names, name) {
			n += c
		}
	}
	return n
}

// enter counts a call and returns the fault that it meets, if any.
func (f *Faults) enter(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[string]int{}
	}
	f.calls[op]++
	if f.always != nil {
		return f.always
	}
	if len(f.next) == 0 {
		return nil
	}
	x := f.next[0]
	f.next = f.next[1:]
	return &x
}

// accepts reports whether the service takes the secret.
func (f *Faults) accepts(secret string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accept == nil || secret == f.accept()
}

// travel lets half a round trip pass.
func (f *Faults) travel(ctx context.Context) error {
	f.mu.Lock()
	d := f.delay / 2
	f.mu.Unlock()
	return pause(ctx, d)
}

// age returns the epoch that new cursors belong to.
func (f *Faults) age() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.epoch
}

// cuts reports whether looks break off.
func (f *Faults) cuts() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cut
}

// take returns how many of n mails are to vanish.
func (f *Faults) take(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = min(n, f.vanish)
	f.vanish -= n
	return n
}

// bodyDelay returns how long each piece of a body takes.
func (f *Faults) bodyDelay() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.body
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
