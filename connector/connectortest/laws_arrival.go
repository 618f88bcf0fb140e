package connectortest

import (
	"context"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// arrivalLaws are about which mail a wait is given.
func arrivalLaws() []Law {
	return []Law{
		{Name: "late-mail-is-found", Run: lateMail,
			Why: "a product takes its time: mail that comes while a test waits must end the wait, soon after it came"},
		{Name: "mail-between-mark-and-wait-is-found", Run: between,
			Why: "a fast product sends before the test begins to wait: what came after the mark is new, whenever the wait begins"},
		{Name: "mail-before-the-mark-is-not-new", Run: beforeMark,
			Why: "mail of yesterday's run must not turn today's test green"},
		{Name: "mail-of-the-test-before-is-not-new", Run: testBefore,
			Why: "tests share a mailbox: what came for one test, read or not, must not be given to the next"},
		{Name: "mail-is-given-once-per-session", Run: givenOnce,
			Why: "a test that waits twice means two mails"},
		{Name: "sessions-do-not-disturb-each-other", Run: undisturbed,
			Why: "each test has its own account of what it was given; parallel tests must not take mails from each other"},
		{Name: "concurrent-waits-never-share-a-mail", Run: concurrentWaits,
			Why: "waits that run at the same time on one session are given different mails"},
		{Name: "many-waiters-each-get-their-mail", Run: manyWaiters,
			Why: "parallel tests on one mailbox wait for different mails at the same time"},
		{Name: "many-mails-in-one-look", Run: manyMails,
			Why: "a batch job sends a thousand mails at once: listings have pages, and none may be lost between them"},
		{Name: "a-touched-mail-is-not-new-again", Needs: func(in *Instance) bool { return in.Touch != nil }, Run: touched,
			Why: "somebody who reads or flags a mail makes the service report it again; it is still the same mail"},
		{Name: "a-deleted-mail-is-not-found", Needs: canDelete, Run: deleted,
			Why: "mail that was deleted before the wait is no obstacle for the others"},
		{Name: "a-mail-gone-before-fetch-is-no-error", Needs: func(in *Instance) bool { return in.Vanish != nil }, Run: vanished,
			Why: "another program deletes mail that we were just told of; the wait goes on for the others"},
	}
}

func lateMail(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.letter("late")
	gap := in.span(45*time.Second, 700*time.Millisecond)
	var came time.Time
	later(gap, func() { came = time.Now(); in.Deliver(l.raw) })
	m := in.finds(t, s, l.query())
	same(t, m.MessageID, l.id, "Message-ID")
	if lag := time.Since(came); lag > in.slack(20*time.Second) {
		t.Errorf("the mail was found %v after it came", lag)
	}
}

func between(t T, in *Instance) {
	s := in.connect(t, nil)
	test := begin(t, s, connector.Scope{})
	l := in.send("early bird")
	pass(t, in.span(90*time.Second, 300*time.Millisecond))
	same(t, in.finds(t, test, l.query()).Subject, l.subject, "subject")
	same(t, in.finds(t, s, l.query()).Subject, l.subject, "subject in the session of Connect")
}

func beforeMark(t T, in *Instance) {
	old := in.send("yesterday's news")
	s := in.connect(t, nil)
	in.findsNone(t, s, old.query())
	fresh := in.send("today's news")
	same(t, in.finds(t, s, connector.Query{Subject: "news"}).MessageID, fresh.id, "Message-ID")
}

func testBefore(t T, in *Instance) {
	s := in.connect(t, nil)
	first := begin(t, s, connector.Scope{Name: "first"})
	read, unread := in.send("code 1"), in.send("code 2")
	in.finds(t, first, read.query())
	second := begin(t, s, connector.Scope{Name: "second"})
	in.findsNone(t, second, connector.Query{Subject: "code"})
	in.finds(t, first, unread.query())
	third := in.send("code 3")
	same(t, in.finds(t, second, connector.Query{Subject: "code"}).MessageID, third.id, "Message-ID")
}

func givenOnce(t T, in *Instance) {
	s := in.connect(t, nil)
	in.deliver("twin", "twin")
	q := connector.Query{Subject: "twin"}
	one, two := in.finds(t, s, q), in.finds(t, s, q)
	if one.MessageID == two.MessageID {
		t.Errorf("the mail %s was given twice", one.MessageID)
	}
	in.findsNone(t, s, q)
	in.findsNone(t, s, connector.Query{MessageID: one.MessageID})
}

func undisturbed(t T, in *Instance) {
	s := in.connect(t, nil)
	a, b := begin(t, s, connector.Scope{Name: "a"}), begin(t, s, connector.Scope{Name: "b"})
	foreign := in.connect(t, nil)
	l := in.send("for all")
	for _, each := range []*connector.Session{a, b, foreign, s} {
		same(t, in.finds(t, each, l.query()).MessageID, l.id, "Message-ID")
		in.findsNone(t, each, l.query())
	}
}

func concurrentWaits(t T, in *Instance) {
	const n = 8
	s := in.connect(t, nil)
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			m := in.finds(t, s, connector.Query{Subject: "one of many"})
			mu.Lock()
			defer mu.Unlock()
			got[m.MessageID]++
		})
	}
	for range n {
		in.send("one of many")
		pass(t, in.span(3*time.Second, 100*time.Millisecond))
	}
	wg.Wait()
	same(t, len(got), n, "the number of different mails")
}

func manyWaiters(t T, in *Instance) {
	const n = 24
	s := in.connect(t, nil)
	var letters []letter
	for range n {
		letters = append(letters, in.letter("for one of them"))
	}
	var wg sync.WaitGroup
	for _, l := range letters {
		wg.Go(func() {
			test, err := s.Begin(t.Context(), connector.Scope{})
			if err != nil {
				t.Errorf("begin: %v", err)
				return
			}
			in.Deliver(l.raw)
			same(t, in.finds(t, test, l.query()).MessageID, l.id, "Message-ID")
		})
	}
	wg.Wait()
}

func manyMails(t T, in *Instance) {
	n := 1000
	if !in.virtual {
		n = 250
	}
	s := in.connect(t, nil)
	for range n {
		in.send("batch")
	}
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	ms, err := s.WaitForN(ctx, connector.Query{Subject: "batch", HeadOnly: true}, n)
	must(t, err, "wait")
	seen := map[string]bool{}
	for _, m := range ms {
		seen[m.MessageID] = true
	}
	same(t, len(seen), n, "the number of different mails")
}

func touched(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("touched")
	in.finds(t, s, l.query())
	old := in.send("also touched")
	test := begin(t, s, connector.Scope{})
	for range 3 {
		in.Touch(l.id)
		in.Touch(old.id)
	}
	in.findsNone(t, s, l.query())
	in.findsNone(t, test, connector.Query{Subject: "touched"})
}

func deleted(t T, in *Instance) {
	s := in.connect(t, nil)
	gone, stays := in.send("fleeting"), in.send("lasting")
	in.Delete(gone.id)
	in.findsNone(t, s, gone.query())
	in.finds(t, s, stays.query())
}

func vanished(t T, in *Instance) {
	s := in.connect(t, nil)
	in.Vanish(1)
	gone := in.send("gone in a moment")
	in.findsNone(t, s, gone.query())
	in.finds(t, s, in.send("here to stay").query())
}
