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
		{Name: "a-sentinel-proves-that-none-came", Run: sentinelQuiet,
			Why: "a test need not wait for a time that somebody guessed: a later mail of the same path that has come is a proof"},
		{Name: "a-mail-before-the-sentinel-is-caught", Run: sentinelCaught,
			Why: "the sentinel is no excuse to look away"},
		{Name: "a-lost-sentinel-proves-nothing", Run: sentinelLost,
			Why: "where no mail comes at all, silence means nothing"},
		{Name: "a-calibrated-window-learns-the-delays", Needs: inVirtualTime, Run: calibrated,
			Why: "a guessed window is too short for a slow path and too long for a fast one"},
	}
}

func sentinelQuiet(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letter("sentinel")
	proof, err := s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{Sentinel: func(context.Context) (connector.Query, error) {
		in.Deliver(l.raw)
		return l.query(), nil
	}})
	must(t, err, "prove that none came")
	same(t, proof.By, connector.BySentinel, "how it was proven")
	same(t, proof.Sentinel, l.id, "the sentinel")
}

func sentinelCaught(t T, in *Instance) {
	s := in.connect(t, nil)
	reminder, l := in.letter("reminder"), in.letter("sentinel")
	_, err := s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{Sentinel: func(context.Context) (connector.Query, error) {
		in.Deliver(reminder.raw)
		in.Deliver(l.raw)
		return l.query(), nil
	}})
	found, ok := errors.AsType[*connector.UnexpectedError](err)
	if !ok {
		fatalf(t, "the mail that came before the sentinel must be an UnexpectedError; it is: %v", err)
	}
	same(t, found.Message.MessageID, reminder.id, "Message-ID")

	again := in.letter("reminder")
	_, err = s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{Sentinel: func(context.Context) (connector.Query, error) {
		in.Deliver(again.raw)
		return connector.Query{Everything: true}, nil
	}})
	if _, ok := errors.AsType[*connector.UnexpectedError](err); !ok {
		fatalf(t, "a mail that fits both queries is no sentinel; the error is: %v", err)
	}
}

func sentinelLost(t T, in *Instance) {
	s := in.connect(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), in.moment())
	defer cancel()
	_, err := s.ProveNone(ctx, connector.Query{Subject: "reminder"}, connector.Silence{Sentinel: func(context.Context) (connector.Query, error) {
		return connector.Query{Subject: "never sent"}, nil
	}})
	if _, ok := errors.AsType[*connector.WaitError](err); !ok {
		fatalf(t, "without its sentinel nothing is proven, and the error must be a WaitError; it is: %v", err)
	}
	broken := errors.New("the shop is closed")
	_, err = s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{Sentinel: func(context.Context) (connector.Query, error) {
		return connector.Query{}, broken
	}})
	is(t, err, broken, "the error of a sentinel that could not be sent")
}

func calibrated(t T, in *Instance) {
	s := in.connect(t, nil)
	first, err := s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{})
	must(t, err, "prove that none came")
	same(t, first.By, connector.ByCalibrated, "how it was proven")
	same(t, first.Observed, 0, "the number of mails whose delay is known")
	for range 30 { // mails that take a second
		l := in.letter("usual")
		later(time.Second, func() { in.Deliver(l.raw) })
		in.finds(t, begin(t, s, connector.Scope{}), l.query())
	}
	then, err := s.ProveNone(t.Context(), connector.Query{Subject: "reminder"}, connector.Silence{})
	must(t, err, "prove that none came, knowing the delays")
	same(t, then.Observed, 30, "the number of mails whose delay is known")
	if then.Window >= first.Window {
		t.Errorf("the window is %v where mails take a second, and was %v where nothing was known", then.Window, first.Window)
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
