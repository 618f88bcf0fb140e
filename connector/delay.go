package connector

import (
	"math"
	"time"
)

// The ages of a wait are counted in bins: the first 100 ms, then each a fifth longer than the one
// before, to 10 minutes and more.
const (
	binCount = 50
	binFirst = 0.1 // seconds
	binRatio = 1.2
)

// What was learned weighs against the prior, and is forgotten in time.
const (
	priorWaits  = 8    // the prior counts as much as so many waits
	memoryWaits = 4000 // of more waits the older ones count half
)

// binStart is the age, in seconds, at which a bin begins.
func binStart(i int) float64 {
	if i == 0 {
		return 0
	}
	return binFirst * math.Pow(binRatio, float64(i-1))
}

// binOf is the bin of an age in seconds.
func binOf(age float64) int {
	if age < binFirst {
		return 0
	}
	return min(1+int(math.Log(age/binFirst)/math.Log(binRatio)+1e-9), binCount-1)
}

// delays is what is known of the time from the beginning of a wait to the arrival of its mail, in
// one mailbox: for each age, how many mails came at it and how long was waited in it. The zero value
// knows the prior alone.
type delays struct {
	came   [binCount]float64 // mails
	waited [binCount]float64 // seconds
	waits  float64
	seen   int // mails ever learned of
}

// learn takes one wait into account: it ended at an age, with its mail or without.
func (d *delays) learn(age time.Duration, found bool) {
	end := max(age.Seconds(), 0)
	last := binOf(end)
	for i := range last {
		d.waited[i] += binStart(i+1) - binStart(i)
	}
	d.waited[last] += end - binStart(last)
	if found {
		d.came[last]++
		d.seen++
	}
	if d.waits++; d.waits > memoryWaits {
		for i := range binCount {
			d.came[i] /= 2
			d.waited[i] /= 2
		}
		d.waits /= 2
	}
}

// hazards estimates, for each age, how likely a mail is to come in the next second if it has not
// come yet: what was seen, drawn towards the prior.
func (d *delays) hazards() (h [binCount]float64) {
	for i := range binCount {
		came, waited := prior(binStart(i), binStart(i+1))
		h[i] = (d.came[i] + priorWaits*came) / (d.waited[i] + priorWaits*waited)
	}
	return h
}

// survival is, for the beginning of each bin, how likely a mail is not to have come before.
func survival(h [binCount]float64) (s [binCount]float64) {
	s[0] = 1
	for i := range binCount - 1 {
		s[i+1] = s[i] * math.Exp(-h[i]*(binStart(i+1)-binStart(i)))
	}
	return s
}

// within is the age before which all but a part of the mails come, as far as is known: what a quiet
// time must last to prove something. It is not below the floor nor above the limit.
func (d *delays) within(miss float64, floor, limit time.Duration) time.Duration {
	h := d.hazards()
	s := survival(h)
	for i := range binCount {
		next := s[i] * math.Exp(-h[i]*(binStart(i+1)-binStart(i)))
		if next <= miss {
			age := binStart(i) + math.Log(s[i]/miss)/h[i]
			return min(max(time.Duration(age*float64(time.Second)), floor), limit)
		}
	}
	return limit
}

// prior is what is known before anything was learned: an equal mixture of a mail server's direct
// delivery with its heavy tail, and of two services that queue and scan. It gives the part of the
// mails that come between two ages, and how long a wait lasts between them on average.
func prior(from, to float64) (came, waited float64) {
	const steps = 4
	late := func(t float64) float64 { return 1 - (direct(t)+lognormal(t, 5, 0.8)+lognormal(t, 12, 0.5))/3 }
	came = late(from) - late(to)
	step := (to - from) / steps
	for i := range steps {
		a := from + float64(i)*step
		waited += (late(a) + late(a+step)) / 2 * step
	}
	return came, waited
}

// direct is the part of the mails delivered within t seconds where no queue is in between: 77 % in
// the first second, 90 % in 6, 98 % in 60, and the rest within an hour.
func direct(t float64) float64 {
	at := [...]float64{0.05, 1, 6, 60, 3600}
	part := [...]float64{0, 0.77, 0.90, 0.98, 1}
	if t <= at[0] {
		return 0
	}
	for i := 1; i < len(at); i++ {
		if t < at[i] {
			x := math.Log(t/at[i-1]) / math.Log(at[i]/at[i-1])
			return part[i-1] + x*(part[i]-part[i-1])
		}
	}
	return 1
}

// lognormal is the distribution of a time whose logarithm is normal, by its median and spread.
func lognormal(t, median, spread float64) float64 {
	if t <= 0 {
		return 0
	}
	return math.Erfc(-math.Log(t/median)/(spread*math.Sqrt2)) / 2
}
