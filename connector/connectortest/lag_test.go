package connectortest_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// traces are how long mails take, in seconds: direct delivery with its heavy tail (77 % within a
// second, 90 % within 6, 98 % within 60), and two services that queue.
var traces = map[string]func(*rand.Rand) float64{
	"heavy-tail":   heavyTail,
	"lognormal-5":  func(r *rand.Rand) float64 { return 5 * math.Exp(0.8*r.NormFloat64()) },
	"lognormal-12": func(r *rand.Rand) float64 { return 12 * math.Exp(0.5*r.NormFloat64()) },
}

func heavyTail(r *rand.Rand) float64 {
	between := func(a, b float64) float64 { return a * math.Pow(b/a, r.Float64()) }
	switch u := r.Float64(); {
	case u < 0.77:
		return between(0.05, 1)
	case u < 0.90:
		return between(1, 6)
	case u < 0.98:
		return between(6, 60)
	}
	return between(60, 3600)
}

// lagLimit is how long the waits of the lag figures last.
const lagLimit = 120.0

// lagOf waits for a mail after each of the delays, one after the other, and returns how many looks a
// wait cost and how long after its arrival a mail was found, both on average. Without warm ones, each
// wait is the first of its session: nothing was learned before.
func lagOf(t *testing.T, looks int, warm, delays []float64) (cost, lag float64) {
	store, faults := mailstore.New(), &memory.Faults{}
	box := store.Add(connectortest.Address)
	connect := func() *connector.Session {
		s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address, Faults: faults}, &connector.Options{Looks: looks})
		require.NoError(t, err)
		return s
	}
	s := connect()
	found, before := 0.0, 0
	for i, d := range append(append([]float64{}, warm...), delays...) {
		if i == len(warm) {
			before, found, lag = faults.Calls("arrivals"), 0, 0
		}
		time.Sleep(time.Hour) // the mail of the wait before is long past
		if warm == nil {
			require.NoError(t, s.Close())
			s = connect()
		}
		begun := time.Now()
		var came time.Time
		if d < lagLimit {
			time.AfterFunc(time.Duration(d*float64(time.Second)), func() { came = time.Now(); shop(box, subjectOf(i)) })
		}
		ctx, cancel := context.WithDeadline(t.Context(), begun.Add(time.Duration(lagLimit*float64(time.Second))))
		_, err := s.WaitFor(ctx, connector.Query{Subject: subjectOf(i)})
		cancel()
		if err == nil {
			found++
			lag += time.Since(came).Seconds()
		}
	}
	cost = float64(faults.Calls("arrivals")-before) / float64(len(delays))
	require.NoError(t, s.Close())
	return cost, lag / found
}

// spaced is the lag of looks at the ages that next gives, scaled so that they cost the same.
func spaced(delays []float64, cost float64, next func(scale float64, age float64) float64) float64 {
	run := func(scale float64) (looks, lag float64) {
		found := 0.0
		for _, d := range delays {
			looks++ // at the beginning
			age := 0.0
			for age < d && age < lagLimit {
				age = min(next(scale, age), lagLimit)
				looks++
			}
			if d < lagLimit {
				found++
				lag += age - d
			}
		}
		return looks / float64(len(delays)), lag / found
	}
	low, high := 1e-4, 100.0
	for range 60 {
		mid := math.Sqrt(low * high)
		if looks, _ := run(mid); looks > cost {
			low = mid
		} else {
			high = mid
		}
	}
	_, lag := run(high)
	return lag
}

func constant(scale, age float64) float64 { return age + scale }
func doubling(scale, age float64) float64 { return max(2*age, scale) }

// draw makes n delays.
func draw(trace string, seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]float64, n)
	for i := range out {
		out[i] = traces[trace](r)
	}
	return out
}

