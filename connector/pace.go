package connector

import "time"

// The schedule of looks.
const (
	lookEvery = 500 * time.Millisecond // between looks while someone waits
	lookGap   = 200 * time.Millisecond // the least between the beginnings of two looks
	horizon   = 250 * time.Millisecond // the least between a wait's last look and its end
)

// pace decides when the next look begins.
type pace struct {
	last  time.Time // when the latest look began
	until time.Time // no look before: the service asked to wait, or an obstacle must clear
}

// began records the beginning of a look.
func (p *pace) began(t time.Time) { p.last = t }

// hold keeps looks back until the time.
func (p *pace) hold(t time.Time) {
	if t.After(p.until) {
		p.until = t
	}
}

// next returns when to look: at once for who has not been served, at each wait's horizon, and
// regularly between.
func (p *pace) next(now time.Time, ws map[*waiter]struct{}, trip time.Duration) time.Time {
	t := p.last.Add(lookEvery)
	for w := range ws {
		if !w.served {
			t = earlier(t, now)
		}
		if !w.last && !w.due.IsZero() {
			t = earlier(t, later(w.due, now))
		}
	}
	t = later(t, p.last.Add(lookGap))
	return later(t, p.until)
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
