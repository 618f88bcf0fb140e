package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// The emulation: crowds of waits on a mailbox whose service misbehaves. What must come of each wait is computed from its
// script alone, by when its mail is in the mailbox.
const (
	crowded  = 50               // waits beside one another
	lifetime = 40 * time.Second // of a wait
	calm     = 20 * time.Second // trouble is over by then, so that it excuses nothing
	edge     = 6 * time.Second  // before its end a wait may already have had its last look
)

// fate is what becomes of the mail that one wait is for.
type fate struct {
	name string
	at   func(r *rand.Rand) time.Duration // when its mail comes; negative: never
}

func between(from, to time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return from + time.Duration(r.Int64N(int64(to-from))) }
}

var fates = []fate{
	{"comes", between(0, lifetime-edge)},
	{"comes late", between(calm, lifetime-edge)},
	{"comes just before the horizon", between(lifetime-edge-time.Second, lifetime-edge)},
	{"comes about the horizon", between(lifetime-edge, lifetime)},
	{"comes just after", between(lifetime+time.Millisecond, lifetime+time.Second)},
	{"never comes", func(*rand.Rand) time.Duration { return -1 }},
	{"comes after a wrong one", between(time.Second, lifetime-edge)},
	{"comes twice", between(time.Second, lifetime-edge)},
}

// stage is a mailbox with its troubles.
type stage struct {
	box      *mailstore.Mailbox
	server   connector.Server
	troubles map[string]func(r *rand.Rand)
	calm     func() // ends what is left of them
}

// stages are the services that misbehave.
var stages = map[string]func(t *testing.T) stage{"memory": memoryStage, "graph": cloudStage("graph"), "gmail": cloudStage("gmail")}

// seldom leaves ten seconds between two of its kind: what dies again while it is replaced is taken for refused.
func seldom(trouble func()) func(*rand.Rand) {
	var last time.Time
	var mu sync.Mutex
	return func(*rand.Rand) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > 10*time.Second {
			last = time.Now()
			trouble()
		}
	}
}

func memoryStage(*testing.T) stage {
	store, faults := mailstore.New(), &memory.Faults{}
	var secrets atomic.Int64
	server := memory.Server{Store: store, Address: connectortest.Address, Faults: faults, Credential: func(context.Context, string) (string, error) {
		return fmt.Sprint("secret ", secrets.Add(1)), nil
	}}
	return stage{store.Add(connectortest.Address), server, map[string]func(*rand.Rand){
		"throttles":    func(r *rand.Rand) { faults.Throttle(1+r.IntN(3), time.Duration(1+r.IntN(4))*time.Second) },
		"outage":       func(r *rand.Rand) { faults.Fail(1+r.IntN(4), connector.ErrUnavailable) },
		"dead cursors": func(*rand.Rand) { faults.LoseCursors() },
		"dead tokens":  seldom(func() { faults.Accept(fmt.Sprint("secret ", secrets.Load()+1)) }),
		"slowness":     func(r *rand.Rand) { faults.Delay(time.Duration(r.IntN(400)) * time.Millisecond) },
		"cut lists":    func(*rand.Rand) { faults.CutArrivals(true) },
	}, func() { faults.Throttle(0, 0); faults.Fail(0, nil); faults.Delay(0); faults.CutArrivals(false) }}
}

func cloudStage(name string) func(t *testing.T) stage {
	return func(t *testing.T) stage {
		s := clouds[name](t)
		push := func(f fakehttp.Fault) { s.front.Faults.Push(f) }
		return stage{s.box, s.server, map[string]func(*rand.Rand){
			"throttles": func(r *rand.Rand) {
				push(fakehttp.Fault{Times: 1 + r.IntN(2), Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {strconv.Itoa(1 + r.IntN(3))}}})
			},
			"outage":       func(r *rand.Rand) { push(fakehttp.Fault{Times: 1 + r.IntN(3), Status: http.StatusServiceUnavailable}) },
			"resets":       func(r *rand.Rand) { push(fakehttp.Fault{Times: 1 + r.IntN(3), Reset: true}) },
			"cut answers":  func(r *rand.Rand) { push(fakehttp.Fault{Times: 1 + r.IntN(2), CutAfter: int64(1 + r.IntN(200))}) },
			"dead cursors": func(*rand.Rand) { s.forget() },
			"dead tokens":  seldom(s.expire),
			"slowness": func(r *rand.Rand) {
				push(fakehttp.Fault{Times: 3, Delay: time.Duration(r.IntN(2000)) * time.Millisecond})
			},
		}, s.front.Faults.Clear}
	}
}

// tally counts what came of the waits.
type tally struct{ waits, found, timeouts, either, wrong, lost, repeated atomic.Int64 }

