package connectortest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// kept is a mailbox whose sessions share a feed, with a count of what is read from it.
type kept struct {
	t      *testing.T
	box    *mailstore.Mailbox
	server memory.Server
}

func newKept(t *testing.T) kept {
	store := mailstore.New()
	return kept{t, store.Add(connectortest.Address), memory.Server{Store: store, Address: connectortest.Address, Account: t.Name(),
		Faults: &memory.Faults{}, BareEnvelopes: true}}
}

func (k kept) connect() *connector.Session {
	s, err := connector.Connect(k.t.Context(), k.server, nil)
	require.NoError(k.t, err)
	return s
}

// deliver brings mails whose text is of a size.
func (k kept) deliver(from, to, size int) {
	for n := from; n <= to; n++ {
		k.box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@example.com>\r\n\r\nThe body of %[2]s.\r\n%[4]s",
			connectortest.Address, subjectOf(n), n, strings.Repeat(strings.Repeat("x", 70)+"\r\n", size/72)), mailstore.Delivery{})
	}
}

// wait is given mails by their text, one after the other, and tells how many of them were read for it.
func (k kept) wait(s *connector.Session, from, to int) int {
	before := k.server.Faults.Calls("fetch")
	for n := from; n <= to; n++ {
		m, err := s.WaitFor(k.t.Context(), byBody(n))
		require.NoError(k.t, err)
		require.Equal(k.t, fmt.Sprintf("%d@example.com", n), m.MessageID)
		require.Contains(k.t, m.Text, "The body of "+subjectOf(n))
	}
	return k.server.Faults.Calls("fetch") - before
}

// again is given five mails from an old mark on.
func (k kept) again(on *connector.Session, old connector.Mark) (*connector.Session, int) {
	test, err := on.Begin(k.t.Context(), connector.Scope{Mark: old})
	require.NoError(k.t, err)
	return test, k.wait(test, 1, 5)
}

// What came before the oldest mark in use is not kept: when the last session that needed it has ended, it is read anew
// for who asks for it by the old mark. It stays known, and is not new when it changes.
func TestWhatNoMarkReachesIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		first := k.connect()
		old := first.Mark()
		k.deliver(1, 5, 1000)
		require.GreaterOrEqual(t, k.wait(first, 1, 5), 5)
		second := k.connect()
		_, reads := k.again(second, old)
		require.Zero(t, reads, "the log has them, for both")
		third := k.connect()
		require.NoError(t, first.Close())
		_, reads = k.again(third, old)
		require.Zero(t, reads, "a test of the second reaches back to them")
		require.NoError(t, second.Close())
		fourth := k.connect()
		require.NoError(t, third.Close())
		test, reads := k.again(fourth, old)
		require.GreaterOrEqual(t, reads, 5, "they were dropped, and are found again")
		for _, m := range k.box.List(mailstore.Inbox) {
			_, err := k.box.Update(m.Key, func(m *mailstore.Message) { m.Seen = true })
			require.NoError(t, err)
		}
		require.NoError(t, test.ExpectNone(t.Context(), connector.Query{Everything: true}, 0))
		require.NoError(t, fourth.ExpectNone(t.Context(), connector.Query{Everything: true}, 0))
		k.deliver(6, 6, 1000)
		require.Positive(t, k.wait(test, 6, 6))
		require.Zero(t, k.wait(fourth, 6, 6))
		require.NoError(t, fourth.Close())
	})
}

// A wait that ends with its session reports what came, though nobody else needs that any more.
func TestAClosedWaitReportsWhatCame(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			k := newKept(t)
			session := k.connect()
			k.deliver(1, 1, 10)
			done := make(chan error)
			go func() {
				_, err := session.WaitFor(t.Context(), byBody(2))
				done <- err
			}()
			time.Sleep(time.Minute)
			if shared {
				defer k.connect().Close()
			}
			require.NoError(t, session.Close())
			report := &connector.WaitError{}
			require.ErrorAs(t, <-done, &report)
			require.ErrorIs(t, report, connector.ErrClosed)
			require.Len(t, report.Arrivals, 1)
			require.Equal(t, subjectOf(1), report.Arrivals[0].Subject)
		})
	}
}

// The texts that are kept have a bound: the oldest make room, and are read anew for who asks.
func TestTextsHaveABound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		session := k.connect()
		defer func() { require.NoError(t, session.Close()) }()
		const mails = 30
		k.deliver(1, mails, 1<<20) // thrice of each is kept, and 64 MiB in all
		require.GreaterOrEqual(t, k.wait(session, 1, mails), mails)
		again, err := session.Begin(t.Context(), connector.Scope{Mark: session.Mark()})
		require.NoError(t, err)
		require.Zero(t, k.wait(again, mails-9, mails), "the latest are kept")
		require.Equal(t, 5, k.wait(again, 1, 5), "the oldest are not")
	})
}
