package gmail_test

import (
	"flag"
	"net/http"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// TestLaws tries every law in virtual time, through the door in memory.
func TestLaws(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Virtual: true, New: func(t *testing.T) *connectortest.Instance {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1, ShortPages: true, SearchLag: 10 * time.Minute, KeepDuplicates: true})
		return w.instance(w.server())
	}})
}

// TestLawsOverLoopback tries them once more by real sockets and TLS, in real time.
func TestLawsOverLoopback(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and this takes real time; .ci/run does without -short")
	}
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) *connectortest.Instance {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1, KeepDuplicates: true})
		return w.instance(w.loopback(t))
	}})
}

// TestMain lets the laws in real time, which mostly sleep, sleep together; no goroutine outlives the
// tests.
func TestMain(m *testing.M) {
	flag.Parse()
	own := false
	flag.Visit(func(f *flag.Flag) { own = own || f.Name == "test.parallel" })
	if !own {
		_ = flag.Set("test.parallel", "8")
	}
	goleak.VerifyTestMain(m)
}

// instance puts the fake into the hands of the suite.
func (w *world) instance(server gmail.Workspace) *connectortest.Instance {
	in := w.in
	in.Server, in.StableIDs = server, true
	unknown := server
	unknown.Address = "nobody@example.com"
	in.Unknown = unknown
	in.Throttle = func(n int, after time.Duration) {
		w.fake.Faults.Push(fakehttp.Fault{Times: n, Status: http.StatusTooManyRequests,
			Header: http.Header{"Retry-After": {strconv.Itoa(int(after / time.Second))}}})
	}
	in.Outage = func(n int) {
		w.fake.Faults.Clear()
		if n != 0 {
			w.fake.FailNext("", n, fakegmail.Unavailable())
		}
	}
	in.Revoke = w.revoke
	in.CredentialReads = func() int { return int(w.reads.Load()) }
	in.LoseCursors = w.fake.ExpireHistory
	in.CutArrivals = func() int {
		w.fake.Faults.Push(fakehttp.Fault{Kind: "history", Times: -1, Status: 503,
			Match: func(r *http.Request) bool { return r.URL.Query().Has("pageToken") }})
		return smallPage / 2 // there are records that repeat, or say nothing
	}
	in.Vanish = func(n int) { w.fake.FailNext("get", n, fakegmail.NotFound()) }
	in.Delay = w.fake.Latency.Set
	in.Requests = func() int { return w.fake.Counter.Total().Requests }
	return in
}

var _ connector.Server = gmail.Workspace{}