// emulate runs one crowd.
func emulate(t *testing.T, open func(*testing.T) stage, seed uint64, sum *tally) {
	r := rand.New(rand.NewPCG(seed, 11))
	s := open(t)
	session, err := connector.Connect(t.Context(), s.server, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, session.Close()) }()
	var tests [crowded]*connector.Session
	for i := range tests {
		tests[i], err = session.Begin(t.Context(), connector.Scope{})
		require.NoError(t, err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.troubles)) {
		for range r.IntN(3) {
			own := rand.New(rand.NewPCG(r.Uint64(), 5))
			time.AfterFunc(time.Duration(r.Int64N(int64(calm))), func() { s.troubles[name](own) })
		}
	}
	time.AfterFunc(calm, s.calm)
	var all sync.WaitGroup
	for i, test := range tests {
		f := fates[r.IntN(len(fates))]
		at := f.at(r)
		subject := fmt.Sprintf("token %d.%d.", seed, i)
		all.Go(func() {
			sum.judge(t, s, test, fmt.Sprintf("seed %d, wait %d %s at %v", seed, i, f.name, at), subject, f.name, at)
		})
	}
	all.Wait()
}

// judge runs one wait by its script and judges its end.
func (sum *tally) judge(t *testing.T, s stage, test *connector.Session, what, subject, fate string, at time.Duration) {
	deliver := func(subject, id string) {
		s.box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@example.com>\r\n\r\nx\r\n", connectortest.Address, subject, id), mailstore.Delivery{})
	}
	wanted := 1
	switch {
	case at < 0:
	case fate == "comes twice":
		wanted = 2
		time.AfterFunc(at, func() { deliver(subject, subject+".1"); deliver(subject, subject+".2") })
	case fate == "comes after a wrong one":
		time.AfterFunc(at/2, func() { deliver(subject[:len(subject)-1], subject+".wrong") })
		fallthrough
	default:
		time.AfterFunc(at, func() { deliver(subject, subject) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	defer cancel()
	found, err := test.WaitForN(ctx, connector.Query{Subject: subject}, wanted)
	sum.waits.Add(1)
	switch {
	case err == nil && (at < 0 || at > lifetime || len(found) != wanted):
		sum.wrong.Add(1)
		t.Errorf("%s: a mail was found", what)
	case err == nil:
		sum.found.Add(1)
		for _, m := range found {
			if m.Subject != subject {
				sum.wrong.Add(1)
				t.Errorf("%s: the wrong mail was found", what)
			}
		}
	case !errors.Is(err, context.DeadlineExceeded):
		sum.wrong.Add(1)
		t.Errorf("%s: %v", what, err)
	case at >= 0 && at <= lifetime-edge:
		sum.lost.Add(1)
		t.Errorf("%s: the mail was lost: %v", what, err)
	case at >= 0 && at <= lifetime:
		sum.either.Add(1)
	default:
		sum.timeouts.Add(1)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := test.ExpectNone(ctx, connector.Query{Subject: subject}, 0); err != nil {
			sum.repeated.Add(1)
			t.Errorf("%s: given twice: %v", what, err)
		}
	}
}

// TestEmulatedWaits runs crowds of waits on misbehaving services. All hundred thousand:
//
//	CLOUDMAIL_SOAK=1 go test -run TestEmulatedWaits -v -timeout 60m ./connector/connectortest
func TestEmulatedWaits(t *testing.T) {
	t.Parallel()
	crowds := map[string]int{"memory": 40, "graph": 6, "gmail": 6}
	if os.Getenv("CLOUDMAIL_SOAK") != "" {
		crowds = map[string]int{"memory": 1800, "graph": 100, "gmail": 100}
	}
	for name, n := range crowds {
		t.Run(name, func(t *testing.T) {
			var sum tally
			for seed := range n {
				synctest.Test(t, func(t *testing.T) { emulate(t, stages[name], uint64(seed), &sum) })
			}
			t.Logf("%d waits: %d found, %d timed out, %d either way at the horizon; %d wrong, %d lost, %d repeated", sum.waits.Load(),
				sum.found.Load(), sum.timeouts.Load(), sum.either.Load(), sum.wrong.Load(), sum.lost.Load(), sum.repeated.Load())
			assert.EqualValues(t, n*crowded, sum.waits.Load())
			assert.Zero(t, sum.wrong.Load()+sum.lost.Load()+sum.repeated.Load())
			assert.Greater(t, sum.found.Load(), sum.waits.Load()/3)
			assert.Greater(t, sum.timeouts.Load(), sum.waits.Load()/10)
		})
	}
}
