package connector

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Session is a view of one mailbox from a mark on. It is safe for concurrent use. Sessions begun
// from one another share the connection and everything that is read; each has its own mark and its
// own account of what it was given.
type Session struct {
	feed   *feed
	set    *settings
	parent *Session
	scope  Scope
	mark   Mark
	extra  []*arrival        // what the scope reaches back to, before the feed's log
	past   map[*arrival]bool // of these, what only Since makes new

	mu     sync.Mutex
	given  map[*arrival]bool // by the waits of this session
	reach  map[*arrival]bool // by its own waits and those of sessions begun from it
	closed bool
	claims string // who this session is to other processes; empty until it claims
}

// Scope says what is new for a session that begins; the zero value is what comes from now on.
type Scope struct {
	// Name is shown in logs and reports: the test's name.
	Name string
	// Mark is where to begin; zero is now. A mark of another mailbox is [ErrConfig].
	Mark Mark
	// Since also counts mails received since then, by the service's clock; zero is none.
	Since time.Time
}

func newSession(f *feed, set *settings, parent *Session, m Mark) *Session {
	return &Session{feed: f, set: set, parent: parent, mark: m, given: map[*arrival]bool{}, reach: map[*arrival]bool{}}
}

// Mailbox returns the address. No request is made.
func (s *Session) Mailbox() string { return s.feed.mailbox }

// Mark returns the place from which on mail is new for this session. No request is made.
func (s *Session) Mark() Mark { return s.mark }

// Name returns the name of the session's scope.
func (s *Session) Name() string { return s.scope.Name }

// Cleanup reports whether Options.Cleanup is set.
func (s *Session) Cleanup() bool { return s.set.Cleanup }

// Begin returns an independent view over the same connection, with a mark of its own: one per
// test. It makes one look, which sessions that begin at the same time share; mail that the look
// found came before the mark.
func (s *Session) Begin(ctx context.Context, sc Scope) (*Session, error) {
	if err := s.usable("begin"); err != nil {
		return nil, err
	}
	if !sc.Mark.IsZero() && normAddr(sc.Mark.mailbox) != normAddr(s.Mailbox()) {
		return nil, configError("begin", s.Mailbox(), "Scope.Mark is of the mailbox "+sc.Mark.mailbox, "begin on a session of that mailbox")
	}
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	now, err := s.feed.here(ctx, s.root())
	if err != nil {
		return nil, err
	}
	b := newSession(s.feed, s.set, s, now)
	b.scope = sc
	if !sc.Mark.IsZero() {
		b.mark = sc.Mark
		if sc.Mark.feed != s.feed || !s.feed.reaches(s.root(), sc.Mark.index) {
			b.mark.feed, b.mark.index = s.feed, now.index
			b.extra, err = s.feed.after(ctx, sc.Mark.cursor)
		}
	}
	if err == nil && !sc.Since.IsZero() {
		var more []*arrival
		more, err = s.feed.since(ctx, sc.Since)
		b.reachBack(more)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// reachBack adds what came before the mark to what may be new, by its time.
func (s *Session) reachBack(as []*arrival) {
	s.past = map[*arrival]bool{}
	for _, a := range as {
		s.past[a] = true
	}
	for _, a := range s.extra {
		delete(s.past, a)
	}
	s.extra = append(s.extra, as...)
}

// Close releases the session; it deletes nothing and trashes nothing. The session that Connect
// made also ends every session begun from it, with [ErrClosed] for what still waits. Closing again
// does nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.parent != nil {
		return nil
	}
	return s.feed.leaveAll(s)
}

// root is the session that Connect made.
func (s *Session) root() *Session {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// usable is ErrClosed after Close.
func (s *Session) usable(op string) error {
	for p := s; p != nil; p = p.parent {
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if closed {
			return &Error{Op: op, Mailbox: s.Mailbox(), Kind: ErrClosed, Remedy: "connect, or begin, anew"}
		}
	}
	return nil
}

// extend lets the session and those it began from act on the mail.
func (s *Session) extend(a *arrival) {
	for p := s; p != nil; p = p.parent {
		p.mu.Lock()
		p.reach[a] = true
		p.mu.Unlock()
	}
}

// had reports whether the session was given the mail.
func (s *Session) had(a *arrival) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given[a]
}

// here makes a look and returns the place after it.
func (f *feed) here(ctx context.Context, root *Session) (Mark, error) {
	w := &waiter{root: root, from: -1, asked: time.Now()}
	w.end, _ = ctx.Deadline()
	if err := f.join(w); err != nil {
		return Mark{}, err
	}
	defer f.leave(w)
	for {
		f.mu.Lock()
		served, err, obstacle := w.served, w.err, f.seen.obstacle
		m := Mark{mailbox: f.mailbox, cursor: w.cursor, index: w.at, feed: f}
		f.mu.Unlock()
		if served {
			return m, nil
		}
		if err != nil {
			return Mark{}, err
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return Mark{}, &Error{Op: "begin", Mailbox: f.mailbox, Kind: kindOf(obstacle), Err: errors.Join(context.Cause(ctx), obstacle)}
		}
	}
}

// kindOf returns the kind of an obstacle, or that the service did not answer in time.
func kindOf(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ErrUnavailable
}

// after lists what came after a cursor that is not the feed's own.
func (f *feed) after(ctx context.Context, c Cursor) ([]*arrival, error) {
	var out []*arrival
	err := f.try(ctx, func(ctx context.Context) error {
		envs, next, err := f.arrivals(ctx, c, false)
		if next.Token != "" {
			c = next
		}
		out = append(out, f.register(envs)...)
		return err
	})
	return out, err
}

// since lists the watched mails received since a time.
func (f *feed) since(ctx context.Context, t time.Time) ([]*arrival, error) {
	var envs []Envelope
	err := f.try(ctx, func(ctx context.Context) error {
		envs = nil
		for e, err := range f.backend.Search(ctx, Query{Everything: true, Folder: Anywhere, Since: t}) {
			if err != nil {
				return err
			}
			if e.Folders == nil || watches(f.watch, e.Folders) {
				envs = append(envs, e)
			}
		}
		return nil
	})
	return f.register(envs), err
}

// logs reports whether the mail came, or changed folder, from a place of the log on.
func (f *feed) logs(a *arrival, from int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return a.logged && a.line >= from
}

// register makes mails known without writing them into the log.
func (f *feed) register(envs []Envelope) []*arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []*arrival
	for _, e := range envs {
		a, _ := f.identify(e)
		out = append(out, a)
	}
	return out
}
