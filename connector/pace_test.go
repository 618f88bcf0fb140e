package connector

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGateHoldsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{InFlight: 1}, 1, nil)
		g.obstacle(&Error{Kind: ErrThrottled, RetryAfter: 7 * time.Second})
		begun := time.Now()
		release, err := g.enter(t.Context(), 1)
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(begun), 7*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = g.enter(ctx, 1)
		require.Error(t, err, "one at a time")
		release()
	})
}

func TestGateFailsAtOnceWhereWaitingIsInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{}, 1, nil)
		g.obstacle(&Error{Op: "look", Kind: ErrThrottled, RetryAfter: 5 * time.Minute, Err: errors.New("too many")})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		begun := time.Now()
		_, err := g.enter(ctx, 1)
		require.ErrorIs(t, err, ErrThrottled)
		require.ErrorContains(t, err, "come again in 5m0s, and this ends in 20s")
		require.Zero(t, time.Since(begun))
	})
}

// A burst of requests that fail together is one obstacle: the back-off grows once.
func TestGateBacksOffOnceForABurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{}, 1, nil)
		down := &Error{Kind: ErrUnavailable}
		for range 20 {
			require.LessOrEqual(t, time.Until(g.obstacle(down)), backoffBase)
		}
		for range 20 {
			time.Sleep(time.Until(g.obstacle(down)))
		}
		require.LessOrEqual(t, time.Until(g.obstacle(down)), backoffCap)
		require.GreaterOrEqual(t, time.Until(g.obstacle(down)), backoffCap/2)
	})
}

func TestRetryBudget(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{}, 1, nil)
	for range retryBudget / retryCost {
		require.True(t, g.spend())
	}
	require.False(t, g.spend(), "the budget is used up")
	for range retryCost {
		g.clear(time.Now())
	}
	require.True(t, g.spend(), "successes fill it again")
}

// No window of time sees more than the service allows, however the requests come.
func TestGateKeepsTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{Budget: 60, Window: time.Minute, InFlight: 50}, 0.5, nil)
		var at []time.Time
		for range 200 {
			release, err := g.enter(t.Context(), 1)
			require.NoError(t, err)
			at = append(at, time.Now())
			release()
			if len(at) == 100 {
				time.Sleep(10 * time.Minute)
			}
		}
		for i, from := range at {
			n := slices.IndexFunc(at[i:], func(t time.Time) bool { return t.Sub(from) >= time.Minute })
			require.LessOrEqual(t, n, 30, "requests in the minute from %v on", from)
		}
	})
}

func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPace(0, 0)
	p.began(now)
	ws := func(w waiter) map[*waiter]struct{} { return map[*waiter]struct{}{&w: {}} }
	require.Equal(t, now.Add(lookGap), p.next(now, ws(waiter{from: -1}), looking{}, false), "who needs a mark is served soon")
	require.Equal(t, now.Add(lookMost), p.next(now, ws(waiter{asked: now.Add(-time.Hour)}), looking{}, false), "a wait of an hour is in no hurry")
	young := p.next(now, ws(waiter{asked: now}), looking{}, false)
	require.True(t, young.Before(now.Add(2*time.Second)), "a wait that began now is looked for soon: %v", young.Sub(now))
	require.Equal(t, now.Add(lookPushed), p.next(now, ws(waiter{asked: now}), looking{}, true), "beside a push there is a slow look")
	due := now.Add(50 * time.Millisecond)
	require.Equal(t, due, p.next(now, ws(waiter{due: due}), looking{}, false), "the last look begins at the horizon")
	p.hold(now.Add(time.Minute))
	require.Equal(t, now.Add(time.Minute), p.next(now, ws(waiter{asked: now}), looking{}, false), "not before the obstacle clears")
	require.Equal(t, due, p.next(now, ws(waiter{due: due}), looking{}, false), "but for a last look")
}

// Waits whose ends are close together share their last look, as far as the horizon allows.
func TestLastLooksAreShared(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPace(0, 0)
	p.began(now)
	ws := map[*waiter]struct{}{}
	for i := range 4 {
		ws[&waiter{due: now.Add(time.Second + time.Duration(i)*50*time.Millisecond)}] = struct{}{}
	}
	require.Equal(t, now.Add(1100*time.Millisecond), p.lastLook(now, ws, looking{}))
}

// The schedule follows the mailbox, not the number of those who wait.
func TestPaceDoesNotCount(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPace(0, 0)
	p.began(now)
	one := map[*waiter]struct{}{{asked: now}: {}}
	many := map[*waiter]struct{}{}
	for range 1000 {
		many[&waiter{asked: now}] = struct{}{}
	}
	require.Equal(t, p.next(now, one, looking{}, false), p.next(now, many, looking{}, false))
}

func TestDelays(t *testing.T) {
	t.Parallel()
	var d delays
	require.InDelta(t, 0, binStart(0), 0)
	for _, age := range []float64{0, 0.05, 0.1, 0.7, 5, 119, 700, 1e6} {
		i := binOf(age)
		require.GreaterOrEqual(t, age, binStart(i))
		require.True(t, i == binCount-1 || age < binStart(i+1), "%v is in bin %d", age, i)
	}
	cold := d.within(0.01, time.Second, 10*time.Minute)
	require.Greater(t, cold, 30*time.Second, "nothing is known yet")
	for range 500 {
		d.learn(time.Duration((1+rand.Float64())*float64(time.Second)), true)
	}
	require.Less(t, d.within(0.01, time.Second, 10*time.Minute), 10*time.Second, "mails come within 2 seconds")
	require.Equal(t, 20*time.Second, d.within(0.01, 20*time.Second, time.Minute), "the floor")
	for range 10 * memoryWaits {
		d.learn(30*time.Second, true)
	}
	require.LessOrEqual(t, d.waits, float64(memoryWaits))
	require.False(t, math.IsNaN(d.hazards()[0]))
}

// A last look comes through our own back-off. Where it succeeds the back-off is over, so that what it found is read; what
// the service asked for holds all the same, and so does the back-off where the success began before the obstacle.
func TestGateOpensAfterASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Limits{}, 1, nil)
		for range 6 {
			time.Sleep(time.Until(g.obstacle(&Error{Kind: ErrUnavailable})))
		}
		before := time.Now()
		time.Sleep(time.Second)
		closed := g.obstacle(&Error{Kind: ErrUnavailable})
		require.Greater(t, time.Until(closed), 5*time.Second)
		open := func() time.Duration { return time.Until(g.opens(time.Now(), 1, false)) }
		g.clear(before)
		require.Greater(t, open(), 5*time.Second, "that request was under way")
		time.Sleep(time.Millisecond)
		g.clear(time.Now())
		require.LessOrEqual(t, open(), time.Duration(0))
		g.obstacle(&Error{Kind: ErrThrottled, RetryAfter: time.Minute})
		time.Sleep(time.Millisecond)
		g.clear(time.Now())
		require.Greater(t, open(), 50*time.Second, "the service's word holds")
	})
}
