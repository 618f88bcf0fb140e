package retryafter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

const date = "Fri, 11 Sep 2026 19:59:30 GMT"

func TestHeader(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"":                              0,
		"12":                            12 * time.Second,
		" 7 ":                           7 * time.Second,
		"1.5":                           1500 * time.Millisecond,
		"0":                             0,
		"-3":                            0,
		"NaN":                           0,
		"1e300":                         24 * time.Hour,
		"soon":                          0,
		"Fri, 11 Sep 2026 20:00:00 GMT": 30 * time.Second,
		"Fri, 11 Sep 2026 19:00:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		assert.Equal(t, want, retryafter.Header(h), "%q", value)
	}
	assert.Zero(t, retryafter.Header(nil))
}

func TestText(t *testing.T) {
	t.Parallel()
	now := retryafter.Now(http.Header{"Date": {date}})
	for text, want := range map[string]time.Duration{
		"User-rate limit exceeded.  Retry after 2026-09-11T20:00:00.000Z": 30 * time.Second,
		"retry after 2026-09-11T22:00:00+02:00 (Mail sending)":            30 * time.Second,
		"Retry after 2026-09-11T19:00:00Z":                                0,
		"Retry after 2026-99-11T19:00:00Z":                                0,
		"Retry after lunch":                                               0,
		"":                                                                0,
	} {
		assert.Equal(t, want, retryafter.Text(text, now), "%q", text)
	}
}

// The local clock decides only where the service shows none.
func TestNowWithoutDate(t *testing.T) {
	t.Parallel()
	assert.WithinDuration(t, time.Now(), retryafter.Now(http.Header{}), time.Minute)
}

func FuzzHeader(f *testing.F) {
	for _, v := range []string{"1", "1.5", "-1", "NaN", "Inf", date, "9999999999999999999"} {
		f.Add(v, v)
	}
	f.Fuzz(func(t *testing.T, value, at string) {
		d := retryafter.Header(http.Header{"Retry-After": {value}, "Date": {at}})
		if d < 0 || d > 24*time.Hour {
			t.Errorf("Retry-After %q with Date %q is %v", value, at, d)
		}
		if d := retryafter.Text("Retry after "+value, time.Unix(0, 0)); d < 0 || d > 24*time.Hour {
			t.Errorf("text %q is %v", value, d)
		}
	})
}
