package fakegmail

import (
	"net/http"
	"time"
)

// charge is what one request cost.
type charge struct {
	at    time.Time
	units int
}

// meter counts what one user uses.
type meter struct {
	running int
	total   int
	window  []charge // of the last minute
	blocked time.Time
	sent    []time.Time // of the last day
}

// used drops what left the window and gives the rest's sum.
func (m *meter) used(now time.Time) int {
	for len(m.window) > 0 && now.Sub(m.window[0].at) >= time.Minute {
		m.window = m.window[1:]
	}
	sum := 0
	for _, c := range m.window {
		sum += c.units
	}
	return sum
}

// free is when there is room for so many units again.
func (m *meter) free(now time.Time, units, most int) time.Time {
	sum := m.used(now)
	for _, c := range m.window {
		if sum+units <= most {
			break
		}
		sum -= c.units
		now = c.at.Add(time.Minute)
	}
	if units > most {
		return now.Add(time.Minute)
	}
	return now
}

// meter gives the user's. The caller holds f.mu.
func (f *Fake) meter(user string) *meter {
	m := f.meters[user]
	if m == nil {
		m = &meter{}
		f.meters[user] = m
	}
	return m
}

// Units is how many quota units the user has used so far.
func (f *Fake) Units(user string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meter(user).total
}

// UnitsInWindow is how many of them count against the limit of the last 60 seconds.
func (f *Fake) UnitsInWindow(user string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meter(user).used(time.Now())
}

// Throttle makes the user's calls fail as over quota for so long.
func (f *Fake) Throttle(user string, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.meter(user).blocked = time.Now().Add(d)
}

// enter counts a running request of the token's user; leave ends it.
func (f *Fake) enter(g *grant) (leave func(), refusal *apiError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.meter(g.subject)
	if most, on := limit(f.opts.Concurrent, 10); on && m.running >= most {
		return nil, tooConcurrent()
	}
	m.running++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		m.running--
	}, nil
}

func tooConcurrent() *apiError {
	e := fail(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "rateLimitExceeded",
		"Too many concurrent requests for user")
	e.item.Domain = "usageLimits"
	return e
}

// charge takes the units of a method from the user's quota, or says when to come back. Until then
// nothing is let in, whatever it costs.
func (f *Fake) charge(user string, m method) *apiError {
	units := m.units
	if old, differs := oldUnits[m.kind]; f.opts.OldQuota && differs {
		units = old
	}
	standard := 6000
	if f.opts.OldQuota {
		standard = 15000
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now, meter := time.Now(), f.meter(user)
	most, on := limit(f.opts.UserUnits, standard)
	free := now
	if on {
		free = meter.free(now, units, most)
	}
	if meter.blocked.After(free) {
		free = meter.blocked
	}
	if free.After(now) {
		meter.blocked = free.Add(f.opts.Hammer)
		return f.overQuota(meter.blocked, "")
	}
	if refusal := f.chargeDay(now, units); refusal != nil {
		return refusal
	}
	meter.window = append(meter.window, charge{now, units})
	meter.total += units
	return nil
}

// chargeDay counts for the project.
func (f *Fake) chargeDay(now time.Time, units int) *apiError {
	if !now.Before(f.dailyUntil) {
		f.daily, f.dailyUntil = 0, now.Add(24*time.Hour)
	}
	f.daily += units
	if f.opts.DailyUnits > 0 && f.daily > f.opts.DailyUnits {
		e := forbidden("dailyLimitExceeded", "Daily Limit Exceeded")
		e.item.Domain = "usageLimits"
		return e
	}
	return nil
}

// overQuota is the answer of the service: the time stands in the text only.
func (f *Fake) overQuota(until time.Time, what string) *apiError {
	// Rounded up: the text has milliseconds, and who comes at that time is let in.
	at := until.Add(time.Millisecond - 1).UTC().Format("2006-01-02T15:04:05.000Z")
	text := "User-rate limit exceeded.  Retry after " + at + what
	e := forbidden("rateLimitExceeded", "%s", text)
	if f.opts.Plain429 || what != "" {
		e = fail(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "%s", text)
	}
	e.item.Message, e.item.Domain = "User-rate limit exceeded."+what, "usageLimits"
	return e
}

// chargeSend counts the mails that a user sends in a day.
func (f *Fake) chargeSend(user string) *apiError {
	f.mu.Lock()
	defer f.mu.Unlock()
	most, on := limit(f.opts.SendLimit, 2000)
	now, meter := time.Now(), f.meter(user)
	for len(meter.sent) > 0 && now.Sub(meter.sent[0]) >= 24*time.Hour {
		meter.sent = meter.sent[1:]
	}
	if on && len(meter.sent) >= most {
		return f.overQuota(meter.sent[0].Add(24*time.Hour), " (Mail sending)")
	}
	meter.sent = append(meter.sent, now)
	return nil
}
