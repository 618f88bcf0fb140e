package connector

import (
	"math"
	"time"
)

// The schedule of looks. Its reasons and figures stand in ARCHITECTURE.md, "Waiting".
const (
	lookGap     = 200 * time.Millisecond // the least between the beginnings of two looks
	lookMost    = 5 * time.Second        // the most, while someone waits
	lookPushed  = 15 * time.Second       // the most where the service tells of new mail itself
	horizon     = 250 * time.Millisecond // the least between a wait's last look and its end
	usualWait   = 2 * time.Minute        // the wait that Options.Looks is about
	defaultLook = 12                     // looks of a usual wait
	lookShare   = 0.075                  // of the rate of requests may be looks
	lookBurst   = 8                      // looks that may come as densely as lookGap allows
	planStep    = 25 * time.Millisecond  // how finely the density is added up
)

// pace decides when the next look begins: as densely as a mail is likely to come, which depends on
// how long the waits have lasted and not on how many there are.
type pace struct {
	last   time.Time // when the latest look began
	idle   bool      // nobody looked for a while, or mail was told of: the next look is due now
	until  time.Time // no look before, but for last ones: an obstacle must clear
	delays delays
	looks  float64 // what a usual wait may cost
	rate   bucket  // of looks

	density [binCount]float64 // looks a second, by the age of a wait; zero: to be computed
}

// newPace makes a schedule for a usual wait of so many looks, within a rate of looks a second; 0 is
// no limit.
func newPace(looks int, rate float64) pace {
	if looks == 0 {
		looks = defaultLook
	}
	return pace{looks: float64(looks), rate: bucket{rate: rate, most: lookBurst}}
}

// lookRate is how many looks a second a service allows: a part of all it does, and at most half of
// our share of it.
func lookRate(l Limits, share float64) float64 {
	if l.Budget <= 0 || l.Window <= 0 {
		return 0
	}
	return float64(l.Budget) / l.Window.Seconds() / float64(max(l.Look, 1)) * min(share/2, lookShare)
}

// began records the beginning of a look.
func (p *pace) began(t time.Time) {
	p.last, p.idle = t, false
	p.rate.take(t, 1)
}

// hold keeps looks back until the time.
func (p *pace) hold(t time.Time) { p.until = later(p.until, t) }

// wake begins looking again. Times of another clock are forgotten: a mailbox that is used inside and
// outside a testing/synctest bubble sees two.
func (p *pace) wake(now time.Time) {
	p.idle = true
	if p.last.After(now) {
		p.last = time.Time{}
	}
	if p.until.Sub(now) > otherClock {
		p.until = time.Time{}
	}
	p.rate.rest(now)
}

// learn takes a wait that ended into account.
func (p *pace) learn(age time.Duration, found bool) {
	p.delays.learn(age, found)
	p.density[0] = 0
}

// next returns when to look: soon for who needs a mark, at each wait's horizon, and between as the
// schedule says.
func (p *pace) next(now time.Time, ws map[*waiter]struct{}, cost looking, pushed bool) time.Time {
	var t time.Time
	if pushed {
		t = p.last.Add(lookPushed)
	} else {
		t = p.scheduled(now, ws)
	}
	for w := range ws {
		if w.from < 0 && !w.served || p.tried(w) {
			t = earlier(t, now)
		}
	}
	t = later(later(t, p.last.Add(lookGap)), p.until)
	t = later(t, p.rate.ready(now, 1))
	return earlier(t, p.lastLook(now, ws, cost))
}

// needsLast reports whether the waiter's last look is still to be made; tried, whether it was made in
// vain, so that another one must follow when the obstacle clears.
func (p *pace) needsLast(w *waiter) bool { return !w.last && w.due.After(p.last) }
func (p *pace) tried(w *waiter) bool {
	return !w.last && !w.due.IsZero() && !w.due.After(p.last)
}

// looking is how long a look takes, and the reading of a mail that it finds.
type looking struct{ trip, read time.Duration }

// ample is both, and an eighth.
func (c looking) ample() time.Duration { return (c.trip + c.read) * 9 / 8 }

// lastLook is when the next look of those begins that are the last of a wait. It comes as much later
// than the first of them is due as it can, if it serves others so: what it finds must be read before any of
// them ends.
func (p *pace) lastLook(now time.Time, ws map[*waiter]struct{}, cost looking) time.Time {
	first := now.Add(math.MaxInt64)
	for w := range ws {
		if p.needsLast(w) {
			first = earlier(first, w.due)
		}
	}
	at, most := first, first.Add(max(cost.trip, horizon-cost.trip)/2)
	for w := range ws {
		if p.needsLast(w) && !w.due.After(most) && !w.end.IsZero() {
			most = earlier(most, w.end.Add(-cost.ample()))
		}
	}
	for w := range ws {
		if p.needsLast(w) && !w.due.After(most) {
			at = later(at, w.due)
		}
	}
	return later(at, now)
}

// scheduled adds up the density of looks from the latest look on, and returns when it makes one.
func (p *pace) scheduled(now time.Time, ws map[*waiter]struct{}) time.Time {
	if p.idle || now.Sub(p.last) >= lookMost {
		return now
	}
	p.plan()
	begun := p.begun(ws)
	sum := 0.0
	for at := p.last; ; at = at.Add(planStep) {
		if at.Sub(p.last) >= lookMost {
			return at
		}
		most := 0.0
		for _, b := range begun {
			if age := at.Sub(b); age >= 0 {
				most = max(most, p.density[binOf(age.Seconds())])
			}
		}
		if sum += most * planStep.Seconds(); sum >= 1 {
			return at.Add(planStep)
		}
	}
}

// begun lists when the waits began, those of a quarter of a second together.
func (p *pace) begun(ws map[*waiter]struct{}) []time.Time {
	const grain = 250 * time.Millisecond
	seen := map[int64]bool{}
	var out []time.Time
	for w := range ws {
		if k := w.asked.UnixNano() / int64(grain); w.from >= 0 && !seen[k] {
			seen[k] = true
			out = append(out, w.asked)
		}
	}
	return out
}

// plan computes the density: by the square root of the hazard, which spends a given number of looks
// where they shorten the lag most, and not outside what is sensible.
func (p *pace) plan() {
	if p.density[0] != 0 {
		return
	}
	h := p.delays.hazards()
	s := survival(h)
	at := func(scale float64, i int) float64 {
		return min(max(scale*math.Sqrt(h[i]), 1/lookMost.Seconds()), 1/lookGap.Seconds())
	}
	cost := func(scale float64) (sum float64) {
		for i := range binOf(usualWait.Seconds()) {
			mean := s[i] * (1 - math.Exp(-h[i]*(binStart(i+1)-binStart(i)))) / h[i]
			sum += at(scale, i) * mean
		}
		return sum
	}
	low, high := 1e-3, 1e3
	for range 40 {
		if mid := math.Sqrt(low * high); cost(mid) < p.looks-1 {
			low = mid
		} else {
			high = mid
		}
	}
	for i := range binCount {
		p.density[i] = at(low, i)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
