// Package retryafter reads how long a service asks to wait: from the Retry-After field in each of
// its forms, and from the texts in which services put a time where the field belongs.
package retryafter

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// most bounds what is believed: a service that asks for more is misread.
const most = 24 * time.Hour

// Header reads the Retry-After field (RFC 9110 §10.2.3): whole seconds, seconds with a fraction as
// some services send them, or an HTTP date, which is compared with the answer's own Date and only
// without one with the local clock. It is 0 where nothing useful is said.
func Header(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return seconds(s)
	}
	if t, err := http.ParseTime(v); err == nil {
		return bound(t.Sub(Now(h)))
	}
	return 0
}

// Now is the service's clock: the Date of an answer, else the local one.
func Now(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return time.Now()
}

var instant = regexp.MustCompile(`(?i)retry after:?\s+(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))`)

// Text reads "Retry after 2026-09-11T20:00:00.000Z", as Gmail writes it into the text of a 403,
// against the service's clock. It is 0 where the text has no such time, or one that is past.
func Text(text string, now time.Time) time.Duration {
	m := instant.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(m[1]))
	if err != nil {
		return 0
	}
	return bound(t.Sub(now))
}

// seconds converts, without trusting the number.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	if s > most.Seconds() {
		return most
	}
	return time.Duration(s * float64(time.Second))
}

func bound(d time.Duration) time.Duration { return min(max(d, 0), most) }
