package connectortest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// waitLaws are about how a wait begins, ends and reports.
func waitLaws() []Law {
	return []Law{
		{Name: "wait-for-n-is-all-or-nothing", Run: allOrNothing,
			Why: "a test that wants three mails and got two must say so, and the two are still there for the next wait"},
		{Name: "wait-for-n-is-in-order-of-receipt", Needs: canPlace, Run: inOrder,
			Why: "step one of a sign-up must stand before step two, in whatever order the service lists them"},
		{Name: "the-mail-received-first-is-given-first", Needs: canPlace, Run: firstFirst,
			Why: "of two codes the first wait is given the first; which one must not depend on the network"},
		{Name: "mail-at-the-horizon-is-found", Needs: inVirtualTime, Run: horizon,
			Why: "mail that was there shortly before the deadline must end a wait well; else tests fail now and then"},
		{Name: "mail-at-the-horizon-is-found-on-a-slow-line", Needs: func(in *Instance) bool { return in.Delay != nil && in.virtual }, Run: slowHorizon,
			Why: "the last look must begin early enough to come back in time"},
		{Name: "a-wait-ends-by-its-deadline", Run: endsInTime,
			Why: "a wait that outlives its context takes the whole test run down with it"},
		{Name: "options-wait-limits-a-wait-without-deadline", Run: optionsWait,
			Why: "a forgotten deadline must not hang a test run"},
		{Name: "a-cancelled-wait-ends-at-once", Run: cancelled,
			Why: "a test run that is interrupted stops now"},
		{Name: "connect-cancelled-later-changes-nothing", Run: connectCancelled,
			Why: "a session is opened in a set-up function whose context ends with it"},
		{Name: "the-report-lists-each-arrival-with-its-reason", Run: reportLists,
			Why: "\"timed out\" costs an hour; what did come, and why it did not match, costs a minute"},
		{Name: "where-sees-the-whole-message", Run: where,
			Why: "what no criterion can say a function can, and its text is the reason in the report"},
		{Name: "head-only-leaves-the-text-unread", Run: headOnly,
			Why: "a wait for a mail of which only the header matters downloads nothing else"},
		{Name: "a-message-is-the-callers-own", Run: ownCopy,
			Why: "a test that changes what it was given must not change what another is given"},
	}
}

func allOrNothing(t T, in *Instance) {
	s := in.connect(t, nil)
	in.deliver("step", "step")
	ctx, cancel := context.WithTimeout(t.Context(), in.moment())
	defer cancel()
	ms, err := s.WaitForN(ctx, connector.Query{Subject: "step"}, 3)
	report, ok := errors.AsType[*connector.WaitError](err)
	if !ok || len(ms) != 0 {
		fatalf(t, "two of three mails must be a report and no mails; they are %d mails and: %v", len(ms), err)
	}
	same(t, len(report.Found), 2, "the number of mails in the report's Found")
	same(t, report.Want, 3, "the report's Want")
	in.send("step")
	ms, err = s.WaitForN(t.Context(), connector.Query{Subject: "step"}, 3)
	must(t, err, "wait for all three")
	same(t, len(ms), 3, "the number of mails")
	in.findsNone(t, s, connector.Query{Subject: "step"})
}

func inOrder(t T, in *Instance) {
	s := in.connect(t, nil)
	now := time.Now()
	for _, step := range []struct {
		subject string
		age     time.Duration
	}{{"step 3", 2 * time.Minute}, {"step 1", 9 * time.Minute}, {"step 4", 0}, {"step 2", 4 * time.Minute}} {
		in.Place(in.letter(step.subject).raw, connector.Inbox, now.Add(-step.age))
	}
	ms, err := s.WaitForN(t.Context(), connector.Query{Subject: "step"}, 4)
	must(t, err, "wait")
	same(t, subjects(ms), "step 1, step 2, step 3, step 4", "the order")
}

func firstFirst(t T, in *Instance) {
	s := in.connect(t, nil)
	now := time.Now()
	for i, age := range []time.Duration{time.Minute, 3 * time.Minute, 2 * time.Minute} {
		l := in.letter("code")
		if i == 1 { // the first received is the biggest, and so the slowest to read
			l = in.letterWith("code", "Content-Type: text/plain\r\n", strings.Repeat("A long text.\r\n", 20_000))
		}
		in.Place(l.raw, connector.Inbox, now.Add(-age))
	}
	last := time.Time{}
	for range 3 {
		m := in.finds(t, s, connector.Query{Subject: "code"})
		if m.Received.Before(last) {
			t.Errorf("the mail of %v was given after that of %v", m.Received, last)
		}
		last = m.Received
	}
}

// around waits until a deadline and delivers some time before it.
func around(t T, in *Instance, s *connector.Session, limit, before time.Duration) {
	t.Helper()
	l := in.letter("last minute")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	later(limit-before, func() { in.Deliver(l.raw) })
	_, err := s.WaitFor(ctx, l.query())
	must(t, err, "the wait for a mail that was there "+before.String()+" before the deadline")
}

func horizon(t T, in *Instance) {
	s := in.connect(t, nil)
	for _, limit := range []time.Duration{time.Second, 3 * time.Second, 7300 * time.Millisecond, 42 * time.Second} {
		around(t, in, s, limit, 260*time.Millisecond)
	}
}

func slowHorizon(t T, in *Instance) {
	const trip = 400 * time.Millisecond
	in.Delay(trip)
	s := in.connect(t, nil)
	in.finds(t, s, in.send("to learn how slow the line is").query())
	for range 6 {
		begin(t, s, connector.Scope{})
	}
	around(t, in, s, 20*time.Second, 4*trip)
}

