package imap_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// latencies measures from delivery to the returned mail, at a round trip of 50 ms.
func latencies(t *testing.T, q connector.Query, n int) []time.Duration {
	t.Helper()
	var out []time.Duration
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		w.fake.Delay(50 * time.Millisecond)
		for i := range n {
			came := make(chan time.Time, 1)
			time.AfterFunc(3*time.Second+time.Duration(i*37)*time.Millisecond, func() {
				came <- time.Now()
				w.box.Deliver([]byte("Subject: code\r\nMessage-ID: <"+fmt.Sprint(i)+"@x>\r\n\r\n4711\r\n"), mailstore.Delivery{})
			})
			_, err := s.WaitFor(t.Context(), q)
			require.NoError(t, err)
			out = append(out, time.Since(<-came))
		}
	})
	slices.Sort(out)
	return out
}

// IDLE tells at once: a mail that its header decides takes half a round trip and one look, one that its
// body decides a round trip more.
func TestIdleLatency(t *testing.T) {
	const trip = 50 * time.Millisecond
	head := latencies(t, connector.Query{Subject: "code", HeadOnly: true}, 40)
	body := latencies(t, connector.Query{Body: "4711"}, 40)
	t.Logf("from delivery to returned mail, p50: head %v = %.2f round trips, body %v = %.2f", head[20], float64(head[20])/float64(trip),
		body[20], float64(body[20])/float64(trip))
	assert.LessOrEqual(t, head[20], trip*155/100)
	assert.LessOrEqual(t, body[20], trip*26/10)
}

// Connections that fall silent, IDLE and all, delay a report by 15 seconds at most.
func TestHalfOpenConnections(t *testing.T) {
	const n = 1000
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		came := make(chan time.Duration, n)
		for i := range n {
			s, err := connector.Connect(t.Context(), w.server(), nil)
			require.NoError(t, err)
			defer s.Close()
			go func() {
				_, err := s.WaitFor(t.Context(), connector.Query{Subject: "after the silence"})
				assert.NoError(t, err, i)
				came <- time.Duration(time.Now().UnixNano())
			}()
		}
		time.Sleep(5 * time.Second)
		require.GreaterOrEqual(t, w.fake.Connections(), 2*n)
		w.fake.Freeze()
		w.box.Deliver([]byte("Subject: after the silence\r\n\r\n"), mailstore.Delivery{})
		start := time.Duration(time.Now().UnixNano())
		worst := time.Duration(0)
		for range n {
			worst = max(worst, <-came-start)
		}
		t.Logf("%d half-open mailboxes, the last report after %v", n, worst)
		assert.LessOrEqual(t, worst, 15*time.Second)
	})
}

// A mail that comes after another one went is told of at once, too: the folder has as many as before.
func TestIdleTellsAfterAnExpunge(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(w *world, _ *imap.Server) {
		w.box.Deliver([]byte("Subject: old\r\n\r\n"), mailstore.Delivery{})
		w.box.Deliver([]byte("Subject: old\r\n\r\n"), mailstore.Delivery{})
	}, func(t *testing.T, w *world, s *connector.Session) {
		for i, between := range []time.Duration{0, 100 * time.Millisecond} {
			came := make(chan time.Time, 1)
			time.AfterFunc(3*time.Second, func() {
				require.NoError(t, w.box.Delete(w.box.Above(mailstore.Inbox, 0)[0].Key))
				time.Sleep(between)
				came <- time.Now()
				w.box.Deliver(fmt.Appendf(nil, "Subject: %d\r\n\r\n", i), mailstore.Delivery{})
			})
			_, err := s.WaitFor(t.Context(), connector.Query{Subject: fmt.Sprint(i), HeadOnly: true})
			require.NoError(t, err)
			assert.Less(t, time.Since(<-came), 100*time.Millisecond)
		}
	})
}
