package graph_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// TestLaws tries every law in virtual time, through the door in memory.
func TestLaws(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Virtual: true, New: func(t *testing.T) *connectortest.Instance {
		w := newWorld(t, nil)
		o := w.server()
		o.Transport = smallPages{o.Transport}
		return w.instance(o)
	}})
}

// TestLawsOverLoopback tries them once more by real sockets and TLS, in real time.
func TestLawsOverLoopback(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and this takes real time; .ci/run does without -short")
	}
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) *connectortest.Instance {
		w := newWorld(t, nil)
		in := w.instance(w.loopback(t))
		in.CutArrivals = nil // its pages are the service's own
		return in
	}})
}

// instance puts the fake into the hands of the suite.
func (w *world) instance(server graph.Office365) *connectortest.Instance {
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
			f := fakegraph.GraphError("", "ErrorMailboxStoreUnavailable")
			f.Times = n
			f.Header.Del("Retry-After")
			w.fake.Faults.Push(f)
		}
	}
	in.Revoke = w.revoke
	in.CredentialReads = func() int { return int(w.reads.Load()) }
	in.CutArrivals = func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.cut = map[string]bool{}
		f := fakegraph.GraphError("list", "ErrorMailboxStoreUnavailable")
		f.Times, f.Match = -1, w.breaksOff
		f.Header.Del("Retry-After")
		w.fake.Faults.Push(f)
		return smallPage
	}
	in.LoseCursors = func() { // the next look is told that its place is forgotten
		f := fakegraph.GraphError("list", "SyncStateNotFound")
		f.Match = func(r *http.Request) bool {
			q := r.URL.RawQuery // a look asks for headers, oldest first
			return strings.Contains(q, "internetMessageHeaders") && !strings.Contains(q, "desc")
		}
		w.fake.Faults.Push(f)
	}
	in.Vanish = func(n int) {
		f := fakegraph.GraphError("value", "ErrorItemNotFound")
		f.Times = n
		w.fake.Faults.Push(f)
	}
	in.Delay = w.fake.Latency.Set
	in.Requests = func() int { return w.fake.Counter.Total().Requests }
	return in
}
