package fakehttp

import "net/http"

// Front is what stands between a door and a fake: counter, latency and faults, in this order. The
// zero value is ready for use; a fake embeds one, so that its tests have the methods at hand.
type Front struct {
	Counter Counter
	Latency Latency
	Faults  Faults
}

// Wrap puts the front before next. kind names the kind of a request, for [Fault.Kind] and the
// counts; nil is "" for all. It must not read the body.
func (f *Front) Wrap(next http.Handler, kind func(*http.Request) string) http.Handler {
	return f.Counter.Wrap(f.Latency.Wrap(f.Faults.Wrap(next, kind)), kind)
}
