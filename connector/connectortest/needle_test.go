package connectortest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// haystack fills the mailbox with old mail, one a minute up to a day ago.
func (s service) haystack(size int) {
	yesterday := time.Now().Add(-24 * time.Hour)
	for n := range size {
		s.box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nTo: %s\r\nSubject: hay %d\r\nMessage-ID: <hay.%d@example.com>\r\n\r\nHay.\r\n", connectortest.Address, n, n),
			mailstore.Delivery{Received: yesterday.Add(-time.Duration(size-n) * time.Minute)})
	}
}

// needle is what it costs to get one mail out of many.
type needle struct{ requests, bytes int }

// needles measures, after Connect, a wait for a new mail by its Message-ID, one by its subject, and a search for an old
// mail by its Message-ID: the costliest of them.
func (s service) needles(t *testing.T, size int) (worst needle) {
	s.haystack(size)
	session, err := connector.Connect(t.Context(), s.server, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, session.Close()) }()
	time.Sleep(time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n, look := range []func() (*connector.Message, error){
		func() (*connector.Message, error) { s.deliver(0); return session.WaitFor(ctx, byID(0)) },
		func() (*connector.Message, error) {
			s.deliver(1)
			return session.WaitFor(ctx, connector.Query{Subject: subjectOf(1), HeadOnly: true})
		},
		func() (*connector.Message, error) {
			found, err := session.Find(ctx, connector.Query{MessageID: fmt.Sprintf("hay.%d@example.com", size/2), HeadOnly: true}, 1)
			if err == nil && len(found) != 1 {
				err = fmt.Errorf("%d mails were found", len(found))
			}
			if err != nil {
				return nil, err
			}
			return found[0], nil
		},
	} {
		s.front.Counter.Reset()
		m, err := look()
		require.NoError(t, err)
		require.NotEmpty(t, m.Subject)
		cost := s.front.Counter.Total()
		t.Logf("%d mails, way %d: %d requests, %d bytes", size, n, cost.Requests, cost.Sent)
		worst = needle{max(worst.requests, cost.Requests), max(worst.bytes, int(cost.Sent))}
	}
	return worst
}

// BenchmarkNeedle is one mail among a thousand, and among a hundred thousand.
func BenchmarkNeedle(b *testing.B) {
	for _, name := range []string{"graph", "gmail"} {
		for _, size := range []int{1000, 100_000} {
			b.Run(fmt.Sprint(name, "/", size), func(b *testing.B) {
				for b.Loop() {
					var n needle
					inBubble(b, func(t *testing.T) { n = clouds[name](t).needles(t, size) })
					b.ReportMetric(float64(n.requests), "requests")
					b.ReportMetric(float64(n.bytes), "bytes")
				}
			})
		}
	}
}

func TestNeedle(t *testing.T) {
	t.Parallel()
	for name := range clouds {
		t.Run(name, func(t *testing.T) {
			var small, large needle
			synctest.Test(t, func(t *testing.T) { small = clouds[name](t).needles(t, 1000) })
			synctest.Test(t, func(t *testing.T) { large = clouds[name](t).needles(t, 100_000) })
			require.LessOrEqual(t, large.requests, 2)
			require.LessOrEqual(t, large.bytes, 10_000)
			require.LessOrEqual(t, 10*large.requests, 11*small.requests, "the mailbox's size makes no difference")
			require.LessOrEqual(t, 10*large.bytes, 11*small.bytes, "the mailbox's size makes no difference")
		})
	}
}
