package connector

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// maxTries is how often a mail that cannot be read is tried before it counts as broken, so that
// it does not hide the others.
const maxTries = 3

// maxHead bounds how much of a mail is read for its header.
const maxHead = 1 << 20

// readHeads reads the headers that a waiter needs, several at a time.
func (f *feed) readHeads(ctx context.Context) {
	var wg sync.WaitGroup
	for _, a := range f.unread() {
		wg.Go(func() { _, _, _ = f.attempt(ctx, a, DepthHead) })
	}
	wg.Wait()
}

// unread lists the arrivals whose header a waiter needs and nobody has read.
func (f *feed) unread() []*arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	from := len(f.entries)
	var need []*arrival
	for w := range f.waiters {
		if w.from >= 0 {
			from = min(from, w.from)
			need = append(need, w.extra...)
		}
	}
	for f.settled < len(f.entries) && f.entries[f.settled].settled() {
		f.settled++
	}
	told := map[*arrival]bool{}
	return slices.DeleteFunc(append(need, f.entries[max(from, f.settled):]...), func(a *arrival) bool {
		again := told[a]
		told[a] = true
		return again || a.settled()
	})
}

// load reads a mail at least as deep as wanted, once for all who ask. The view is nil if the mail
// is gone. The error is the context's, or what makes the mail unreadable.
func (f *feed) load(ctx context.Context, a *arrival, want Depth) (*view, error) {
	for {
		v, done, err := f.attempt(ctx, a, want)
		if done || err != nil {
			return v, err
		}
	}
}

