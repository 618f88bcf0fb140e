package testhelpers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// AssertAll fails the test unless every mail matches the query, and there is one at all. Those that
// do not are shown with what fails and by how little, and kept. What a query cannot say is asserted
// mail by mail, in a loop: a failure names its mail. Query.Folder means what it does in [AssertMail].
func AssertAll(t T, ms []*connector.Message, q connector.Query) bool {
	help(t)()
	matching, rest, ok := divide(t, ms, q)
	switch {
	case !ok:
		return false
	case len(ms) == 0:
		t.Errorf("there are no mails; wanted: %s", q)
		return false
	case len(rest) > 0:
		t.Errorf("%d of %d mails do not match: %s%s", len(rest), len(ms), q, list(t, rest))
	}
	return len(matching) == len(ms)
}

// RequireAll is AssertAll that ends the test if it does not hold.
func RequireAll(t T, ms []*connector.Message, q connector.Query) {
	help(t)()
	require(t, AssertAll(t, ms, q))
}

// AssertCount fails the test unless just so many of the mails match the query. Too many are shown;
// of too few, those that come nearest.
func AssertCount(t T, ms []*connector.Message, q connector.Query, want int) bool {
	help(t)()
	matching, rest, ok := divide(t, ms, q)
	switch {
	case !ok:
		return false
	case len(matching) > want:
		t.Errorf("%d of %d mails match, wanted %d: %s%s", len(matching), len(ms), want, q, list(t, matching))
	case len(matching) < want:
		t.Errorf("%d of %d mails match, wanted %d: %s\nnearest:%s", len(matching), len(ms), want, q, list(t, rest))
	}
	return len(matching) == want
}

// RequireCount is AssertCount that ends the test if it does not hold.
func RequireCount(t T, ms []*connector.Message, q connector.Query, want int) {
	help(t)()
	require(t, AssertCount(t, ms, q, want))
}

// AssertOne fails the test unless exactly one of the mails matches the query. It returns that one;
// nil if it fails.
func AssertOne(t T, ms []*connector.Message, q connector.Query) *connector.Message {
	help(t)()
	if !AssertCount(t, ms, q, 1) {
		return nil
	}
	matching, _, _ := divide(t, ms, q)
	return matching[0].mail
}

// RequireOne is AssertOne that ends the test if there is not exactly one.
func RequireOne(t T, ms []*connector.Message, q connector.Query) *connector.Message {
	help(t)()
	m := AssertOne(t, ms, q)
	require(t, m != nil)
	return m
}

// AssertOrder fails the test unless the mails that the queries name were received in their order, by
// the service's clock, other mails between them or not. Mails of the same second may stand in either
// order, since no service tells more.
func AssertOrder(t T, ms []*connector.Message, want ...connector.Query) bool {
	help(t)()
	for _, q := range want {
		if _, _, ok := divide(t, ms, q); !ok {
			return false
		}
	}
	sorted := slices.SortedStableFunc(slices.Values(ms), func(a, b *connector.Message) int { return a.Received.Compare(b.Received) })
	used := map[*connector.Message]bool{}
	var last *connector.Message
	for i, q := range want {
		at := slices.IndexFunc(sorted, func(m *connector.Message) bool {
			return !used[m] && q.Mismatch(m) == nil && (last == nil || !m.Received.Before(last.Received))
		})
		if at < 0 {
			t.Errorf("mail %d of %d is not there in this order: %s\nas received:%s", i+1, len(want), q, timeline(sorted, want))
			return false
		}
		last = sorted[at]
		used[last] = true
	}
	return true
}

// RequireOrder is AssertOrder that ends the test if it does not hold.
func RequireOrder(t T, ms []*connector.Message, want ...connector.Query) {
	help(t)()
	require(t, AssertOrder(t, ms, want...))
}

// compared is a mail with what of a query fails.
type compared struct {
	mail    *connector.Message
	reasons []connector.Reason
}

// divide parts the mails that match from those that do not, the nearest of these first; false if the
// question is wrong.
func divide(t T, ms []*connector.Message, q connector.Query) (matching, rest []compared, ok bool) {
	help(t)()
	if err := q.Check(); err != nil {
		t.Errorf("%v", err)
		return nil, nil, false
	}
	for i, m := range ms {
		if m == nil {
			t.Errorf("mail %d of %d is nil: check the error of the wait", i+1, len(ms))
			return nil, nil, false
		}
		if reasons := q.Mismatch(m); reasons == nil {
			matching = append(matching, compared{mail: m})
		} else {
			rest = append(rest, compared{m, reasons})
		}
	}
	slices.SortStableFunc(rest, func(a, b compared) int { return cmp.Compare(a.distance(), b.distance()) })
	return matching, rest, true
}

// distance is how far a mail is from the query: what fails by little counts half.
func (c compared) distance() int {
	n := 2 * len(c.reasons)
	for _, r := range c.reasons {
		if r.Near != "" && r.Near != "nothing like it" {
			n--
		}
	}
	return n
}

// maxListed is how many mails a failure lists and keeps.
const maxListed = 5

// list shows mails with what fails, and keeps them.
func list(t T, mails []compared) string {
	if len(mails) == 0 {
		return " nothing else came"
	}
	var b strings.Builder
	var notes []string
	for i, c := range mails {
		if i == maxListed {
			fmt.Fprintf(&b, "\n  and %d more", len(mails)-i)
			break
		}
		b.WriteString("\n  - " + nameOfMail(c.mail))
		for _, r := range c.reasons {
			b.WriteString("\n      " + r.String())
		}
		if note := keep(t, c.mail); !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return b.String() + "\n  mails: " + strings.Join(notes, "; ")
}

// timeline shows the mails by time, with the numbers of the queries that each matches.
func timeline(sorted []*connector.Message, want []connector.Query) string {
	var b strings.Builder
	for i, m := range sorted {
		if i == 4*maxListed {
			fmt.Fprintf(&b, "\n  and %d more", len(sorted)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s %s", m.Received.UTC().Format("2006-01-02 15:04:05"), quote(m.Subject))
		for n, q := range want {
			if q.Mismatch(m) == nil {
				fmt.Fprintf(&b, ", mail %d", n+1)
			}
		}
	}
	if len(sorted) == 0 {
		return " nothing"
	}
	return b.String()
}
