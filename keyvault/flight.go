package keyvault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// flight is one read that its askers share. It ends by itself, or when the last asker
// has left. All fields but done belong to the cache's lock until done is closed.
type flight struct {
	refused Secret // the value that made it necessary, zero = none
	askers  int
	cancel  context.CancelFunc
	done    chan struct{}
	secret  Secret
	err     error
	last    error // what the vault last said while the flight goes on
}

// board joins the flight under way or starts one. The lock is held.
func (c *Cache) board(ctx context.Context, name string, e *entry, refused string) *flight {
	if e.flight == nil {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		e.flight = &flight{refused: NewSecret(refused), cancel: cancel, done: make(chan struct{})}
		go c.fly(ctx, name, e, e.flight)
	}
	e.flight.askers++
	return e.flight
}

// fly reads and lands.
func (c *Cache) fly(ctx context.Context, name string, e *entry, f *flight) {
	s, err := Secret{}, errors.New("keyvault: the vault ended the goroutine that asked it")
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		f.secret, f.err = s, err
		if e.flight == f {
			e.flight = nil
			e.learn(s, err, f.refused.Reveal(), c.o)
		}
		f.cancel()
		close(f.done)
	}()
	s, err = c.read(ctx, name, f)
}

// wait gives the flight's outcome, or leaves it when ctx is done.
func (c *Cache) wait(ctx context.Context, name string, e *entry, f *flight) (Secret, error) {
	select {
	case <-f.done:
		return f.secret, f.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.askers--; f.askers == 0 {
		f.cancel()
		if e.flight == f { // whoever comes now must not share a cancelled read
			e.flight = nil
		}
	}
	return Secret{}, interrupted(name, ctx.Err(), f.last)
}

// read asks the vault, again and again while it is unavailable, in the rhythm of the gate.
func (c *Cache) read(ctx context.Context, name string, f *flight) (Secret, error) {
	end := time.Now().Add(c.o.Patience)
	for {
		if err := c.turn(ctx, name, f, end); err != nil {
			return Secret{}, err
		}
		s, err := c.ask(ctx, name, f)
		if !errors.Is(err, ErrUnavailable) || ctx.Err() != nil || c.o.Patience < 0 {
			return s, err
		}
	}
}

// ask is one request. Its slot is taken; the slot and the gate learn of the outcome.
func (c *Cache) ask(ctx context.Context, name string, f *flight) (s Secret, err error) {
	began := time.Now()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.slots.free()
		switch {
		case errors.Is(err, ErrUnavailable):
			f.last = err
			c.gate.failed(began, time.Now(), err)
		case ctx.Err() == nil:
			c.gate = gate{}
		}
	}()
	return c.vault.Secret(ctx, name)
}

// turn waits for a free slot behind an open gate and takes it, unless the gate stays
// closed beyond the end of the patience.
func (c *Cache) turn(ctx context.Context, name string, f *flight, end time.Time) error {
	for {
		if err := c.slots.take(ctx, &c.mu); err != nil {
			return err
		}
		c.mu.Lock()
		now := time.Now()
		pause := c.gate.enter(now)
		if pause == 0 || c.o.Patience < 0 {
			c.mu.Unlock()
			return nil
		}
		c.slots.free()
		if f.last == nil {
			f.last = &Error{Path: name, Kind: ErrUnavailable, Err: c.gate.err, RetryAfter: pause}
		}
		last := f.last
		c.mu.Unlock()
		if now.Add(pause).After(end) {
			return last
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interrupted is what a caller gets whose context ended first: that, and what the vault last said.
func interrupted(name string, ended, last error) error {
	if last != nil {
		return fmt.Errorf("keyvault: %s: no answer in time: %w; the vault's last word: %w", name, ended, last)
	}
	return fmt.Errorf("keyvault: %s: no answer in time: %w", name, ended)
}
