package keyvault

import (
	"context"
	"errors"
	"sync"
	"time"
)

// CacheOptions are the times of a Cache; zero fields are the defaults.
type CacheOptions struct {
	// TTL is how long a value is kept, 0 = 5 minutes, negative = not at all (readers at
	// the same time still share one read). A value that expires sooner is kept until
	// shortly before its end.
	TTL time.Duration
	// Hold is how long a no is believed without asking again, 0 = 10 seconds: not found,
	// refused, and "that refused value is still what the vault holds". Negative = not at all.
	Hold time.Duration
	// Patience is how long one read goes on against a vault that is unavailable, 0 = 1
	// minute; a caller's own context may end it sooner. Negative = one attempt and no
	// pauses, for what stands behind another cache.
	Patience time.Duration
}

func (o *CacheOptions) filled() CacheOptions {
	var f CacheOptions
	if o != nil {
		f = *o
	}
	fill := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	fill(&f.TTL, 5*time.Minute)
	fill(&f.Hold, 10*time.Second)
	fill(&f.Patience, time.Minute)
	return f
}

// Cache stands before a vault and makes it cheap to ask: values are kept for a stated
// time, callers who want the same secret at the same time share one read, a vault that
// is down is asked again with growing pauses whatever the number of callers, and a no
// is not asked for again at once.
//
// The pauses hold for the whole vault: 0, 1, 3, 7, 15, 31, 63 seconds after the first
// failure, then about one request a minute, or what the vault itself asked for; and no more than
// four reads are under way at once.
//
// A caller whose context ends leaves alone: the others get their answer. When the last
// one leaves, the read is cancelled. Nothing runs and nothing can be waited for while
// nobody asks, so that a Cache may be used in one synctest bubble after the other
// (not in two at the same time).
type Cache struct {
	vault   Provider
	o       CacheOptions
	mu      sync.Mutex
	entries map[string]*entry
	gate    gate
	slots   slots
}

// entry is what is known of one name. Its flight is the read under way.
type entry struct {
	flight *flight
	known  bool // secret or err is the last answer
	secret Secret
	err    error
	read   time.Time // when the answer came
	until  time.Time // the answer's end; not after read = no answer
	again  time.Time // when a re-read gave the refused value once more
}

// NewCache puts a cache before a vault; nil options are the defaults.
func NewCache(p Provider, o *CacheOptions) *Cache {
	return &Cache{vault: p, o: o.filled(), entries: map[string]*entry{}}
}

// cached gives p itself if it is a Cache, else a new one before it.
func cached(p Provider, o *CacheOptions) *Cache {
	if c, ok := p.(*Cache); ok && c != nil {
		return c
	}
	return NewCache(p, o)
}

// Secret gives the value of a name, from the cache if it is there.
func (c *Cache) Secret(ctx context.Context, name string) (Secret, error) {
	return c.Fresh(ctx, name, "")
}

// Fresh is Secret for a caller whose value was refused by the service that it is for:
// see From. Refused == "" is Secret itself.
func (c *Cache) Fresh(ctx context.Context, name, refused string) (Secret, error) {
	if _, err := ParseName("", name); err != nil {
		return Secret{}, err
	}
	if c.vault == nil {
		return Secret{}, noVault(name)
	}
	for {
		if err := ctx.Err(); err != nil {
			return Secret{}, interrupted(name, err, nil)
		}
		c.mu.Lock()
		e := c.entry(name)
		if s, err, ok := e.answer(time.Now(), refused, c.o.Hold); ok {
			c.mu.Unlock()
			return s, err
		}
		f := c.board(ctx, name, e, refused)
		c.mu.Unlock()
		s, err := c.wait(ctx, name, e, f)
		if err != nil || refused == "" || f.refused.Reveal() == refused || s.Reveal() != refused {
			return s, err
		}
	}
}

func noVault(name string) error {
	return &Error{Path: name, Kind: ErrConfig, Remedy: "no vault was given: pass a Provider, such as envvault.New(nil)"}
}

// Forget drops what is known of a name; "" drops everything.
func (c *Cache) Forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, e := range c.entries {
		if name == "" || n == name {
			e.known, e.flight = false, nil // a read under way may bring the old value: its askers get it, nobody else
		}
	}
}

// Write stores a value in the vault behind, if it is a Writer, and drops all that is
// known: a field written changes its whole too.
func (c *Cache) Write(ctx context.Context, name string, value Secret) error {
	w, ok := c.vault.(Writer)
	if !ok {
		return &Error{Path: name, Kind: errors.ErrUnsupported, Remedy: "this vault cannot be written to: use one that is a keyvault.Writer, such as filevault"}
	}
	err := w.Write(ctx, name, value)
	if err == nil {
		c.Forget("")
	}
	return err
}

func (c *Cache) entry(name string) *entry {
	e := c.entries[name]
	if e == nil {
		e = &entry{}
		c.entries[name] = e
	}
	return e
}

// answer gives what is known, if it still counts. A clock that went back, as between
// two bubbles, ends everything.
func (e *entry) answer(now time.Time, refused string, hold time.Duration) (Secret, error, bool) {
	if !e.known || now.Before(e.read) || !now.Before(e.until) {
		return Secret{}, nil, false
	}
	if e.err == nil && refused != "" && e.secret.Reveal() == refused {
		return e.secret, nil, !e.again.IsZero() && now.Before(e.again.Add(hold))
	}
	return e.secret, e.err, true
}

// learn keeps the outcome of a read that was made because a value was refused, or "".
func (e *entry) learn(s Secret, err error, refused string, o CacheOptions) {
	now := time.Now()
	*e = entry{flight: e.flight, known: true, secret: s, err: err, read: now}
	switch {
	case errors.Is(err, ErrRefused), errors.Is(err, ErrNotFound):
		e.until = now.Add(o.Hold)
	case err == nil:
		e.until = lifetime(now, s.Expires(), o.TTL)
		if refused != "" && s.Reveal() == refused {
			e.again = now
		}
	}
}

// lifetime is the end of a value in the cache: the TTL, or the last tenth of what the
// vault gives it, at most 30 seconds, before its expiry.
func lifetime(now, expires time.Time, ttl time.Duration) time.Time {
	until := now.Add(ttl)
	if expires.IsZero() {
		return until
	}
	left := expires.Sub(now)
	if end := expires.Add(-min(left/10, 30*time.Second)); end.Before(until) {
		return end
	}
	return until
}
