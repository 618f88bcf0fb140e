package connectortest

import (
	"context"
	"fmt"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// claimLaws are about mail that is for one wait alone.
func claimLaws() []Law {
	return []Law{
		{Name: "claimed-mail-is-given-to-one-process", Run: claimedApart,
			Why: "CI machines share a mailbox: two of them that are given the same mail both report what only one of them caused"},
		{Name: "of-two-that-claim-the-same-mails-one-gets-them-all", Run: claimedTogether,
			Why: "two processes that want the same two mails and reserve one each both fail, though there was enough for one"},
		{Name: "what-a-failed-claim-reserved-is-still-there", Run: claimedInPart,
			Why: "a wait that got one of two has reserved it for nobody if its own next wait is not given it"},
		{Name: "claimed-mail-is-given-to-one", Run: claimed,
			Why: "parallel tests that ask for any mail of a kind must not get the same one"},
	}
}

// claimedApart lets sessions that know nothing of each other race, as those of several processes do.
func claimedApart(t T, in *Instance) {
	const n = 4
	got, subjects := make(chan string, n), make([]string, n)
	for i := range n {
		s := in.connect(t, nil)
		if can := s.Capabilities(); can.Claim != connector.ReachEveryone || can.Shared {
			return
		}
		subjects[i] = "any of these"
		go func() {
			id := ""
			defer func() { got <- id }()
			id = in.finds(t, s, connector.Query{Subject: "any of these", Claim: true}).MessageID
		}()
	}
	in.deliver(subjects...)
	seen := map[string]bool{}
	for range n {
		seen[<-got] = true
	}
	same(t, len(seen), n, "the number of different mails that were claimed")
}

func claimed(t T, in *Instance) {
	s := in.connect(t, nil)
	const n = 4
	q := connector.Query{Subject: "any of these", Claim: true}
	got := make(chan string, n)
	for range n {
		test := begin(t, s, connector.Scope{})
		go func() {
			id := ""
			defer func() { got <- id }()
			id = in.finds(t, test, q).MessageID
		}()
	}
	bystander := begin(t, s, connector.Scope{})
	letters := in.deliver("any of these", "any of these", "any of these", "any of these")
	seen := map[string]bool{}
	for range n {
		seen[<-got] = true
	}
	same(t, len(seen), n, "the number of different mails that were claimed")
	in.finds(t, bystander, letters[0].query())
	in.findsNone(t, bystander, q)
}

// apart connects as another process does; false if the two share a reader, or a claim does not reach so far.
func (in *Instance) apart(t T) (*connector.Session, bool) {
	t.Helper()
	s := in.connect(t, nil)
	can := s.Capabilities()
	return s, can.Claim == connector.ReachEveryone && !can.Shared
}

// claimedTogether lets two processes want the same two mails, one of them a little later.
func claimedTogether(t T, in *Instance) {
	a, ok := in.apart(t)
	b, _ := in.apart(t)
	if !ok {
		return
	}
	if in.virtual && in.Delay != nil {
		in.Delay(100 * time.Millisecond) // so that they meet
	}
	for late := range in.span(8, 1) {
		subject := fmt.Sprint("pair ", int(late))
		got := make(chan int, 2)
		for i, s := range []*connector.Session{a, b} {
			go func() {
				pass(t, late*time.Duration(i)*40*time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), in.moment())
				defer cancel()
				ms, _ := s.WaitForN(ctx, connector.Query{Subject: subject, Claim: true}, 2)
				got <- len(ms)
			}()
		}
		pass(t, in.span(3*time.Second, 100*time.Millisecond))
		in.deliver(subject, subject)
		same(t, <-got+<-got, 2, "the number of mails that were given")
	}
}

// claimedInPart lets another process be first with one of two mails, and then another test of this process ask.
func claimedInPart(t T, in *Instance) {
	s, ok := in.apart(t)
	other, _ := in.apart(t)
	if !ok {
		return
	}
	first := in.send("part")
	pass(t, in.span(2*time.Second, 1100*time.Millisecond))
	taken := in.send("part").query()
	taken.Claim = true
	in.finds(t, other, taken)
	q := connector.Query{Subject: "part", Claim: true}
	ctx, cancel := context.WithTimeout(t.Context(), in.moment())
	defer cancel()
	if _, err := s.WaitForN(ctx, q, 2); err == nil {
		fatalf(t, "a mail that another process has claimed was given")
	}
	in.findsNone(t, begin(t, s, connector.Scope{Mark: s.Mark()}), q)
	same(t, in.finds(t, s, q).MessageID, first.id, "what the wait had reserved")
}
