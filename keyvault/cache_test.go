package keyvault_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vault is a provider whose answers a test sets and whose requests it counts.
type vault struct {
	mu       sync.Mutex
	value    string
	expires  time.Time
	err      error
	delay    time.Duration
	requests int
}

func (v *vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	v.mu.Lock()
	v.requests++
	delay := v.delay
	v.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return keyvault.Secret{}, ctx.Err()
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return keyvault.NewSecret(v.value).With("", v.expires), v.err
}

func (v *vault) set(value string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.value, v.err = value, err
}

func (v *vault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests
}

func down(after time.Duration) error {
	return &keyvault.Error{Vault: "test", Kind: keyvault.ErrUnavailable, RetryAfter: after}
}

func refusal() error { return &keyvault.Error{Vault: "test", Kind: keyvault.ErrRefused} }

func TestCacheKeepsForItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "one"}
		c := keyvault.NewCache(v, &keyvault.CacheOptions{TTL: time.Minute})
		read := func() string {
			s, err := c.Secret(t.Context(), "x")
			require.NoError(t, err)
			return s.Reveal()
		}
		require.Equal(t, "one", read())
		v.set("two", nil)
		time.Sleep(time.Minute - time.Nanosecond)
		require.Equal(t, "one", read())
		time.Sleep(time.Nanosecond)
		require.Equal(t, "two", read())
		require.Equal(t, 2, v.count())
		c.Forget("x")
		read()
		require.Equal(t, 3, v.count())
	})
}

func TestCacheEndsBeforeTheValueDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "lease", expires: time.Now().Add(100 * time.Second)}
		c := keyvault.NewCache(v, nil)
		for range 3 {
			_, err := c.Secret(t.Context(), "x")
			require.NoError(t, err)
		}
		require.Equal(t, 1, v.count())
		time.Sleep(90 * time.Second)
		_, _ = c.Secret(t.Context(), "x")
		require.Equal(t, 2, v.count(), "the last tenth of a lease is not relied on")
		v.expires = time.Now().Add(-time.Second)
		c.Forget("")
		_, _ = c.Secret(t.Context(), "x")
		_, _ = c.Secret(t.Context(), "x")
		require.Equal(t, 4, v.count(), "an expired value is not kept")
	})
}

func TestOneReadForAll(t *testing.T) {
	t.Parallel()
	for _, ttl := range []time.Duration{0, -1} {
		synctest.Test(t, func(t *testing.T) {
			v := &vault{value: "one", delay: time.Second}
			c := keyvault.NewCache(v, &keyvault.CacheOptions{TTL: ttl})
			var all sync.WaitGroup
			var good atomic.Int32
			for range 1000 {
				all.Go(func() {
					if s, err := c.Secret(t.Context(), "x"); err == nil && s.Reveal() == "one" {
						good.Add(1)
					}
				})
			}
			all.Wait()
			require.EqualValues(t, 1000, good.Load())
			require.Equal(t, 1, v.count())
		})
	}
}

func TestOneAskerLeavesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "one", delay: time.Minute}
		c := keyvault.NewCache(v, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var others sync.WaitGroup
		var left error
		others.Go(func() { _, left = c.Secret(ctx, "x") }) // comes first, so that the read is made in its name
		synctest.Wait()
		others.Go(func() {
			s, err := c.Secret(t.Context(), "x")
			assert.NoError(t, err)
			assert.Equal(t, "one", s.Reveal())
		})
		begin := time.Now()
		others.Wait()
		require.ErrorIs(t, left, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begin))
		require.Equal(t, 1, v.count())
	})
}

func TestTheLastAskerCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the bubble fails if the read goes on
		v := &vault{value: "one", delay: time.Hour}
		c := keyvault.NewCache(v, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := c.Secret(ctx, "x")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(begin))
		v.delay = 0
		s, err := c.Secret(t.Context(), "x")
		require.NoError(t, err, "a cancelled read is shared with nobody")
		require.Equal(t, "one", s.Reveal())
		cancel()
		_, err = c.Secret(ctx, "x")
		require.Error(t, err, "a context that is done gets nothing, not even from the cache")
	})
}

func TestARefusedValueIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "old", delay: time.Millisecond}
		get := keyvault.From(keyvault.NewCache(v, nil), "x")
		value, err := get(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, "old", value)
		v.set("new", nil)
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond * 10)
				got, err := get(t.Context(), "old")
				assert.NoError(t, err)
				assert.Equal(t, "new", got)
			})
		}
		all.Wait()
		require.Equal(t, 2, v.count())
	})
}

func TestARefusedValueThatIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "old"}
		get := keyvault.From(v, "x")
		for range 100 {
			value, err := get(t.Context(), "old")
			require.NoError(t, err)
			require.Equal(t, "old", value, "the caller learns that there is no other")
			time.Sleep(50 * time.Millisecond)
		}
		require.Equal(t, 1, v.count())
		v.set("new", nil)
		time.Sleep(10 * time.Second)
		value, _ := get(t.Context(), "old")
		require.Equal(t, "new", value)
		value, _ = get(t.Context(), "")
		require.Equal(t, "new", value)
		require.Equal(t, 2, v.count())
	})
}

// A read that began before the refusal may bring the refused value: it does not count as the fresh one.
func TestARefusalDuringARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{value: "old", delay: time.Second}
		c := keyvault.NewCache(v, nil)
		var first sync.WaitGroup
		first.Go(func() { _, _ = c.Secret(t.Context(), "x") })
		synctest.Wait()
		_, err := c.Fresh(t.Context(), "x", "old")
		require.NoError(t, err)
		first.Wait()
		require.Equal(t, 2, v.count())
	})
}

func TestTenMinutesOfOutage(t *testing.T) {
	t.Parallel()
	for _, names := range []int{1, 40} {
		synctest.Test(t, func(t *testing.T) {
			v := &vault{err: down(0), delay: 10 * time.Millisecond}
			c := keyvault.NewCache(v, nil)
			end, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			var all sync.WaitGroup
			for i := range 200 {
				all.Go(func() {
					for end.Err() == nil {
						ctx, cancel := context.WithTimeout(end, time.Duration(1+i)*time.Second)
						_, err := c.Secret(ctx, fmt.Sprintf("x%d", i%names))
						assert.Error(t, err)
						cancel()
						time.Sleep(100 * time.Millisecond)
					}
				})
			}
			all.Wait()
			require.LessOrEqual(t, v.count(), 20)
			require.GreaterOrEqual(t, v.count(), 10, "it was asked again")
			v.set("back", nil)
			s, err := c.Secret(t.Context(), "x0")
			require.NoError(t, err, "the next request comes within the patience of a caller")
			require.Equal(t, "back", s.Reveal())
		})
	}
}

func TestAnOutageIsSatOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{err: down(0)}
		c := keyvault.NewCache(v, nil)
		go func() {
			time.Sleep(10 * time.Second)
			v.set("one", nil)
		}()
		s, err := c.Secret(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "one", s.Reveal())
		require.LessOrEqual(t, v.count(), 6)
	})
}

func TestPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{err: down(0)}
		begin := time.Now()
		_, err := keyvault.NewCache(v, nil).Secret(t.Context(), "x")
		require.ErrorIs(t, err, keyvault.ErrUnavailable)
		require.LessOrEqual(t, time.Since(begin), time.Minute)
		require.GreaterOrEqual(t, v.count(), 5)

		v = &vault{err: down(0)}
		c := keyvault.NewCache(v, &keyvault.CacheOptions{Patience: -1})
		begin = time.Now()
		for range 10 {
			_, err = c.Secret(t.Context(), "x")
			require.ErrorIs(t, err, keyvault.ErrUnavailable)
		}
		require.Zero(t, time.Since(begin))
		require.Equal(t, 10, v.count(), "no pauses: another cache makes them")
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{err: down(45 * time.Second)}
		c := keyvault.NewCache(v, nil)
		go func() { time.Sleep(time.Second); v.set("one", nil) }()
		begin := time.Now()
		_, err := c.Secret(t.Context(), "x")
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(begin), 45*time.Second)
		require.Equal(t, 2, v.count())
	})
}

func TestACutWaitNamesTheOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := keyvault.NewCache(&vault{err: down(0)}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Secret(ctx, "x")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, keyvault.ErrUnavailable)
		_, err = c.Secret(t.Context(), "x#")
		require.ErrorIs(t, err, keyvault.ErrConfig)
	})
}

func TestANoIsBelieved(t *testing.T) {
	t.Parallel()
	for _, kind := range []error{keyvault.ErrRefused, keyvault.ErrNotFound} {
		synctest.Test(t, func(t *testing.T) {
			v := &vault{err: &keyvault.Error{Kind: kind}}
			c := keyvault.NewCache(v, nil)
			for range 90 {
				_, err := c.Secret(t.Context(), "x")
				require.ErrorIs(t, err, kind)
				time.Sleep(time.Second)
			}
			require.Equal(t, 9, v.count())
		})
	}
}

func TestAVaultThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	c := keyvault.NewCache(keyvault.Func(func(context.Context, string) (keyvault.Secret, error) {
		t.SkipNow() // as runtime.Goexit, on a goroutine that is not the test's
		return keyvault.Secret{}, nil
	}), nil)
	_, err := c.Secret(t.Context(), "x")
	require.ErrorContains(t, err, "ended the goroutine")
}

func TestCacheWrite(t *testing.T) {
	t.Parallel()
	v := &vault{value: "one"}
	err := keyvault.NewCache(v, nil).Write(t.Context(), "x", keyvault.NewSecret("two"))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	w := &writable{vault: v}
	c := keyvault.NewCache(w, nil)
	_, _ = c.Secret(t.Context(), "x")
	require.NoError(t, c.Write(t.Context(), "x", keyvault.NewSecret("two")))
	s, err := c.Secret(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "two", s.Reveal())
}

type writable struct{ *vault }

func (w *writable) Write(_ context.Context, _ string, s keyvault.Secret) error {
	w.set(s.Reveal(), nil)
	return nil
}

func TestNoVault(t *testing.T) {
	t.Parallel()
	_, err := keyvault.From(nil, "x")(t.Context(), "")
	require.ErrorIs(t, err, keyvault.ErrConfig)
	require.ErrorContains(t, err, "no vault was given")
	_, err = keyvault.From(&vault{}, "x")(t.Context(), "")
	require.ErrorIs(t, err, keyvault.ErrEmpty)
	require.ErrorIs(t, keyvault.Into(nil, "x")(t.Context(), "y"), keyvault.ErrConfig)
}

// What is written by a cache is what it gives next, and a vault that takes nothing says so.
func TestInto(t *testing.T) {
	t.Parallel()
	c := keyvault.NewCache(&writable{vault: &vault{value: "one"}}, nil)
	read := keyvault.From(c, "x")
	first, err := read(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, keyvault.Into(c, "x")(t.Context(), "two"))
	second, err := read(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, []string{first, second})
	err = keyvault.Into(keyvault.NewCache(&vault{value: "one"}, nil), "x")(t.Context(), "hunter2")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestOneCacheInManyBubbles(t *testing.T) {
	t.Parallel()
	c := keyvault.NewCache(&vault{value: "one"}, nil)
	use := func(t *testing.T) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := c.Secret(t.Context(), fmt.Sprint("x", i))
				assert.NoError(t, err)
			})
		}
		all.Wait()
	}
	use(t)
	for range 3 {
		synctest.Test(t, use)
		use(t)
	}
}

// A refused value is on its way through the cache while the vault is read; it does not print there either.
func TestACacheThatReadsDoesNotPrint(t *testing.T) {
	t.Parallel()
	const refused = "correct horse battery"
	began, end, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c := keyvault.NewCache(keyvault.Func(func(context.Context, string) (keyvault.Secret, error) {
		close(began)
		<-end
		return keyvault.NewSecret("new"), nil
	}), nil)
	go func() {
		defer close(done)
		_, err := c.Fresh(context.Background(), "mail", refused)
		assert.NoError(t, err)
	}()
	<-began
	for channel, text := range printouts(c, &keyvault.Cache{}) {
		assert.NotContains(t, text, refused, channel)
	}
	close(end)
	<-done
}
