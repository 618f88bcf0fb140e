package fakesmtp

import (
	"slices"
	"sync"
)

// Stage is the point of a mail transaction at which a [Fault] happens.
type Stage int

// The stages.
const (
	AtMail    Stage = iota // the sender is named
	AtRcpt                 // a recipient is named
	AtData                 // the content comes; it is dropped
	AfterData              // the mail was taken and is delivered: a client that is told otherwise sends it twice
)

// Fault is a failure that a test wants.
type Fault struct {
	Stage    Stage
	Times    int    // how often; 0 is once, -1 is until Clear
	Code     int    // the reply, such as 421 or 554; default 451
	Enhanced string // its enhanced code (RFC 3463), such as "4.3.2"; default x.0.0
	Text     string // its text
	Drop     bool   // break the connection instead of a reply
}

// faults is a queue: each stage of a transaction takes the first fault for it.
type faults struct {
	mu    sync.Mutex
	queue []Fault
}

// Push adds faults at the end of the queue.
func (s *Server) Push(fs ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range fs {
		if f.Times == 0 {
			f.Times = 1
		}
		s.faults.queue = append(s.faults.queue, f)
	}
}

// Clear drops all faults.
func (s *Server) Clear() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = nil
}

func (q *faults) take(stage Stage) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.IndexFunc(q.queue, func(f Fault) bool { return f.Stage == stage })
	if at < 0 {
		return Fault{}, false
	}
	f := q.queue[at]
	if f.Times > 0 {
		q.queue[at].Times--
	}
	if f.Times == 1 {
		q.queue = slices.Delete(q.queue, at, at+1)
	}
	return f, true
}

// fail is what a test wants to happen at a stage.
func (x *session) fail(stage Stage) error {
	f, ok := x.server.faults.take(stage)
	if !ok {
		return nil
	}
	if f.Code == 0 {
		f.Code = 451
	}
	if f.Text == "" {
		f.Text = "failed as the test wants it"
	}
	if f.Drop {
		_ = x.conn.Conn().Close()
	}
	return reply(f.Code, f.Enhanced, f.Text)
}
