package fakehttp

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// logLimit is how many entries a log keeps, at least.
const logLimit = 10_000

// Entry is one request in a log, written when its handler ended.
type Entry struct {
	Time     time.Time     // when it came
	Took     time.Duration // until the handler ended
	Kind     string
	Method   string
	Path     string // as it was escaped
	Query    string // raw
	Status   int    // 0: no answer was given
	Received int64  // bytes of the request's body that the handler read
	Sent     int64  // bytes of the answer's body
}

// Traffic sums up requests.
type Traffic struct {
	Requests int   // that came
	Received int64 // bytes of request bodies that handlers read
	Sent     int64 // bytes of answers' bodies
}

// Counter counts and logs requests by kind. The zero value is ready for use. It is safe for
// concurrent use; what a running request sent counts when its handler ended.
type Counter struct {
	mu       sync.Mutex
	kinds    map[string]Traffic
	log      []Entry
	inFlight int
	peak     int
}

// Wrap counts requests on their way to next. kind names the kind of a request; nil is "" for all.
func (c *Counter) Wrap(next http.Handler, kind func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := Entry{Time: time.Now(), Kind: kindOf(r, kind), Method: r.Method,
			Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
		in := &countedBody{ReadCloser: r.Body}
		out := &countedWriter{ResponseWriter: w}
		c.begin(e.Kind)
		defer func() {
			e.Took, e.Status = time.Since(e.Time), out.status
			e.Received, e.Sent = in.n.Load(), out.n
			c.end(e)
		}()
		r = r.WithContext(r.Context()) // a copy, whose body may be replaced
		r.Body = in
		next.ServeHTTP(out, r)
		out.done()
	})
}

func (c *Counter) begin(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(kind, Traffic{Requests: 1})
	c.inFlight++
	c.peak = max(c.peak, c.inFlight)
}

func (c *Counter) end(e Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	c.add(e.Kind, Traffic{Received: e.Received, Sent: e.Sent})
	c.log = append(c.log, e)
	if len(c.log) > 2*logLimit {
		c.log = slices.Clone(c.log[len(c.log)-logLimit:])
	}
}

func (c *Counter) add(kind string, t Traffic) {
	if c.kinds == nil {
		c.kinds = map[string]Traffic{}
	}
	sum := c.kinds[kind]
	c.kinds[kind] = sum.plus(t)
}

func (t Traffic) plus(u Traffic) Traffic {
	return Traffic{t.Requests + u.Requests, t.Received + u.Received, t.Sent + u.Sent}
}

// Count is how many requests of a kind came, those that still run and those that failed included.
func (c *Counter) Count(kind string) int { return c.Kinds()[kind].Requests }

// Total sums up all kinds.
func (c *Counter) Total() (sum Traffic) {
	for _, t := range c.Kinds() {
		sum = sum.plus(t)
	}
	return sum
}

// Kinds gives the figures of each kind that was seen; the map is the caller's own.
func (c *Counter) Kinds() map[string]Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.kinds)
}

// InFlight is how many requests run now: whose handler did not return yet.
func (c *Counter) InFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inFlight
}

// MaxInFlight is the greatest InFlight since the last Reset.
func (c *Counter) MaxInFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peak
}

// Log gives the requests in the order in which they ended: the latest 10,000 at least.
func (c *Counter) Log() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// Reset forgets all figures and the log. Requests that run go on counting as in flight.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kinds, c.log, c.peak = nil, nil, c.inFlight
}

type countedBody struct {
	io.ReadCloser
	n atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}

type countedWriter struct {
	http.ResponseWriter
	status int
	n      int64
}

func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countedWriter) Write(p []byte) (int, error) {
	w.done()
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// Flush sends what is there.
func (w *countedWriter) Flush() {
	w.done()
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// done settles the status that the server sends where the handler names none.
func (w *countedWriter) done() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}