// attempt is one try of load, after somebody else's that is under way. It is not done if the mail is
// still to be read: so a look tries each mail once, and one that cannot be had does not hold up the
// rest.
func (f *feed) attempt(ctx context.Context, a *arrival, want Depth) (v *view, done bool, err error) {
	f.mu.Lock()
	if v := a.at(want); v != nil || a.gone || a.broken != nil {
		f.mu.Unlock()
		return v, true, a.broken
	}
	if c := a.flight; c != nil {
		f.mu.Unlock()
		select {
		case <-c:
			return f.attempt(ctx, a, want)
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	c := make(chan struct{})
	a.flight = c
	id := a.id
	f.mu.Unlock()
	err = f.read(ctx, a, id, want)
	f.mu.Lock()
	a.flight = nil
	close(c)
	f.mu.Unlock()
	return nil, false, err
}

// read fetches a mail once and keeps what came. It returns an error only if trying again is not
// for now: the context ended, the gate stays closed for longer than it lasts, or a failure that ends the
// wait.
func (f *feed) read(ctx context.Context, a *arrival, id string, want Depth) error {
	release, err := f.gate.enter(ctx, f.able.limits.Fetch)
	if err != nil {
		return err // of the gate's own: it was met before
	}
	m, err := f.fetch(ctx, id, want)
	release()
	f.mu.Lock()
	defer f.mu.Unlock()
	a.hitch = nil
	switch {
	case err == nil:
		f.keep(a, m)
	case errors.Is(err, ErrNotFound) && a.id == id:
		a.gone = true
	case errors.Is(err, ErrNotFound): // moved meanwhile
	case passing(err) && ctx.Err() == nil:
		f.seen.obstacle, a.hitch = err, err
		if errors.Is(err, ErrThrottled) {
			f.seen.throttles++
		}
		f.pace.hold(f.gate.obstacle(err))
		f.failLate()
		f.rouse()
	case errors.Is(err, ErrUnexpected):
		if a.tries++; a.tries >= maxTries {
			a.broken = err
		}
	default:
		return err
	}
	return nil
}

// keep stores a read message in its arrival and wakes the waiters; the lock is held.
func (f *feed) keep(a *arrival, m *Message) {
	if m.Folders == nil {
		m.Folders = a.folders
	} else if !sameFolders(a.folders, m.Folders) && a.folders != nil {
		m.Folders = a.folders // what the look said is of the same moment or later
	}
	if m.Received.IsZero() {
		m.Received = a.received
	}
	if m.Size == 0 {
		m.Size = a.size
	}
	m.ID, m.from = a.id, a
	f.setHead(a, m)
	if m.Depth > DepthHead {
		a.text = a.head
		f.shelve(a)
	}
	f.wakeAll()
}

// setHead makes the header known; the lock is held.
func (f *feed) setHead(a *arrival, m *Message) {
	m.from = a
	if a.folders == nil {
		a.folders = m.Folders
	}
	if a.received.IsZero() {
		a.received = m.Received
	}
	a.head = newView(m)
	if p := fingerprint(m.MessageID, a.received, a.size); p != "" {
		f.known.print[p] = a
	}
}

// parseHead makes a message of an envelope that came with its header.
func (f *feed) parseHead(e Envelope) *Message {
	m := &Message{ID: e.ID, Folders: e.Folders, Received: e.Received, Size: e.Size, Depth: DepthHead}
	m.fill(mailparse.Head(e.Head, mailparse.Limits{}))
	f.connect(m)
	return m
}

// fetch reads and parses one mail; one request. The caller holds the gate.
func (f *feed) fetch(ctx context.Context, id string, want Depth) (*Message, error) {
	began := time.Now()
	m, err := f.parse(ctx, id, want)
	if err == nil {
		f.mu.Lock()
		f.seen.fetch = smoothed(f.seen.fetch, time.Since(began))
		f.mu.Unlock()
	}
	return m, err
}

// parse is fetch for a caller that holds the gate.
func (f *feed) parse(ctx context.Context, id string, want Depth) (*Message, error) {
	src, err := f.backend.Fetch(ctx, id, want)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	m := &Message{ID: id, Folders: src.Folders, Received: src.Received, Size: src.Size, Depth: src.Depth, Rebuilt: src.Rebuilt}
	f.connect(m)
	if src.Depth == DepthHead {
		raw, err := io.ReadAll(io.LimitReader(src, maxHead))
		if err != nil {
			return nil, f.broke(err)
		}
		m.fill(mailparse.Head(raw, mailparse.Limits{}))
		return m, nil
	}
	p, err := mailparse.Read(src, mailparse.Limits{})
	if err != nil {
		return nil, f.broke(err)
	}
	if m.Size == 0 && src.Depth == DepthWhole {
		m.Size = p.Size
	}
	m.fill(p)
	return m, nil
}

// broke makes a typed error of a source that broke off.
func (f *feed) broke(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Op: "read mail", Mailbox: f.mailbox, Kind: ErrUnavailable, Err: err}
}

// connect gives a message the means to fetch what is missing.
func (f *feed) connect(m *Message) {
	m.open = func(ctx context.Context, want Depth) (*Source, error) {
		var src *Source
		err := f.try(ctx, func(ctx context.Context) (err error) {
			src, err = f.backend.Fetch(ctx, f.idOf(m), want)
			return err
		})
		return src, err
	}
	if f.able.part == nil {
		return
	}
	m.part = func(ctx context.Context, part string) (io.ReadCloser, error) {
		var r io.ReadCloser
		err := f.try(ctx, func(ctx context.Context) (err error) {
			r, err = f.able.part.Part(ctx, f.idOf(m), part)
			return err
		})
		return r, err
	}
}

// idOf returns the mail's id as of now: the one it has after the session's own moves.
func (f *feed) idOf(m *Message) string {
	if m.from == nil {
		return m.ID
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return m.from.id
}

// try makes a request, again after each obstacle that waiting clears, until the context ends. It
// returns the last obstacle then.
func (f *feed) try(ctx context.Context, call func(context.Context) error) error {
	return f.retry(ctx, passing, call)
}

// retry is try with a choice of what is worth another attempt.
func (f *feed) retry(ctx context.Context, again func(error) bool, call func(context.Context) error) error {
	var last error
	for {
		release, err := f.gate.enter(ctx, f.able.limits.Fetch)
		if err != nil {
			return errors.Join(last, err)
		}
		began := time.Now()
		err = call(ctx)
		release()
		if err == nil {
			f.gate.clear(began)
			return nil
		}
		if !again(err) || ctx.Err() != nil {
			return err
		}
		last = err
		f.gate.obstacle(err)
		if !f.gate.spend() {
			return &Error{Op: "retry", Mailbox: f.mailbox, Kind: kindOf(err), Err: err, Remedy: "too many requests failed lately, and no more are repeated for now"}
		}
	}
}
