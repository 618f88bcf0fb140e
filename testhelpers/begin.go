package testhelpers

import (
	"context"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// cleanupTime bounds what is done after a test ended.
const cleanupTime = 30 * time.Second

// Begin begins a session for this test: what comes from now on is new, whatever other tests do in
// the same mailbox. If the connection has Options.Cleanup, the mails that this session's waits
// give are put into the trash when the test ends, passed or failed; a T without Cleanup leaves
// that to the caller ([connector.Session.Clean]). A session that cannot begin fails the test now.
func Begin(t T, s *connector.Session) *connector.Session {
	help(t)()
	if s == nil {
		t.Errorf("testhelpers.Begin: the session is nil: connect first, and check the error of Connect")
		t.FailNow()
		return nil
	}
	ctx, cancel := contextOf(t)
	defer cancel()
	own, err := s.Begin(ctx, connector.Scope{Name: nameOf(t)})
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
		return nil
	}
	if c, ok := t.(cleaner); ok {
		c.Cleanup(func() { end(t, ctx, own) })
	}
	return own
}

// end cleans up after the test. The test's context is over by then.
func end(t T, ctx context.Context, s *connector.Session) {
	help(t)()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if s.Cleanup() {
		if _, err := s.Clean(ctx); err != nil {
			t.Errorf("clean up after the test: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("close the test's session: %v", err)
	}
}
