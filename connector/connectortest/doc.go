// Package connectortest is the contract of a backend as a table of named laws. A backend that
// keeps them gives its users what package connector promises.
//
// # The test of a backend
//
// A [Harness] gives a fresh service for each law, as an [Instance]: the server to connect to, and
// funcs that stand for everybody else who has a hand in the mailbox, and for the troubles of the
// service. What a harness cannot do it leaves nil; the laws that need it are skipped and listed in
// the log. There is no list of laws to leave out.
//
// Over a fake that is a front end of a mailstore, [FromStore] fills in what mail and people do,
// so that the test has about twenty lines:
//
//	func TestLaws(t *testing.T) {
//		connectortest.Run(t, connectortest.Harness{Virtual: true, New: func(t *testing.T) *connectortest.Instance {
//			store := mailstore.New()
//			in := connectortest.FromStore(store)
//			fake := fakegmail.New(store, nil)
//			in.Server = gmail.Workspace{
//				ServiceAccount: fake.Credential(&reads), Address: connectortest.Address, Transport: fake.RoundTripper(),
//			}
//			in.StableIDs = true
//			in.Throttle = fake.Throttle
//			in.Outage = fake.Outage
//			in.Revoke = fake.Revoke
//			in.LoseCursors = fake.ForgetHistory
//			in.CutArrivals = func() int { fake.CutPages(); return 1 }
//			in.Requests = fake.Requests
//			return in
//		}})
//	}
//
// With Virtual set each law runs in a testing/synctest bubble of its own, where a wait of minutes
// takes no time; the whole table takes seconds. Real sockets cannot be used there: a harness over
// a real server leaves Virtual false and the laws keep their waits short.
//
// # A broken law
//
// The failing subtest is named after the law, and its output ends with what a user would suffer.
// One law alone is run with
//
//	go test -run 'TestLaws/law/a-lost-cursor-loses-nothing' ./connector/gmail
//
// # A new law
//
// A bug that was found in one backend becomes a law for all: an entry in the table of its topic
// (arrivals, marks, faults, matching, acts, …), with a name that says what holds, a Why that says
// who suffers if it does not, and a Run that uses only the session and the funcs of the instance.
// The suite's own test has a deliberately wrong backend for each kind of fault that must not slip
// through; see wrong_test.go.
package connectortest
