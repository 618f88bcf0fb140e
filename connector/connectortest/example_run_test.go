package connectortest_test

import (
	"testing"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// fresh makes a service for one law, and says what can be done to it. What it cannot do is left
// nil, as Revoke, Vanish and CutArrivals are here.
func fresh(*testing.T) *connectortest.Instance {
	store, faults := mailstore.New(), &memory.Faults{}
	in := connectortest.FromStore(store)
	in.Server = memory.Server{Store: store, Address: connectortest.Address, Faults: faults}
	in.Throttle = faults.Throttle
	in.Outage = func(n int) { faults.Fail(n, connector.ErrUnavailable) }
	in.LoseCursors = faults.LoseCursors
	in.Delay = faults.Delay
	in.Requests = func() int { return faults.Calls() }
	return in
}

// The whole test of a backend: every law in a bubble of its own, on a fresh service.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestLaws
		connectortest.Run(t, connectortest.Harness{Virtual: true, New: fresh})
	}
}
