package memory_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// instance is a mailbox in memory for one law; change sets the switches.
func instance(change func(*memory.Server)) func(*testing.T) *connectortest.Instance {
	return func(*testing.T) *connectortest.Instance {
		store, faults := mailstore.New(), &memory.Faults{}
		in := connectortest.FromStore(store)
		var reads atomic.Int64
		server := memory.Server{Store: store, Address: connectortest.Address, Faults: faults,
			Credential: func(_ context.Context, refused string) (string, error) {
				return fmt.Sprint("secret ", reads.Add(1)), nil
			}}
		change(&server)
		in.Server, in.StableIDs = server, !server.UnstableIDs
		in.Unknown = memory.Server{Store: store, Address: "nobody@example.com"}
		in.Throttle, in.LoseCursors, in.Vanish, in.Delay = faults.Throttle, faults.LoseCursors, faults.Vanish, faults.Delay
		in.Outage = func(n int) { faults.Fail(n, connector.ErrUnavailable) }
		in.CutArrivals = func() int { faults.CutArrivals(true); return 1 }
		in.Requests = func() int { return faults.Calls() }
		in.CredentialReads = func() int { return int(reads.Load()) }
		in.Revoke = func(replace bool) {
			next := "nothing"
			if replace {
				next = fmt.Sprint("secret ", reads.Load()+1)
			}
			faults.Accept(next)
		}
		return in
	}
}

func TestLaws(t *testing.T) {
	for name, change := range map[string]func(*memory.Server){
		"plain":                  func(*memory.Server) {},
		"push and a wide search": func(s *memory.Server) { s.Push, s.WideSearch = true, true },
		"unstable ids":           func(s *memory.Server) { s.UnstableIDs = true },
		"bare, unstable":         func(s *memory.Server) { s.BareEnvelopes, s.BareCursors, s.UnstableIDs = true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: instance(change), Virtual: true})
		})
	}
}

// TestLawsInRealTime needs some minutes; -parallel 16 makes it one.
func TestLawsInRealTime(t *testing.T) {
	if os.Getenv("CLOUDMAIL_SOAK") == "" {
		t.Skip("CLOUDMAIL_SOAK is not set, and real time takes its time")
	}
	connectortest.Run(t, connectortest.Harness{New: instance(func(*memory.Server) {})})
}
