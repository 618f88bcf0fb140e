package fakegmail

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Failure is an answer of the service that a test can ask for.
type Failure struct {
	status int
	header http.Header
	body   string
}

func failure(e *apiError) Failure {
	b, err := json.Marshal(e.envelope())
	if err != nil {
		panic("fakegmail: an error that is no JSON: " + err.Error())
	}
	h := http.Header{}
	commonHeader(h)
	for name, values := range e.header {
		h[name] = values
	}
	return Failure{e.code, h, string(b)}
}

// BackendError is 500 "Internal error encountered.".
func BackendError() Failure {
	return failure(fail(http.StatusInternalServerError, "INTERNAL", "backendError", "Internal error encountered."))
}

// Unavailable is 503 "The service is currently unavailable.".
func Unavailable() Failure {
	return failure(fail(http.StatusServiceUnavailable, "UNAVAILABLE", "backendError",
		"The service is currently unavailable."))
}

// RateLimited is the answer to a user over quota until a time, which stands in the text only: 403
// rateLimitExceeded.
func RateLimited(until time.Time) Failure { return failure((&Fake{}).overQuota(until, "")) }

// QuotaExceeded is the answer of the console's quota, without any time: 403 rateLimitExceeded.
func QuotaExceeded() Failure {
	e := forbidden("rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per "+
		"minute per user' of service 'gmail.googleapis.com' for consumer 'project_number:123456789012'.")
	e.item.Domain = "usageLimits"
	e.details = []any{errorInfo("RATE_LIMIT_EXCEEDED", map[string]string{"service": gmailService,
		"quota_metric": "gmail.googleapis.com/queries", "quota_limit": "QueriesPerMinutePerUser"})}
	return failure(e)
}

// TooConcurrent is 429 "Too many concurrent requests for user".
func TooConcurrent() Failure { return failure(tooConcurrent()) }

// Unauthenticated is 401 "Invalid Credentials", as an expired token gets it.
func Unauthenticated() Failure { return failure(invalidCredentials()) }

// NotFound is 404 "Requested entity was not found.".
func NotFound() Failure { return failure(notFound()) }

// TokenFailure is an error of the token endpoint, in its own form.
func TokenFailure(status int, code, description string) Failure {
	body, _ := json.Marshal(&tokenError{Code: code, Description: description})
	return Failure{status, http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, string(body)}
}

// FailNext makes the next requests of a kind fail, so many of them; "" is any kind. It costs the
// user no quota.
func (f *Fake) FailNext(kind string, times int, what Failure) {
	f.Faults.Push(fakehttp.Fault{Kind: kind, Times: times, Status: what.status, Header: what.header, Body: what.body})
}

// Requests is how many requests of a kind came.
func (f *Fake) Requests(kind string) int { return f.Counter.Count(kind) }
