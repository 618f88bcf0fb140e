package connectortest

import (
	"context"
	"errors"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// expectLaws are about proving that no mail comes.
func expectLaws() []Law {
	return []Law{
		{Name: "expect-none-is-nil-when-none-came", Run: expectQuiet,
			Why: "the proof takes as long as it was asked to, and mail that does not match is no objection"},
		{Name: "expect-none-catches-late-mail", Run: expectCaught,
			Why: "a mail that must not be sent is found also when it comes near the end"},
		{Name: "expect-none-needs-a-successful-look", Needs: canOutage, Run: expectBlind,
			Why: "\"no mail came\" is proved only by looking: a test must not pass because the service was down"},
		{Name: "expect-none-needs-the-time", Run: expectShort,
			Why: "a context that ends before the time is up can prove nothing, and that is known from the start"},
	}
}

func expectQuiet(t T, in *Instance) {
	s := in.connect(t, nil)
	in.send("beside the point")
	within := in.span(30*time.Second, time.Second)
	start := time.Now()
	must(t, s.ExpectNone(t.Context(), connector.Query{Subject: "reminder"}, within), "expect none")
	if took := time.Since(start); took < within {
		t.Errorf("none within %v was proved after %v", within, took)
	}
	must(t, s.ExpectNone(t.Context(), connector.Query{Subject: "reminder"}, 0), "expect none as of now")
}

func expectCaught(t T, in *Instance) {
	s := in.connect(t, nil)
	within := in.span(30*time.Second, hang)
	l := in.letter("reminder")
	later(in.span(within-100*time.Millisecond, time.Second), func() { in.Deliver(l.raw) })
	err := s.ExpectNone(t.Context(), connector.Query{Subject: "reminder"}, within)
	found, ok := errors.AsType[*connector.UnexpectedError](err)
	if !ok {
		fatalf(t, "the mail that came must be an UnexpectedError; it is: %v", err)
	}
	same(t, found.Message.MessageID, l.id, "Message-ID")
	must(t, s.ExpectNone(t.Context(), connector.Query{Subject: "reminder"}, 0), "expect none again: the mail counts as given")
}

func expectBlind(t T, in *Instance) {
	s := in.connect(t, nil)
	in.Outage(-1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*in.moment())
	defer cancel()
	err := s.ExpectNone(ctx, connector.Query{Subject: "reminder"}, in.moment())
	in.Outage(0)
	if err == nil {
		t.Errorf("nobody could look, and yet it is proved that no mail came")
	}
	is(t, err, connector.ErrUnavailable, "the error")
}

func expectShort(t T, in *Instance) {
	s := in.connect(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	is(t, s.ExpectNone(ctx, connector.Query{Subject: "reminder"}, time.Minute), connector.ErrConfig, "a proof that needs more time than there is")
}
