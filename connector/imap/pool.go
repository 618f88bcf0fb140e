package imap

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// connMax is how many connections one mailbox uses at a time, IDLE not counted. Servers allow from 10
// (Dovecot's default for a user and address) to 20.
const connMax = 6

// pool keeps connections that are signed in.
type pool struct {
	dial func(context.Context) (*conn, error)

	mu     sync.Mutex
	idle   []*conn
	busy   map[*conn]bool
	free   chan struct{} // a slot for each connection that may be used
	closed bool
	tasks  sync.WaitGroup
}

func newPool(dial func(context.Context) (*conn, error)) *pool {
	p := &pool{dial: dial, busy: map[*conn]bool{}, free: make(chan struct{}, connMax)}
	for range connMax {
		p.free <- struct{}{}
	}
	return p
}

// get gives a connection: one where the folder is open already, else any, else a new one.
func (p *pool) get(ctx context.Context, folder string) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := p.take(folder)
	if c != nil {
		return c, nil
	}
	c, err := p.dial(ctx)
	if err != nil {
		p.free <- struct{}{}
		return nil, err
	}
	if !p.add(c) {
		return nil, net.ErrClosed
	}
	return c, nil
}

// take finds an idle connection that still lives.
func (p *pool) take(folder string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(c *conn) bool {
		if !c.broken() {
			return false
		}
		c.shut()
		return true
	})
	if len(p.idle) == 0 {
		return nil
	}
	at := max(0, slices.IndexFunc(p.idle, func(c *conn) bool { return c.folder == folder }))
	c := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	p.busy[c] = true
	return c
}

// add makes a new connection known; false if the pool was closed meanwhile.
func (p *pool) add(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.shut()
		p.free <- struct{}{}
		return false
	}
	p.busy[c] = true
	return true
}

// put gives a connection back.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	delete(p.busy, c)
	keep := !c.broken() && !p.closed
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.shut()
	}
	p.free <- struct{}{}
}

// purge drops the idle connections: where one fell silent, they did as well.
func (p *pool) purge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.shut()
	}
	p.idle = nil
}

// close breaks all connections and waits until nothing uses them.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for c := range p.busy {
		c.kill()
	}
	p.mu.Unlock()
	p.purge()
	p.tasks.Wait()
}

// use runs a task that only reads. Where a connection that lay idle turns out to have ended meanwhile, the
// task is run on a new one.
func use[T any](ctx context.Context, p *pool, folder string, silence time.Duration, task func(*conn) (T, error)) (T, error) {
	v, stale, err := useOnce(ctx, p, folder, silence, task)
	for range connMax {
		if err == nil || !stale {
			break
		}
		v, stale, err = useOnce(ctx, p, folder, silence, task)
	}
	return v, err
}

// result is what a task returned.
type result[T any] struct {
	value T
	stale bool
	err   error
}

// useOnce runs a task on a connection. If the context ends first, the caller is let go at once and the
// task ends on its own: so the connection can be used again, and need not be made anew. stale says that
// the connection had lain idle, and broke before the server answered anything.
func useOnce[T any](ctx context.Context, p *pool, folder string, silence time.Duration, task func(*conn) (T, error)) (v T, stale bool, err error) {
	c, err := p.get(ctx, folder)
	if err != nil {
		return v, false, err
	}
	if !p.begin() {
		p.put(c)
		return v, false, net.ErrClosed
	}
	done := make(chan result[T], 1)
	go func() {
		defer p.tasks.Done()
		used := c.used
		c.used = true
		c.guard.begin(silence, budgetLook)
		v, err := task(c)
		err = c.guard.why(err)
		heard := c.guard.end()
		silent := c.guard.silent()
		r := result[T]{v, err != nil && used && !heard && !silent && !isRefusal(err), err}
		if ended(err) {
			c.kill()
		}
		if silent {
			p.purge()
		}
		p.put(c)
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.stale, r.err
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}

// ended reports whether an error means that the connection is of no more use: whatever the server did not
// say itself. go-imap tells of the end of a connection a little later.
func ended(err error) bool {
	_, own := errors.AsType[*connector.Error](err)
	return err != nil && !isRefusal(err) && !own
}

// begin counts a task, unless the pool is closed.
func (p *pool) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.tasks.Add(1)
	}
	return !p.closed
}
