package connector

import "time"

// otherClock is how far ahead a remembered time may lie; what is beyond is of another clock.
const otherClock = 25 * time.Hour

// bucket holds a rate: so many a second, and up to most of what was not used before. A rate of 0 is
// no limit.
type bucket struct {
	rate, most float64
	level      float64   // what is there; below zero where it was taken in advance
	at         time.Time // of level; zero: the bucket is full
}

// fill brings the level up to the time.
func (b *bucket) fill(now time.Time) {
	if b.at.IsZero() {
		b.level = b.most
	} else if passed := now.Sub(b.at); passed > 0 {
		b.level = min(b.level+b.rate*passed.Seconds(), b.most)
	}
	b.at = now
}

// take uses n, though they may not be there yet.
func (b *bucket) take(now time.Time, n float64) {
	if b.rate > 0 {
		b.fill(now)
		b.level -= n
	}
}

// ready is when n will be there.
func (b *bucket) ready(now time.Time, n float64) time.Time {
	if b.rate <= 0 {
		return now
	}
	b.fill(now)
	if n = min(n, b.most); b.level >= n {
		return now
	}
	return now.Add(time.Duration((n - b.level) / b.rate * float64(time.Second)))
}

// rest forgets the time of another clock.
func (b *bucket) rest(now time.Time) {
	if b.at.After(now) {
		b.at = time.Time{}
	}
}
