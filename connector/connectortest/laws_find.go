package connectortest

import (
	"fmt"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// findLaws are about searching the whole mailbox.
func findLaws() []Law {
	return []Law{
		{Name: "find-is-newest-first-over-pages", Needs: canPlace, Run: findOrder,
			Why: "\"the latest ten\" are the latest ten, also in a mailbox of thousands, whatever order and pages the service has"},
		{Name: "find-sees-the-whole-mailbox", Needs: canFile, Run: findAll,
			Why: "a find knows no mark; it looks into the inbox, or into the folder that it was asked for, or everywhere"},
		{Name: "find-gives-nothing-away", Run: findGives,
			Why: "looking around must not take a mail from a wait, nor give the right to change it"},
		{Name: "find-survives-obstacles", Needs: func(in *Instance) bool { return in.Throttle != nil }, Run: findThrottled,
			Why: "a search that is throttled goes on where it was, and lists no mail twice"},
	}
}

// sometime is a time of receipt for a mail whose time does not matter.
func (in *Instance) sometime() time.Time { return time.Now().Add(-20 * time.Minute) }

func findOrder(t T, in *Instance) {
	const n = 130
	start := time.Now().Truncate(time.Second).Add(-6 * time.Hour)
	var want []string
	for i := range n {
		l := in.letter(fmt.Sprintf("number %d", (i*37)%n))
		in.Place(l.raw, connector.Inbox, start.Add(time.Duration((i*37)%n)*time.Minute))
		want = append(want, fmt.Sprintf("number %d", n-1-i))
	}
	s := in.connect(t, nil)
	for _, limit := range []int{0, 1, 10, 70, n, n + 1} {
		ms, err := s.Find(t.Context(), connector.Query{Subject: "number"}, limit)
		must(t, err, "find")
		wanted := want
		if limit > 0 {
			wanted = want[:min(limit, n)]
		}
		got := make([]string, len(ms))
		for i, m := range ms {
			got[i] = m.Subject
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("find with limit %d: %d mails, %v, and must be %d, %v", limit, len(got), got, len(wanted), wanted)
		}
	}
	_, err := s.Find(t.Context(), connector.Query{Subject: "number"}, -1)
	is(t, err, connector.ErrConfig, "a negative limit")
}

func findAll(t T, in *Instance) {
	for _, f := range []connector.Folder{connector.Inbox, connector.Junk, connector.Archive, connector.Sent} {
		in.Place(in.letter("in "+string(f)).raw, f, in.sometime())
	}
	s := in.connect(t, nil)
	for folder, want := range map[connector.Folder]int{"": 1, connector.Inbox: 1, connector.Junk: 1, connector.Archive: 1,
		connector.Sent: 1, connector.Trash: 0, connector.Anywhere: 4} {
		ms, err := s.Find(t.Context(), connector.Query{From: sender, Folder: folder}, 0)
		must(t, err, "find")
		same(t, len(ms), want, fmt.Sprintf("the number of mails found in %q", folder))
		for _, m := range ms {
			if len(m.Folders) != 1 || m.Subject != "in "+string(m.Folders[0]) {
				t.Errorf("%q is said to lie in %v", m.Subject, m.Folders)
			}
		}
	}
}

func findGives(t T, in *Instance) {
	s := in.connect(t, nil)
	l := in.send("only looked at")
	ms, err := s.Find(t.Context(), l.query(), 0)
	must(t, err, "find")
	same(t, subjects(ms), l.subject, "what was found")
	for what, err := range map[string]error{
		"trashing": s.Trash(t.Context(), ms[0]),
		"marking":  s.SetRead(t.Context(), ms[0], true),
		"moving":   s.Move(t.Context(), ms[0], connector.Archive),
	} {
		if !cannot(err) {
			is(t, err, connector.ErrRefused, what+" a mail that no wait gave")
		}
	}
	in.finds(t, s, l.query())
}

func findThrottled(t T, in *Instance) {
	s := in.connect(t, nil)
	for i := range 12 {
		in.send(fmt.Sprint("hindered ", i))
	}
	in.Throttle(3, time.Second)
	ms, err := s.Find(t.Context(), connector.Query{Body: "hindered"}, 0)
	must(t, err, "find")
	seen := map[string]bool{}
	for _, m := range ms {
		seen[m.MessageID] = true
	}
	same(t, len(ms), 12, "the number of mails")
	same(t, len(seen), 12, "the number of different mails")
}
