package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// deliver delivers a mail of a subject; zero is now.
func (w *world) deliver(subject string, received time.Time) mailstore.Message {
	return w.box.Deliver(fmt.Appendf(nil, "From: a@example.com\r\nTo: qa@example.com\r\nSubject: %s\r\nMessage-ID: <%d.%p@example.com>\r\n\r\nx\r\n",
		subject, len(w.box.List("")), w), mailstore.Delivery{Received: received})
}

// connect connects a session, which the test closes.
func (w *world) connect(t *testing.T, o *connector.Options) *connector.Session {
	t.Helper()
	s, err := connector.Connect(t.Context(), w.server(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// retryAfters are the forms in which services ask to wait. The back-off alone counts where nothing
// useful is said.
var retryAfters = []struct {
	name string
	form func(now time.Time) string
	wait time.Duration
}{
	{"seconds", says1("1"), time.Second},
	{"more seconds", says1("30"), 30 * time.Second},
	{"minutes in seconds", says1("150"), 150 * time.Second},
	{"a fraction", says1("0.249"), 249 * time.Millisecond},
	{"seconds and a fraction", says1("2.5"), 2500 * time.Millisecond},
	{"blanks around", says1("  7 "), 7 * time.Second},
	{"date of RFC 1123", func(t time.Time) string { return t.Add(20 * time.Second).Format(http.TimeFormat) }, 20 * time.Second},
	{"date of RFC 850", func(t time.Time) string { return t.Add(20 * time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT") }, 20 * time.Second},
	{"date of asctime", func(t time.Time) string { return t.Add(20 * time.Second).Format(time.ANSIC) }, 20 * time.Second},
	{"date that is past", func(t time.Time) string { return t.Add(-time.Hour).Format(http.TimeFormat) }, 250 * time.Millisecond},
	{"zero", says1("0"), 250 * time.Millisecond},
	{"less than zero", says1("-5"), 250 * time.Millisecond},
	{"nothing", says1(""), 250 * time.Millisecond},
	{"no number", says1("soon"), 250 * time.Millisecond},
}

func says1(s string) func(time.Time) string { return func(time.Time) string { return s } }

// Whatever the form in which the service asks to wait, nothing is asked before that instant: not by
// the wait, and not by what runs beside it. The mail is found after it.
func TestThrottling(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		for _, r := range retryAfters {
			t.Run(fmt.Sprint(status, " ", r.name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, nil)
					for i := range 60 { // more than a page of a search
						w.deliver(fmt.Sprint("old ", i), time.Now().Add(-time.Hour))
					}
					s := w.connect(t, nil)
					w.deliver("wanted", time.Time{})
					now := time.Now().UTC()
					f := fakehttp.Fault{Kind: "list", Status: status, Header: http.Header{"Date": {now.Format(http.TimeFormat)}}}
					if v := r.form(now); v != "" {
						f.Header.Set("Retry-After", v)
					}
					w.fake.Faults.Push(f)
					began := len(w.fake.Counter.Log())
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
					defer cancel()
					found := make(chan error, 2)
					go func() {
						_, err := s.WaitFor(ctx, connector.Query{Subject: "wanted"})
						found <- err
					}()
					go func() {
						_, err := s.Find(ctx, connector.Query{Subject: "old"}, 0)
						found <- err
					}()
					require.NoError(t, <-found)
					require.NoError(t, <-found)
					assertSilence(t, w.fake.Counter.Log()[began:], status, r.wait)
				})
			})
		}
	}
}

// assertSilence looks into the log for a request within the time after the refusal. Those that were
// under way beside it came at the same instant, which virtual time does not part.
func assertSilence(t *testing.T, log []fakehttp.Entry, status int, wait time.Duration) {
	t.Helper()
	var refused time.Time
	after := 0
	for _, e := range log {
		switch {
		case refused.IsZero() && e.Status == status:
			refused = e.Time
		case !refused.IsZero() && e.Time.After(refused):
			after++
			assert.GreaterOrEqual(t, e.Time.Sub(refused), wait, "%s %s", e.Kind, e.Query)
		}
	}
	assert.False(t, refused.IsZero(), "the fault was not met")
	assert.NotZero(t, after, "nothing was asked again")
}

// A page that follows within the same call is not asked for before the instant either, though it was
// another call that was told.
func TestHeldWithinOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for i := range 60 {
			w.deliver(fmt.Sprint("old ", i), time.Time{})
		}
		b := w.open(w.server())
		f := fakegraph.GraphError("list", "ApplicationThrottled")
		f.Header.Set("Retry-After", "10")
		n, asked := 0, 0
		var err error
		for _, err = range b.Search(t.Context(), connector.Query{Everything: true}) {
			if n++; n == 1 {
				w.fake.Faults.Push(f)
				require.ErrorIs(t, end(t.Context(), b), connector.ErrThrottled)
				asked = w.fake.Counter.Total().Requests
				time.Sleep(9 * time.Second)
			}
		}
		require.ErrorIs(t, err, connector.ErrThrottled)
		assert.Equal(t, asked, w.fake.Counter.Total().Requests)
		e, ok := errors.AsType[*connector.Error](err)
		require.True(t, ok)
		assert.Equal(t, time.Second, e.RetryAfter)
		require.NoError(t, search(t.Context(), b), "a call that begins now is the caller's own decision")
	})
}

