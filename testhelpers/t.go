package testhelpers

import (
	"context"
	"time"
)

// T is the part of *testing.T that every framework has. Where it also has Helper, Name, Cleanup,
// Context or Deadline, these are used: without Name a session's scope has none, without Cleanup the
// session is neither cleaned nor closed at the end, without Context and Deadline a wait ends by
// [connector.Options].Wait.
type T interface {
	Errorf(format string, args ...any)
	FailNow()
}

// What a T may do beyond that, asked for by assertion.
type (
	helper   interface{ Helper() }
	namer    interface{ Name() string }
	cleaner  interface{ Cleanup(func()) }
	contexts interface{ Context() context.Context }
	limited  interface{ Deadline() (time.Time, bool) }
)

// help returns what marks its caller as a helper, so that a failure names the test's line. It must be
// called where it is got, help(t)(): Helper marks the function that calls it.
func help(t T) func() {
	if h, ok := t.(helper); ok {
		return h.Helper
	}
	return func() {}
}

// nameOf returns the test's name, "" if it has none.
func nameOf(t T) string {
	if n, ok := t.(namer); ok {
		return n.Name()
	}
	return ""
}

// reserve is kept between the end of a wait and the test's own deadline, for the report and the
// clean-up: a tenth of what is left, at most this.
const reserve = 5 * time.Second

// contextOf returns the test's context, ending before the test's own deadline.
func contextOf(t T) (context.Context, context.CancelFunc) {
	ctx := context.Background()
	if c, ok := t.(contexts); ok {
		ctx = c.Context()
	}
	end, ok := deadlineOf(t)
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-min(reserve, time.Until(end)/10)))
}

// deadlineOf asks for the test's deadline. Inside a testing/synctest bubble a *testing.T panics
// when asked, for the deadline is one of the real clock: there is none then.
func deadlineOf(t T) (end time.Time, ok bool) {
	defer func() {
		if recover() != nil {
			end, ok = time.Time{}, false
		}
	}()
	if l, can := t.(limited); can {
		return l.Deadline()
	}
	return time.Time{}, false
}
