package gmail_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// retries are the forms in which Google, or a proxy before it, asks to wait: in the header, and in the text of the error.
// Where nothing useful is said the back-off alone counts.
var retries = []struct {
	name   string
	header func(now time.Time) string
	text   func(now time.Time) string
	wait   time.Duration
}{
	{"seconds", says("20"), says(""), 20 * time.Second},
	{"minutes in seconds", says("150"), says(""), 150 * time.Second},
	{"a fraction", says("2.5"), says(""), 2500 * time.Millisecond},
	{"zero", says("0"), says(""), 250 * time.Millisecond},
	{"absent", says(""), says(""), 250 * time.Millisecond},
	{"no number", says("soon"), says(""), 250 * time.Millisecond},
	{"a date", at(20*time.Second, http.TimeFormat), says(""), 20 * time.Second},
	{"a date that is past", at(-time.Hour, http.TimeFormat), says(""), 250 * time.Millisecond},
	{"Gmail's text", says(""), at(20*time.Second, "User-rate limit exceeded.  Retry after 2006-01-02T15:04:05.000Z"), 20 * time.Second},
	{"Gmail's text with its kind", says(""), at(40*time.Second, "User-rate limit exceeded.  Retry after 2006-01-02T15:04:05.000Z (Mail reading)"), 40 * time.Second},
	{"a text that is past", says(""), at(-time.Hour, "User-rate limit exceeded.  Retry after 2006-01-02T15:04:05.000Z"), 250 * time.Millisecond},
}

func says(s string) func(time.Time) string { return func(time.Time) string { return s } }

func at(d time.Duration, form string) func(time.Time) string {
	return func(now time.Time) string { return now.Add(d).UTC().Format(form) }
}

// Whatever the form in which the service asks to wait, also by a clock that is an hour off, nothing is asked before that
// instant; the mail is found after it.
func TestRetryAfter(t *testing.T) {
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusForbidden, http.StatusServiceUnavailable} {
			for _, r := range retries {
				t.Run(fmt.Sprint(status, " ", r.name, " ", skew), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, nil)
						s, err := connector.Connect(t.Context(), w.server(), nil)
						require.NoError(t, err)
						defer s.Close()
						now := time.Now().UTC().Add(skew) // the service's clock
						h := http.Header{"Date": {now.Format(http.TimeFormat)}, "Content-Type": {"application/json"}}
						if v := r.header(now); v != "" {
							h.Set("Retry-After", v)
						}
						message := r.text(now)
						if message == "" {
							message = "Rate Limit Exceeded"
						}
						w.fake.Faults.Push(fakehttp.Fault{Kind: "history", Status: status, Header: h, Body: fmt.Sprintf(
							`{"error":{"code":%d,"message":%q,"errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded","message":%q}]}}`, status, message, message)})
						w.deliver("wanted", time.Time{})
						began := len(w.fake.Counter.Log())
						ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
						defer cancel()
						_, err = s.WaitFor(ctx, connector.Query{Subject: "wanted"})
						require.NoError(t, err)
						assertHeld(t, w.fake.Counter.Log()[began:], status, r.wait)
					})
				})
			}
		}
	}
}

// assertHeld looks for a request within the time after the refusal.
func assertHeld(t *testing.T, log []fakehttp.Entry, status int, wait time.Duration) {
	t.Helper()
	var refused time.Time
	after := 0
	for _, e := range log {
		switch {
		case refused.IsZero() && e.Status == status:
			refused = e.Time
		case !refused.IsZero():
			after++
			assert.GreaterOrEqual(t, e.Time.Sub(refused), wait, "%s %s", e.Kind, e.Query)
		}
	}
	assert.False(t, refused.IsZero(), "the fault was not met")
	assert.NotZero(t, after, "nothing was asked again")
}

// A wait that cannot succeed before its horizon fails at once, and says until when the service wants to be left alone.
func TestRetryAfterTheHorizon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		w.fake.Faults.Push(fakehttp.Fault{Kind: "history", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"120"}}})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = s.WaitFor(ctx, connector.Query{Subject: "wanted"})
		require.ErrorIs(t, err, connector.ErrThrottled)
		report, ok := err.(*connector.WaitError) //nolint:errorlint // the error itself is the report
		require.True(t, ok)
		assert.Equal(t, connector.CauseThrottled, report.Class)
		assert.Less(t, time.Since(began), 10*time.Second, "two minutes are longer than the wait")
		assert.Contains(t, err.Error(), "2m")
	})
}
