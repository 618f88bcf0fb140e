package connectortest

import (
	"context"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// sessionLaws are about the life of a session.
func sessionLaws() []Law {
	return []Law{
		{Name: "close-twice-is-once", Run: closeTwice,
			Why: "clean-up runs twice where tests fail"},
		{Name: "a-closed-session-says-so", Run: afterClose,
			Why: "use after Close is a mistake of the test, and must not look like mail that did not come"},
		{Name: "close-ends-what-waits", Run: closeEndsWaits,
			Why: "a test run that ends must not hang on a wait"},
		{Name: "closing-a-test-leaves-the-others", Run: closeOne,
			Why: "each test closes its own session; the connection is everybody's"},
		{Name: "close-changes-nothing", Needs: canSee, Run: closeChangesNothing,
			Why: "releasing a connection is not cleaning up"},
		{Name: "a-session-at-rest-makes-no-requests", Needs: canCount, Run: atRest,
			Why: "a mailbox that nobody waits for costs no quota"},
		{Name: "many-waits-cost-what-one-costs", Needs: func(in *Instance) bool { return canCount(in) && inVirtualTime(in) }, Run: oneReader,
			Why: "a hundred parallel tests must not use up a mailbox's quota"},
		{Name: "wrong-options-are-refused", Run: wrongOptions,
			Why: "what cannot be meant is said before anything is done"},
	}
}

func closeTwice(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{})
	for range 2 {
		must(t, test.Close(), "close the test's session")
		must(t, s.Close(), "close")
	}
}

func afterClose(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{})
	m := in.finds(t, test, in.send("last").query())
	must(t, s.Close(), "close")
	q, ctx := connector.Query{Subject: "x"}, t.Context()
	for _, session := range []*connector.Session{s, test} {
		_, err := session.WaitFor(ctx, q)
		is(t, err, connector.ErrClosed, "a wait after Close")
		_, err = session.Find(ctx, q, 1)
		is(t, err, connector.ErrClosed, "a find after Close")
		_, err = session.Begin(ctx, connector.Scope{})
		is(t, err, connector.ErrClosed, "a begin after Close")
		_, err = session.Clean(ctx)
		is(t, err, connector.ErrClosed, "a clean after Close")
		is(t, session.ExpectNone(ctx, q, 0), connector.ErrClosed, "expecting none after Close")
		if err := session.Trash(ctx, m); !cannot(err) {
			is(t, err, connector.ErrClosed, "trashing after Close")
		}
		same(t, session.Mailbox(), in.Server.Mailbox(), "the mailbox after Close")
	}
}

func closeEndsWaits(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{})
	after := in.span(9*time.Second, 400*time.Millisecond)
	later(after, func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	start := time.Now()
	var wg sync.WaitGroup
	for _, session := range []*connector.Session{s, test} {
		wg.Go(func() {
			_, err := session.WaitFor(t.Context(), connector.Query{Subject: "never sent"})
			is(t, err, connector.ErrClosed, "a wait that Close ended")
		})
	}
	wg.Wait()
	if took := time.Since(start); took > after+in.slack(10*time.Millisecond) {
		t.Errorf("the waits ended %v after Close", took-after)
	}
}

func closeOne(t T, in *Instance) {
	s := in.connect(t, nil)
	a, b := begin(t, s, connector.Scope{}), begin(t, s, connector.Scope{})
	must(t, a.Close(), "close")
	l := in.send("for the other")
	in.finds(t, b, l.query())
	in.finds(t, s, l.query())
	_, err := a.WaitFor(t.Context(), l.query())
	is(t, err, connector.ErrClosed, "a wait after Close")
}

func closeChangesNothing(t T, in *Instance) {
	s := in.connect(t, &connector.Options{Cleanup: true})
	in.finds(t, s, in.send("given").query())
	in.send("not given")
	before := in.Snapshot()
	must(t, s.Close(), "close")
	after := in.Snapshot()
	same(t, len(after), len(before), "the number of mails")
	for i := range after {
		same(t, after[i], before[i], "a mail after Close")
	}
}

func atRest(t T, in *Instance) {
	s := in.connect(t, nil)
	in.finds(t, s, in.send("before the rest").query())
	pass(t, in.span(time.Second, 500*time.Millisecond))
	before := in.Requests()
	pass(t, in.span(10*time.Minute, 2*time.Second))
	same(t, in.Requests(), before, "the number of requests after a rest")
	in.finds(t, s, in.send("after the rest").query())
}

func oneReader(t T, in *Instance) {
	s := in.connect(t, nil)
	cost := func(waits int) int {
		before := in.Requests()
		var wg sync.WaitGroup
		for range waits {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := s.WaitFor(ctx, connector.Query{Subject: "never sent"})
				is(t, err, context.DeadlineExceeded, "the wait's error")
			})
		}
		wg.Wait()
		return in.Requests() - before
	}
	one, hundred := cost(1), cost(100)
	if hundred > one+one/2+10 {
		t.Errorf("a wait of a minute costs %d requests, and a hundred of them at the same time %d", one, hundred)
	}
}

func wrongOptions(t T, in *Instance) {
	for _, o := range []connector.Options{
		{Wait: -1}, {CleanMax: -1}, {Folders: []connector.Folder{}}, {Folders: []connector.Folder{" "}},
		{SendTo: []string{"nonsense"}}, {Folders: []connector.Folder{"No/Such/Folder"}},
	} {
		_, err := connector.Connect(t.Context(), in.Server, &o)
		is(t, err, connector.ErrConfig, "connecting with wrong options")
	}
	_, err := connector.Connect(t.Context(), nil, nil)
	is(t, err, connector.ErrConfig, "connecting to nothing")
}
