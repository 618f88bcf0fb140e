package connectortest

import (
	"context"
	"errors"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// faultLaws are about a service that has its troubles.
func faultLaws() []Law {
	return []Law{
		{Name: "a-throttled-call-is-retried-not-before-its-time", Needs: func(in *Instance) bool { return in.Throttle != nil }, Run: throttled,
			Why: "a service that asks to wait punishes who does not; and a wait that it delays must still find its mail"},
		{Name: "a-wait-that-cannot-be-served-ends-at-once", Needs: func(in *Instance) bool { return in.Throttle != nil }, Run: hopeless,
			Why: "a service that asks to come again after the deadline leaves nothing to wait for, whatever it refused: a look or a mail"},
		{Name: "an-outage-is-waited-out", Needs: canOutage, Run: outage,
			Why: "services and networks fail for a while; a test that can wait must not fail with them"},
		{Name: "an-outage-that-lasts-is-in-the-report", Needs: canOutage, Run: lastingOutage,
			Why: "\"no mail came\" is a wrong answer where nobody could look"},
		{Name: "a-lost-cursor-loses-nothing", Needs: canLose, Run: lostLoses,
			Why: "services forget our place (delta tokens and history ids expire); mail that came around that time must be found"},
		{Name: "a-lost-cursor-repeats-nothing", Needs: canLose, Run: lostRepeats,
			Why: "when the place in the stream is found again, old mail must not look new"},
		{Name: "progress-before-an-error-is-kept", Needs: func(in *Instance) bool { return in.CutArrivals != nil }, Run: progress,
			Why: "a listing that breaks off on every second page still gets forward if what came is kept; else a big mailbox is never read"},
	}
}

func throttled(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("worth waiting for")
	pause := in.span(9*time.Second, time.Second)
	start := time.Now()
	in.Throttle(2, pause)
	in.finds(t, s, l.query())
	if took := time.Since(start); took < 2*pause {
		t.Errorf("the service asked twice to wait for %v, and the mail was read after %v", pause, took)
	}
}

// hopeless lets the service ask for more time than the wait has, while the wait reads its mails.
func hopeless(t T, in *Instance) {
	s := in.connect(t, nil)
	in.deliver("read me", "read me", "read me")
	asked := time.Time{}
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	_, err := s.WaitFor(ctx, connector.Query{Subject: "read me", Where: func(*connector.Message) error {
		if asked.IsZero() {
			asked = time.Now()
			in.Throttle(1, 2*in.patience())
		}
		return errors.New("not this one")
	}})
	took := time.Since(asked)
	in.Throttle(0, 0)
	is(t, err, connector.ErrThrottled, "the wait's error")
	report, ok := errors.AsType[*connector.WaitError](err)
	if !ok || report.Class != connector.CauseThrottled {
		fatalf(t, "the report must name the cause; it is: %v", err)
	}
	if limit := in.slack(10 * time.Second); took > limit {
		t.Errorf("the wait ended %v after the service asked to come again too late", took)
	}
	if report.Throttle > 10 {
		t.Errorf("the report counts %d throttles, and the service was asked a few times", report.Throttle)
	}
}

func outage(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("after the storm")
	in.Outage(4)
	in.finds(t, s, l.query())
}

func lastingOutage(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("behind the storm")
	in.Outage(-1)
	report := in.findsNone(t, s, l.query())
	in.Outage(0)
	is(t, report, connector.ErrUnavailable, "the report")
	if report.Failures == 0 {
		t.Errorf("the report counts no failures: %v", report)
	}
	in.finds(t, s, l.query())
}

func lostLoses(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{})
	before := in.send("before the loss")
	in.LoseCursors()
	after := in.send("after the loss")
	in.finds(t, test, after.query())
	in.finds(t, test, before.query())
	in.LoseCursors()
	l := in.letter("during a wait")
	later(in.span(5*time.Second, 600*time.Millisecond), func() { in.LoseCursors(); in.Deliver(l.raw) })
	in.finds(t, test, l.query())
}

func lostRepeats(t T, in *Instance) {
	in.send("long there")
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	s := in.connect(t, nil)
	given := in.send("given")
	in.finds(t, s, given.query())
	second := begin(t, s, connector.Scope{})
	for range 3 {
		in.LoseCursors()
		in.findsNone(t, s, connector.Query{Everything: true})
		in.findsNone(t, second, connector.Query{Everything: true, Folder: connector.Anywhere})
		s.Mark()
	}
	in.finds(t, second, in.send("fresh").query())
}

func progress(t T, in *Instance) {
	s := in.connect(t, nil)
	part := in.CutArrivals()
	var last letter
	n := 3*part + 1
	for range n {
		last = in.send("part by part")
	}
	in.finds(t, s, last.query())
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	_, err := s.WaitForN(ctx, connector.Query{Subject: "part by part"}, n-1)
	must(t, err, "wait for the others")
}