func endsInTime(t T, in *Instance) {
	s := in.connect(t, nil)
	start := time.Now()
	in.findsNone(t, s, connector.Query{Subject: "never sent"})
	took, limit := time.Since(start), in.moment()
	if took > limit+in.slack(10*time.Millisecond) {
		t.Errorf("a wait of %v took %v", limit, took)
	}
	if took < limit-in.slack(time.Second) {
		t.Errorf("a wait of %v gave up after %v", limit, took)
	}
}

func optionsWait(t T, in *Instance) {
	limit := in.span(33*time.Second, time.Second)
	s := in.connect(t, &connector.Options{Wait: limit})
	start := time.Now()
	_, err := s.WaitFor(context.WithoutCancel(t.Context()), connector.Query{Subject: "never sent"})
	is(t, err, context.DeadlineExceeded, "the wait's error")
	if took := time.Since(start); took > limit+in.slack(10*time.Millisecond) || took < limit/2 {
		t.Errorf("with Options.Wait %v the wait took %v", limit, took)
	}
}

func cancelled(t T, in *Instance) {
	s := in.connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	after := in.span(7*time.Second, 400*time.Millisecond)
	later(after, cancel)
	start := time.Now()
	_, err := s.WaitFor(ctx, connector.Query{Subject: "never sent"})
	is(t, err, context.Canceled, "the wait's error")
	if took := time.Since(start); took > after+in.slack(10*time.Millisecond) {
		t.Errorf("the wait ended %v after it was cancelled", took-after)
	}
	in.finds(t, s, in.send("the session lives on").query())
}

func connectCancelled(t T, in *Instance) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := connector.Connect(ctx, in.Server, nil)
	must(t, err, "connect")
	in.sessions = append(in.sessions, s)
	cancel()
	m := in.finds(t, s, in.send("still connected").query())
	in.finds(t, begin(t, s, connector.Scope{}), in.send("still beginning").query())
	body, err := m.Raw(t.Context())
	must(t, err, "open the mail's bytes")
	must(t, body.Close(), "close them")
}

func reportLists(t T, in *Instance) {
	s := in.connect(t, nil)
	for _, subject := range []string{"Your order 1", "Your invoice 2", "Hello 3"} {
		in.send(subject)
	}
	report := in.findsNone(t, s, connector.Query{Subject: "Your invoice 3", From: sender})
	same(t, len(report.Arrivals), 3, "the number of arrivals in the report")
	for _, miss := range report.Arrivals {
		if len(miss.Reasons) != 1 || miss.Reasons[0].Criterion != "Subject" || !strings.Contains(report.Error(), miss.Subject) {
			t.Errorf("%q must be listed with the one reason that its subject fails: %v", miss.Subject, miss.Reasons)
		}
	}
	if !strings.Contains(report.Cause, "Your") || !strings.Contains(report.Cause, "Subject") {
		t.Errorf("the likeliest cause must name a near mail and its reason: %s", report.Cause)
	}
	report = in.findsNone(t, begin(t, s, connector.Scope{}), connector.Query{Subject: "Your"})
	same(t, len(report.Arrivals), 0, "the number of arrivals after a later mark")
}

func where(t T, in *Instance) {
	s := in.connect(t, nil)
	in.send("one")
	two := in.letterWith("two", "Content-Type: text/plain\r\n", "the right body\r\n")
	in.Deliver(two.raw)
	right := connector.Query{Where: func(m *connector.Message) error {
		if !strings.Contains(m.Text, "right body") {
			return errors.New("not the right body")
		}
		return nil
	}}
	same(t, in.finds(t, s, right).MessageID, two.id, "Message-ID")
	report := in.findsNone(t, s, right)
	if len(report.Arrivals) != 1 || len(report.Arrivals[0].Reasons) != 1 || report.Arrivals[0].Reasons[0].Got != "not the right body" {
		t.Errorf("the report must have the function's own reason: %v", report)
	}
}

func headOnly(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letterWith("only the head", "Content-Type: text/plain\r\n", strings.Repeat("body text\r\n", 1000))
	in.Deliver(l.raw)
	q := l.query()
	q.HeadOnly = true
	m := in.finds(t, s, q)
	same(t, m.Subject, l.subject, "subject")
	if strings.Contains(m.Text, "body text") && m.Depth == connector.DepthHead {
		t.Errorf("the message says that only its head was read, and has a text")
	}
	full := in.finds(t, begin(t, s, connector.Scope{Mark: s.Mark()}), l.query())
	if !strings.Contains(full.Text, "body text") {
		t.Errorf("another session must still get the text; it got %q", full.Text)
	}
}

func ownCopy(t T, in *Instance) {
	s := in.connect(t, nil)
	a, b := begin(t, s, connector.Scope{}), begin(t, s, connector.Scope{})
	l := in.send("mine")
	m := in.finds(t, a, l.query())
	m.Subject, m.From[0].Addr, m.To[0].Addr, m.Header[0].Value, m.Folders[0] = "yours", "x", "x", "x", "x"
	m = in.finds(t, b, l.query())
	same(t, m.Subject, l.subject, "subject")
	same(t, m.From[0].Addr, sender, "sender")
	same(t, m.To[0].Addr, in.Server.Mailbox(), "recipient")
	same(t, m.Folders[0], connector.Inbox, "folder")
}
