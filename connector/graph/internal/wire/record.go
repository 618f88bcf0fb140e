package wire

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// StatusError is an answer that is no success. As an error its text is status and host alone.
type StatusError struct {
	Status  int
	Host    string
	Header  http.Header
	Body    []byte // at most 64 KiB
	Foreign bool   // not the service's own answer: an HTML page, a redirect, no JSON where JSON was asked for
}

// Error names status and host.
func (f *StatusError) Error() string {
	what := http.StatusText(f.Status)
	if f.Foreign {
		what = "the answer is not the service's own (" + contentType(f.Header) + ")"
	}
	return fmt.Sprintf("%d from %s: %s", f.Status, f.Host, what)
}

// Date is the server's clock when it answered; zero if it did not say.
func (f *StatusError) Date() time.Time { return date(f.Header) }

func date(h http.Header) time.Time {
	t, _ := http.ParseTime(h.Get("Date")) // zero if there is none
	return t
}

// Record is what was seen on the wire during one call. It is safe for concurrent use.
type Record struct {
	mu       sync.Mutex
	requests int
	failure  *StatusError
	err      error
	date     time.Time
}

type recordKey struct{}

// Watch returns a context whose requests are written into the record, until another Watch.
func Watch(ctx context.Context) (context.Context, *Record) {
	r := &Record{}
	return context.WithValue(ctx, recordKey{}, r), r
}

func recordOf(ctx context.Context) *Record {
	r, _ := ctx.Value(recordKey{}).(*Record)
	return r
}

// Failure is the latest answer if it was none of success, else nil.
func (r *Record) Failure() *StatusError {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure
}

// Err is why the latest request got no whole answer, in the types of whoever failed: the layers above
// keep its text at best. It is nil if the request got one.
func (r *Record) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Fail notes on the record of a context why a request could not even be made.
func Fail(ctx context.Context, err error) { recordOf(ctx).lost(err) }

// Date is the server's clock in the first successful answer; zero if none was seen.
func (r *Record) Date() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.date
}

// Requests is how many requests were made.
func (r *Record) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// begin counts a request; the failure before it no longer matters.
func (r *Record) begin() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	r.failure, r.err = nil, nil
}

func (r *Record) lost(err error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil { // what follows from the first is no news
		r.err = err
	}
}

func (r *Record) failed(f *StatusError) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = f
}

func (r *Record) succeeded(h http.Header) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.date.IsZero() {
		r.date = date(h)
	}
}
