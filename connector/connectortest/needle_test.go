package connectortest_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
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

// haystacks are the services of which one mail among many is wanted, and how many requests that takes at most.
var haystacks = map[string]struct {
	service  func(testing.TB) service
	requests int
}{"graph": {graphService, 2}, "gmail": {gmailService, 2}, "imap": {imapService, 8}}

// imapService is a mailbox of a server that encrypts nothing, so that its bytes can be counted.
func imapService(tb testing.TB) service {
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	fake, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{connectortest.Address: "secret"}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = fake.Close() })
	fake.Delay(trip)
	heard := &atomic.Int64{}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := fake.DialContext(ctx, network, address)
		return hearing{c, heard}, err
	}
	return service{store: store, box: box,
		server: imap.Server{Host: "localhost", Security: imap.Plain, Address: connectortest.Address, Password: connector.Literal("secret"), Dial: dial},
		meter:  func() needle { return needle{fake.Requests(), int(heard.Load())} }}
}

// hearing is a connection that counts what the server says.
type hearing struct {
	net.Conn
	bytes *atomic.Int64
}

// Read implements [io.Reader].
func (h hearing) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.bytes.Add(int64(n))
	return n, err
}

// spent is what the service's clients cost so far.
func (s service) spent() needle {
	if s.meter != nil {
		return s.meter()
	}
	total := s.front.Counter.Total()
	return needle{total.Requests, int(total.Sent)}
}

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
		before := s.spent()
		m, err := look()
		require.NoError(t, err)
		require.NotEmpty(t, m.Subject)
		cost := s.spent()
		cost = needle{cost.requests - before.requests, cost.bytes - before.bytes}
		t.Logf("%d mails, way %d: %d requests, %d bytes", size, n, cost.requests, cost.bytes)
		worst = needle{max(worst.requests, cost.requests), max(worst.bytes, cost.bytes)}
	}
	return worst
}

// BenchmarkNeedle is one mail among a thousand, and among a hundred thousand.
func BenchmarkNeedle(b *testing.B) {
	for _, name := range []string{"graph", "gmail", "imap"} {
		for _, size := range []int{1000, 100_000} {
			b.Run(fmt.Sprint(name, "/", size), func(b *testing.B) {
				for b.Loop() {
					var n needle
					inBubble(b, func(t *testing.T) { n = haystacks[name].service(t).needles(t, size) })
					b.ReportMetric(float64(n.requests), "requests")
					b.ReportMetric(float64(n.bytes), "bytes")
				}
			})
		}
	}
}

func TestNeedle(t *testing.T) {
	t.Parallel()
	for name, of := range haystacks {
		t.Run(name, func(t *testing.T) {
			var small, large needle
			synctest.Test(t, func(t *testing.T) { small = of.service(t).needles(t, 1000) })
			synctest.Test(t, func(t *testing.T) { large = of.service(t).needles(t, 100_000) })
			require.LessOrEqual(t, large.requests, of.requests)
			require.LessOrEqual(t, large.bytes, 10_000)
			require.LessOrEqual(t, 10*large.requests, 11*small.requests, "the mailbox's size makes no difference")
			require.LessOrEqual(t, 10*large.bytes, 11*small.bytes, "the mailbox's size makes no difference")
		})
	}
}
