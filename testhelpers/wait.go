package testhelpers

import (
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// WaitFor waits for one new mail that matches: one that came after the session began and that no wait
// of it was given. If none comes in time (before the test's own deadline, or within
// [connector.Options].Wait where the test has none), the test fails now, with the report: what came
// instead, why it did not match, and the likeliest cause. It returns nil only where FailNow returns.
func WaitFor(t T, s *connector.Session, q connector.Query) *connector.Message {
	help(t)()
	if ms := WaitForN(t, s, q, 1); len(ms) == 1 {
		return ms[0]
	}
	return nil
}

// WaitForN is [WaitFor] for n mails, 1 at least, in the order of receipt; all, or the test fails now,
// and a later wait can still be given those that came.
func WaitForN(t T, s *connector.Session, q connector.Query, n int) []*connector.Message {
	help(t)()
	ctx, cancel := contextOf(t)
	defer cancel()
	ms, err := s.WaitForN(ctx, q, n)
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
		return nil
	}
	return ms
}

// ExpectNone fails the test now unless no new mail matches until `within` has passed and a look
// made after that found none. It takes that long where it passes: choose what a user would wait, not
// more. A test whose deadline lies before that fails at once.
func ExpectNone(t T, s *connector.Session, q connector.Query, within time.Duration) {
	help(t)()
	ctx, cancel := contextOf(t)
	defer cancel()
	if err := s.ExpectNone(ctx, q, within); err != nil {
		t.Errorf("%v", err)
		t.FailNow()
	}
}

// ProveNone is [ExpectNone] in the way that the test chooses: by a sentinel mail of the same path, or
// by a window that is calibrated by the delays of the mailbox, which is the zero value. It says how it
// was proven; the test fails now where it was not, and says what was tried.
func ProveNone(t T, s *connector.Session, q connector.Query, how connector.Silence) connector.Proof {
	help(t)()
	ctx, cancel := contextOf(t)
	defer cancel()
	proof, err := s.ProveNone(ctx, q, how)
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
	}
	return proof
}
