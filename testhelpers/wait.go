package testhelpers

import (
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// WaitFor waits for one new mail that matches. If none comes in time the test fails now, with the
// report: what came instead, why it did not match, and the likeliest cause.
func WaitFor(t T, s *connector.Session, q connector.Query) *connector.Message {
	help(t)
	if ms := WaitForN(t, s, q, 1); len(ms) == 1 {
		return ms[0]
	}
	return nil
}

// WaitForN waits for n new mails that match, in the order of receipt; all or the test fails now.
func WaitForN(t T, s *connector.Session, q connector.Query, n int) []*connector.Message {
	help(t)
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
// made after that found none.
func ExpectNone(t T, s *connector.Session, q connector.Query, within time.Duration) {
	help(t)
	ctx, cancel := contextOf(t)
	defer cancel()
	if err := s.ExpectNone(ctx, q, within); err != nil {
		t.Errorf("%v", err)
		t.FailNow()
	}
}
