package fakehttp

import (
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
)

// Fault says how a request fails. What it says nothing about goes on as usual: a fault with only a
// Delay is a slow answer, an empty one does nothing but count.
type Fault struct {
	// Which requests: those of a kind ("" is every kind) that Match, if set, agrees to. Match must
	// not read the body.
	Kind  string
	Match func(*http.Request) bool
	// How many requests; 0 is one, -1 is all until Clear.
	Times int

	// What the client gets instead of the real answer, in the order in which they count:
	Hang   bool // nothing, until the request's context ends
	Reset  bool // a broken connection
	Status int  // an answer with this status, Header and Body
	Header http.Header
	Body   string
	// CutAfter lets the real answer through, and breaks the connection after so many bytes of its
	// body; -1 is right after the header. A shorter body is broken at its end.
	CutAfter int64

	// Delay passes before anything else happens, or until the request's context ends. (Go's server,
	// by HTTP/1.1, sees a client go only once the body was read: behind ListenPlain the delay of a
	// request with a body can outlast its client.)
	Delay time.Duration
	// AfterEffect runs the handler first and drops its answer: the act took effect, and the client
	// does not learn of it. With nothing else set the connection is then broken.
	AfterEffect bool
}

// Faults is a queue of faults: each request takes the first that fits it. The zero value is an empty
// one. It is safe for concurrent use.
type Faults struct{ queue mishap.Queue[Fault] }

// Push adds faults at the end of the queue.
func (f *Faults) Push(faults ...Fault) {
	for _, fault := range faults {
		f.queue.Push(fault, fault.Times)
	}
}

// Clear drops all faults. Requests that hang go on hanging.
func (f *Faults) Clear() { f.queue.Clear() }

// Pending is the number of faults in the queue that still wait for a request; one with several
// Times counts as one.
func (f *Faults) Pending() int { return f.queue.Len() }

// Wrap lets requests fail before they reach next. kind names the kind of a request; nil is "" for
// all.
func (f *Faults) Wrap(next http.Handler, kind func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault, ok := f.take(r, kindOf(r, kind)); ok {
			fault.serve(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// take removes the first fault that fits, or one of its times.
func (f *Faults) take(r *http.Request, kind string) (Fault, bool) {
	return f.queue.Take(func(fault Fault) bool {
		return (fault.Kind == "" || fault.Kind == kind) && (fault.Match == nil || fault.Match(r))
	})
}

func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !mishap.Pause(r.Context().Done(), f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if f.AfterEffect {
		next.ServeHTTP(&unheard{header: http.Header{}}, r)
	}
	switch {
	case f.Hang:
		_, _ = io.Copy(io.Discard, r.Body) // Go's server sees the client go only after the body
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.Reset:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		f.answer(w)
	case f.AfterEffect:
		panic(http.ErrAbortHandler)
	case f.CutAfter != 0:
		f.cut(w, r, next)
	default:
		next.ServeHTTP(w, r)
	}
}

func (f Fault) answer(w http.ResponseWriter) {
	for key, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(key)] = slices.Clone(values)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body) // a status without a body refuses it
}

func kindOf(r *http.Request, kind func(*http.Request) string) string {
	if kind == nil {
		return ""
	}
	return kind(r)
}