// A throttle that outlasts the wait is what the report says.
func TestThrottledToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		f := fakegraph.GraphError("list", "ApplicationThrottled")
		f.Header.Set("Retry-After", "600")
		w.fake.Faults.Push(f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := s.WaitFor(ctx, connector.Query{Subject: "never"})
		require.ErrorIs(t, err, connector.ErrThrottled)
	})
}

// signInEvents happen to tokens and secrets while a test waits.
var signInEvents = []struct {
	name   string
	o      fakegraph.Options
	happen func(*world)
}{
	{name: "short lives", o: fakegraph.Options{TokenLife: 7 * time.Minute}, happen: func(*world) {}},
	{name: "long lives", o: fakegraph.Options{LongCAETokens: true}, happen: func(*world) {}},
	{name: "expiry", happen: func(w *world) { w.fake.ExpireTokens() }},
	{name: "rotation", happen: func(w *world) { w.revoke(true) }},
	{name: "CAE challenge", happen: func(w *world) { w.fake.RevokeTokens("") }},
	{name: "CAE challenge of every call", happen: func(w *world) { w.fake.Faults.Push(caeFault("list"), caeFault("value"), caeFault("delta")) }},
	{name: "rotation and CAE challenge", happen: func(w *world) { w.revoke(true); w.fake.RevokeTokens("") }},
	{name: "Entra down for a minute", happen: func(w *world) {
		w.fake.ExpireTokens()
		f := fakegraph.EntraError(90055)
		f.Times = 20
		w.fake.Faults.Push(f)
	}},
}

// Whatever happens to the token in the middle of a wait, no mail is lost and none is given twice.
func TestSignInDuringWaits(t *testing.T) {
	for _, e := range signInEvents {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, &e.o)
				s := w.connect(t, nil)
				const rounds = 3
				var events sync.WaitGroup
				defer events.Wait()
				events.Go(func() {
					for i := range rounds {
						time.Sleep(3 * time.Minute)
						w.deliver(fmt.Sprintf("before %d.", i), time.Time{})
						e.happen(w)
						w.deliver(fmt.Sprintf("after %d.", i), time.Time{})
						time.Sleep(2 * time.Minute)
					}
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				ms, err := s.WaitForN(ctx, connector.Query{Everything: true}, 2*rounds)
				require.NoError(t, err)
				got := map[string]int{}
				for _, m := range ms {
					got[m.Subject]++
				}
				assert.Len(t, got, 2*rounds)
				require.NoError(t, s.ExpectNone(ctx, connector.Query{Everything: true}, time.Minute))
				t.Logf("%d requests for tokens, %d reads of the secret", w.fake.Counter.Count("token"), w.reads.Load())
			})
		})
	}
}
