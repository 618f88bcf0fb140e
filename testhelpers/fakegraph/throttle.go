package fakegraph

import (
	"sync"
	"time"
)

// window counts weights by key over a sliding span of time.
type window struct {
	mu   sync.Mutex
	uses map[string]*usage
}

// usage is what one key used, the oldest first.
type usage struct {
	hits []hit
	sum  int64
}

type hit struct {
	at     time.Time
	weight int64
}

// take adds a weight, unless the sum within the span would go over limit. A negative limit is
// none.
func (w *window) take(key string, weight, limit int64, span time.Duration) bool {
	if limit < 0 {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.recent(key, span)
	if u.sum+weight > limit {
		return false
	}
	u.hits = append(u.hits, hit{time.Now(), weight})
	u.sum += weight
	return true
}

// recent drops what has left the span; w.mu is held.
func (w *window) recent(key string, span time.Duration) *usage {
	if w.uses == nil {
		w.uses = map[string]*usage{}
	}
	u := w.uses[key]
	if u == nil {
		u = &usage{}
		w.uses[key] = u
	}
	edge := time.Now().Add(-span)
	for len(u.hits) > 0 && !u.hits[0].at.After(edge) {
		u.sum -= u.hits[0].weight
		u.hits = u.hits[1:]
	}
	return u
}

// wait is how long it takes until the oldest use leaves the span.
func (w *window) wait(key string, span time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.recent(key, span)
	if len(u.hits) == 0 {
		return 0
	}
	return time.Until(u.hits[0].at.Add(span))
}

// gate counts what is under way by key.
type gate struct {
	mu   sync.Mutex
	busy map[string]int
}

// enter fails where limit are in already; a negative limit is none. leave ends it.
func (g *gate) enter(key string, limit int) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if limit >= 0 && g.busy[key] >= limit {
		return nil, false
	}
	if g.busy == nil {
		g.busy = map[string]int{}
	}
	g.busy[key]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.busy[key]--; g.busy[key] == 0 {
			delete(g.busy, key)
		}
	}, true
}

// throttle holds the quotas of a request to a mailbox. leave ends the request.
func (c *call) throttle() (leave func(), err *apiError) {
	l := c.f.o.Limits
	key := c.caller.AppID + "|" + c.guid
	if !c.f.requests.take(key, 1, int64(l.Requests), 10*time.Minute) {
		return nil, throttled("TooManyRequests", "Application is over its request limit for the mailbox.", c.f.requests.wait(key, 10*time.Minute))
	}
	slot := key
	if l.ConcurrentPerApp {
		slot = c.caller.AppID
	}
	leave, ok := c.f.running.enter(slot, l.Concurrent)
	if !ok {
		e := throttled("ApplicationThrottled", "Application is over its MailboxConcurrency limit.", l.RetryAfter)
		return nil, e
	}
	return leave, nil
}

// throttleUpload counts the bytes of a body against the upload quota.
func (c *call) throttleUpload(n int) *apiError {
	key := c.caller.AppID + "|" + c.guid
	if !c.f.uploads.take(key, int64(n), c.f.o.Limits.Upload, 5*time.Minute) {
		return throttled("ApplicationThrottled", "Application is over its UploadSize limit.", c.f.uploads.wait(key, 5*time.Minute))
	}
	return nil
}
