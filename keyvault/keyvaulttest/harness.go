package keyvaulttest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Harness is one fresh instance of a vault, and what can be done to its service. Paths
// in the suite are like "mail-one": small letters and a hyphen. The harness may put
// something in front, and gives back the name under which the vault finds the secret.
type Harness struct {
	Vault keyvault.Provider // the vault itself, without a cache. Required

	// Put stores a value as one whole, a new version of it if it is there. Required.
	Put func(path string, value []byte) (name string)
	// CanHold tells values that the service has no way to hold; nil = it holds every one.
	CanHold func(value []byte) bool
	// PutFields stores named strings in the service's own way; nil = Put of their JSON.
	PutFields func(path string, fields map[string]string) (name string)
	// Versions stores the values one after the other and gives a name with @version for each.
	// Nil = the vault has no versions.
	Versions func(path string, values ...string) (names []string)
	// Expiring stores a value that ends at a time; nil = the vault tells of no expiry.
	Expiring func(path, value string, at time.Time) (name string)

	Refuse   func(on bool)             // the service refuses our credentials
	Down     func(on bool)             // the service cannot be reached, or says 503
	Hang     func(on bool)             // the service takes requests and answers none
	Throttle func(after time.Duration) // the next request is answered: too many, come back after
	Requests func() int                // how many requests for secrets were answered so far

	virtual bool // the law runs in a bubble
}

// Law is one sentence that holds for every vault.
type Law struct {
	Name string
	Why  string // what goes wrong for a user where it is broken

	needs   func(*Harness) bool // nil = every harness
	virtual bool                // only in virtual time
	check   func(*run)
}

// Laws are all of them, in the order in which they are run.
func Laws() []Law {
	var all []Law
	for _, topic := range [][]Law{readingLaws(), nameLaws(), failureLaws(), sharingLaws(), printingLaws(), writingLaws()} {
		all = append(all, topic...)
	}
	return all
}

// Run runs every law as a subtest of its name, each on a harness of its own from open, in real time;
// the laws of long waits are left to RunInBubble. What open starts it ends by t.Cleanup. A law that the
// harness has no way to show says so in its log.
func Run(t *testing.T, open func(t *testing.T) *Harness) { each(t, open, false) }

// RunInBubble is Run with each law, and its open, in a testing/synctest bubble: no sockets may be used
// there. It adds the laws of long waits.
func RunInBubble(t *testing.T, open func(t *testing.T) *Harness) { each(t, open, true) }

func each(t *testing.T, open func(t *testing.T) *Harness, virtual bool) {
	t.Helper()
	for _, law := range Laws() {
		if law.virtual && !virtual {
			continue
		}
		t.Run(law.Name, func(t *testing.T) {
			if virtual {
				synctest.Test(t, func(t *testing.T) {
					h := open(t)
					h.virtual = true
					law.Check(t, h)
				})
				return
			}
			law.Check(t, open(t))
		})
	}
}

// T is what a law needs of a test: *testing.T has it.
type T interface {
	Helper()
	Context() context.Context
	Log(args ...any)
	Errorf(format string, args ...any)
	FailNow()
}

// Check runs the law on one harness. A law that is broken calls t.Errorf with what was seen and Why,
// then t.FailNow, which must end the goroutine as that of *testing.T does; one that the harness
// cannot show calls t.Log.
func (law Law) Check(t T, h *Harness) {
	t.Helper()
	if law.needs != nil && !law.needs(h) {
		t.Log("the harness has no way to show this law")
		return
	}
	law.check(&run{T: t, law: law, Harness: h})
}