// lagRatios compares the schedule, cold or after 1,000 waits, with constant and with doubling looks
// of the same number, at about 8 looks a wait.
func lagRatios(t *testing.T, trace string, warm bool, n int) (cost, vsConstant, vsDoubling float64) {
	var learned []float64
	if warm {
		learned = draw(trace, 1, 1000)
	}
	delays := draw(trace, 2, n)
	looks := 0
	for looks = range 20 { // the price at which a wait of this trace costs 8
		if cost, _ = lagOf(t, looks+5, learned, delays[:n/8]); cost >= 7.9 {
			break
		}
	}
	cost, lag := lagOf(t, looks+5, learned, delays)
	return cost, lag / spaced(delays, cost, constant), lag / spaced(delays, cost, doubling)
}

// BenchmarkLag gives the mean lag of the schedule in terms of that of constant looks and of doubling
// intervals of the same number, at about 8 looks a wait.
func BenchmarkLag(b *testing.B) {
	for _, trace := range []string{"heavy-tail", "lognormal-5", "lognormal-12"} {
		for _, warm := range []bool{false, true} {
			name := trace + map[bool]string{false: "-cold", true: "-warm"}[warm]
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					inBubble(b, func(t *testing.T) {
						cost, c, d := lagRatios(t, trace, warm, 4000)
						b.ReportMetric(cost, "looks/wait")
						b.ReportMetric(c, "vs-constant")
						b.ReportMetric(d, "vs-doubling")
					})
				}
			})
		}
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	for trace, most := range map[string][2]float64{"heavy-tail": {0.65, 0.55}, "lognormal-5": {1.12, 0.97}, "lognormal-12": {1.05, 0.85}} {
		for i, warm := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				cost, c, d := lagRatios(t, trace, warm, 1600)
				t.Logf("%s, warm %v: %.1f looks, %.3f of constant, %.3f of doubling", trace, warm, cost, c, d)
				require.LessOrEqual(t, c, most[i], "%s, warm %v, against constant looks", trace, warm)
				require.LessOrEqual(t, d, 0.25, "%s, warm %v, against doubling", trace, warm)
			})
		}
	}
}

// suite runs so many tests of 30 s side by side in virtual time.
func suite(t *testing.T, tests int) {
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address}, nil)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for n := range tests {
		wg.Go(func() {
			test, err := s.Begin(t.Context(), connector.Scope{})
			require.NoError(t, err)
			time.AfterFunc(29*time.Second*time.Duration(n+1)/time.Duration(tests), func() { shop(box, subjectOf(n)) })
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			m, err := test.WaitFor(ctx, connector.Query{Subject: subjectOf(n)})
			require.NoError(t, err)
			require.Equal(t, subjectOf(n), m.Subject)
			require.NoError(t, test.Close())
		})
	}
	wg.Wait()
	require.NoError(t, s.Close())
}

// BenchmarkVirtualSuite is a suite of 1,000 tests of 30 s each, in virtual time.
func BenchmarkVirtualSuite(b *testing.B) {
	for b.Loop() {
		begun := time.Now()
		inBubble(b, func(t *testing.T) { suite(t, 1000) })
		b.ReportMetric(time.Since(begun).Seconds(), "real-s")
	}
}

// parked measures what a wait takes that sleeps: bytes, and goroutines beside its own.
func parked(t *testing.T, waits int) (bytes, goroutines float64) {
	store := mailstore.New()
	store.Add(connectortest.Address)
	s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address}, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	measure := func() (uint64, int) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()
	}
	mem, n := measure()
	var wg sync.WaitGroup
	for range waits {
		wg.Go(func() {
			_, err := s.WaitFor(ctx, connector.Query{Subject: "never"})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	time.Sleep(time.Minute)
	mem2, n2 := measure()
	cancel()
	wg.Wait()
	require.NoError(t, s.Close())
	return float64(mem2-mem) / float64(waits), float64(n2-n) / float64(waits)
}

// BenchmarkParkedWaits is what one of 10,000 waits takes while it sleeps, the caller's goroutine
// included.
func BenchmarkParkedWaits(b *testing.B) {
	for b.Loop() {
		inBubble(b, func(t *testing.T) {
			bytes, goroutines := parked(t, 10_000)
			b.ReportMetric(bytes, "B/wait")
			b.ReportMetric(goroutines, "goroutines/wait")
		})
	}
}
