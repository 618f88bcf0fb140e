package connector

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Back-off after obstacles.
const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 30 * time.Second
	inFlight    = 4 // requests at the same time where the service names no limit
)

// gate lets requests through: so many at a time, none before the instant that the service named.
type gate struct {
	slots *semaphore.Weighted

	mu     sync.Mutex
	until  time.Time
	streak int // obstacles in a row
}

func newGate(l Limits) *gate {
	n := l.InFlight
	if n <= 0 {
		n = inFlight
	}
	return &gate{slots: semaphore.NewWeighted(int64(n))}
}

// enter waits until a request may be made. The caller calls release after it.
func (g *gate) enter(ctx context.Context) (release func(), err error) {
	if err := g.slots.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	for {
		g.mu.Lock()
		d := time.Until(g.until)
		g.mu.Unlock()
		if d <= 0 {
			return func() { g.slots.Release(1) }, nil
		}
		if err := sleep(ctx, d); err != nil {
			g.slots.Release(1)
			return nil, err
		}
	}
}

// obstacle closes the gate after a passing failure: as long as the service asked, at least the
// back-off. It returns when the gate opens again.
func (g *gate) obstacle(err error) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := min(backoffBase<<min(g.streak, 10), backoffCap)
	d = d/2 + rand.N(d/2+1)
	g.streak++
	t := time.Now().Add(max(d, retryAfter(err)))
	g.until = later(g.until, t)
	return g.until
}

// clear forgets past obstacles after a success.
func (g *gate) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streak = 0
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
