package connector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Back-off after obstacles, and how many retries there are.
const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 30 * time.Second
	inFlight    = 4   // requests at the same time where the service names no limit
	retryBudget = 500 // of which a retry costs retryCost, and a success gives 1 back
	retryCost   = 5
)

// gate lets requests through: so many at a time, so many units in a time, none before the instant
// that the service named.
type gate struct {
	slots *semaphore.Weighted

	mu     sync.Mutex
	until  time.Time // none before: the service said so
	said   error     // with which it said so
	calm   time.Time // none but last looks before: our own back-off
	hit    time.Time // when the latest obstacle was met
	streak int       // obstacles in a row
	rate   bucket    // of units
	spare  int       // what is left for retries
}

// burstPart of a quota may be used at once; the rest is a rate, so that no window of time sees more
// than all of it.
const burstPart = 0.2

// newGate makes a gate for a part of what the service allows.
func newGate(l Limits, share float64, slots *semaphore.Weighted) *gate {
	if slots == nil {
		slots = newSlots(l)
	}
	g := &gate{slots: slots, spare: retryBudget}
	if l.Budget > 0 && l.Window > 0 {
		all := float64(l.Budget) * share
		g.rate = bucket{rate: all * (1 - burstPart) / l.Window.Seconds(), most: all * burstPart}
	}
	return g
}

// newSlots makes room for as many requests at a time as the service allows.
func newSlots(l Limits) *semaphore.Weighted {
	n := l.InFlight
	if n <= 0 {
		n = inFlight
	}
	return semaphore.NewWeighted(int64(n))
}

// enter waits until a request that costs so many units may be made. The caller calls release after
// it. It fails at once if the service asked to wait for longer than the context has time.
func (g *gate) enter(ctx context.Context, cost int) (release func(), err error) {
	return g.pass(ctx, cost, false)
}

// enterLook is enter for a look, which keeps its own back-off.
func (g *gate) enterLook(ctx context.Context, cost int) (release func(), err error) {
	return g.pass(ctx, cost, true)
}

func (g *gate) pass(ctx context.Context, cost int, look bool) (release func(), err error) {
	for {
		if err := g.await(ctx, cost, look); err != nil {
			return nil, err
		}
		if err := g.slots.Acquire(ctx, 1); err != nil {
			return nil, context.Cause(ctx)
		}
		if g.take(cost, look) {
			return func() { g.slots.Release(1) }, nil
		}
		g.slots.Release(1) // it closed meanwhile
	}
}

// await sleeps until the gate is open.
func (g *gate) await(ctx context.Context, cost int, look bool) error {
	for {
		g.mu.Lock()
		now := time.Now()
		d := g.opens(now, cost, look).Sub(now)
		g.mu.Unlock()
		if d <= 0 {
			return nil
		}
		if end, ok := ctx.Deadline(); ok {
			if err := g.late(end); err != nil {
				return err
			}
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// pay waits for the units of a request that goes on with one that is let through already.
func (g *gate) pay(ctx context.Context, cost int) error {
	for {
		if err := g.await(ctx, cost, false); err != nil {
			return err
		}
		if g.take(cost, false) {
			return nil
		}
	}
}

// opens is when the gate lets a request through; the lock is held.
func (g *gate) opens(now time.Time, cost int, look bool) time.Time {
	t := later(g.until, g.rate.ready(now, float64(max(cost, 1))))
	if look {
		return t
	}
	return later(t, g.calm)
}

// short reports whether a request waits for units now.
func (g *gate) short(cost int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.rate.ready(now, float64(max(cost, 1))).After(now)
}

// take uses the units if the gate is open.
func (g *gate) take(cost int, look bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.opens(now, cost, look).After(now) {
		return false
	}
	g.rate.take(now, float64(max(cost, 1)))
	return true
}

// late is an error if no request can be made before the time, because the service said so.
func (g *gate) late(end time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if end.IsZero() || g.said == nil || !g.until.After(end) {
		return nil
	}
	e, _ := errors.AsType[*Error](g.said)
	return &Error{Op: e.Op, Mailbox: e.Mailbox, Kind: e.Kind,
		Err:    fmt.Errorf("the service asks to come again in %s, and this ends in %s: %w", span(time.Until(g.until)), span(time.Until(end)), e.Err),
		Remedy: "allow more time than the service asks for, or give each of the processes that share the mailbox a part of its quota (Options.Share)"}
}

// obstacle closes the gate after a passing failure: as long as the service asked, at least the
// back-off. It returns when the gate opens again. What fails while it is closed was under way, and
// does not make the back-off longer.
func (g *gate) obstacle(err error) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.hit = now
	if !g.calm.After(now) {
		d := min(backoffBase<<min(g.streak, 10), backoffCap)
		g.calm = now.Add(d/2 + rand.N(d/2+1))
		g.streak++
	}
	if after := retryAfter(err); after > 0 && now.Add(after).After(g.until) {
		g.until, g.said = now.Add(after), err
	}
	return later(g.until, g.calm)
}

// clear forgets past obstacles after a success. One that began after the latest obstacle ends the
// back-off: what a last look found during it must be read, too.
func (g *gate) clear(began time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streak = 0
	if began.After(g.hit) {
		g.calm = time.Time{}
	}
	g.spare = min(g.spare+1, retryBudget)
}

// spend takes a retry from the budget; false if it is used up: a service that fails that often is
// not helped by more requests.
func (g *gate) spend() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spare < retryCost {
		return false
	}
	g.spare -= retryCost
	return true
}

// rest forgets times of another clock.
func (g *gate) rest(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.Sub(now) > otherClock {
		g.until, g.said = time.Time{}, nil
	}
	if g.calm.Sub(now) > otherClock {
		g.calm = time.Time{}
	}
	g.rate.rest(now)
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
