// Package mishap is what the fakes have in common to let things go wrong: a queue of faults, and a pause.
package mishap

import (
	"slices"
	"sync"
	"time"
)

// Queue holds what is to happen, each a number of times. The zero value is an empty one. It is safe for
// concurrent use.
type Queue[T any] struct {
	mu    sync.Mutex
	items []item[T]
}

type item[T any] struct {
	value T
	times int // negative: until Clear
}

// Push adds one at the end, to be taken so many times: 0 is once, a negative number is until Clear.
func (q *Queue[T]) Push(v T, times int) {
	if times == 0 {
		times = 1
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item[T]{v, times})
}

// Take gives the first that fits; nil takes any.
func (q *Queue[T]) Take(fits func(T) bool) (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.IndexFunc(q.items, func(x item[T]) bool { return fits == nil || fits(x.value) })
	if at < 0 {
		return v, false
	}
	v = q.items[at].value
	if q.items[at].times > 0 {
		q.items[at].times--
	}
	if q.items[at].times == 0 {
		q.items = slices.Delete(q.items, at, at+1)
	}
	return v, true
}

// Len counts those that wait; one that is taken several times counts as one.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// Clear drops all.
func (q *Queue[T]) Clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = nil
}

// Pause lets time pass; false if done was closed first. No time is no wait.
func Pause(done <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}
