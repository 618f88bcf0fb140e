package keyvault

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// gate holds the rhythm against a vault that is down: open while it answers, else one
// request after growing pauses. The cache's lock guards it.
type gate struct {
	failures int
	since    time.Time // when the last failure counted
	next     time.Time // the earliest next request
	err      error     // the last failure
}

const (
	firstPause = time.Second
	mostPause  = 54 * time.Second // with its random tenth shorter than the standard patience
)

// enter gives the pause until the next request may start; 0 lets it in, and then keeps
// the others out while it is under way.
func (g *gate) enter(now time.Time) time.Duration {
	if g.failures == 0 || now.Before(g.since) { // before: another bubble's clock
		return 0
	}
	if pause := g.pause(now); pause > 0 {
		return pause
	}
	g.next = now.Add(g.step())
	return 0
}

func (g *gate) pause(now time.Time) time.Duration { return max(0, g.next.Sub(now)) }

// failed counts a failure; those of requests that began before the last one counted are the same one.
func (g *gate) failed(began, now time.Time, err error) {
	if g.failures > 0 && began.Before(g.since) {
		return
	}
	g.failures++
	g.since, g.next, g.err = now, now.Add(max(retryAfter(err), g.step())), err
}

// step is the pause after so many failures: doubled, capped, and a little longer at
// random, so that many processes do not come back together.
func (g *gate) step() time.Duration {
	d := min(mostPause, firstPause<<min(max(g.failures-1, 0), 10))
	return d + rand.N(d/10)
}

// slots bounds the reads under way. It keeps no channel while nobody waits. The cache's lock guards it.
type slots struct {
	taken int
	queue []chan struct{}
}

const mostReads = 4

// take waits for a slot; mu is not held.
func (s *slots) take(ctx context.Context, mu *sync.Mutex) error {
	mu.Lock()
	if s.taken < mostReads {
		s.taken++
		mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	s.queue = append(s.queue, turn)
	mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	if i := slices.Index(s.queue, turn); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	} else {
		s.free() // the turn came while we left
	}
	return ctx.Err()
}

// free gives the slot to the next in the queue; the lock is held.
func (s *slots) free() {
	if len(s.queue) == 0 {
		s.taken--
		return
	}
	close(s.queue[0])
	s.queue = slices.Delete(s.queue, 0, 1)
}
