package fakehttp

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
)

// Latency adds a round-trip time to each request, before the handler runs. The zero value adds
// none. It is safe for concurrent use.
type Latency struct{ d atomic.Int64 }

// Set changes the time for requests that come from now on; 0 ends it.
func (l *Latency) Set(d time.Duration) { l.d.Store(int64(d)) }

// Get is the time that is added.
func (l *Latency) Get() time.Duration { return time.Duration(l.d.Load()) }

// Wrap delays requests before they reach next. One whose client gives up meanwhile does not.
func (l *Latency) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !mishap.Pause(r.Context().Done(), l.Get()) {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}
