package fakesmtp

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// queue holds accepted mails until they are due.
type queue struct {
	numbers atomic.Int64
	mu      sync.Mutex
	closed  bool
	timers  map[*time.Timer]struct{}
	running sync.WaitGroup
}

// number names a mail.
func (q *queue) number() int64 { return q.numbers.Add(1) }

// after runs deliver, at once if there is no delay.
func (q *queue) after(delay time.Duration, deliver func()) {
	if delay <= 0 {
		deliver()
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if q.timers == nil {
		q.timers = map[*time.Timer]struct{}{}
	}
	q.running.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(delay, func() {
		defer q.running.Done()
		deliver()
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.timers, timer)
	})
	q.timers[timer] = struct{}{}
}

// close drops what is not due, and waits for what is being delivered.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	for timer := range q.timers {
		if timer.Stop() {
			q.running.Done()
		}
	}
	clear(q.timers)
	q.mu.Unlock()
	q.running.Wait()
}

// greylist counts tries by sender and recipient.
type greylist struct {
	mu    sync.Mutex
	tries map[string]int
}

// refuses tells whether this try is one of the first n.
func (g *greylist) refuses(from, to string, n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tries == nil {
		g.tries = map[string]int{}
	}
	key := strings.ToLower(from + "\x00" + to)
	g.tries[key]++
	return g.tries[key] <= n
}
