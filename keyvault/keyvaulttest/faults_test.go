package keyvaulttest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/assert"
)

// catch is a T that keeps a failure to itself.
type catch struct {
	*testing.T
	text string
}

func (c *catch) Errorf(format string, args ...any) { c.text += fmt.Sprintf(format, args...) }
func (c *catch) FailNow()                          { runtime.Goexit() }
func (c *catch) Log(...any)                        {}

// broken are vaults with one seeded fault each, and the law that must catch it.
var broken = map[string]struct {
	law   string
	spoil func(next keyvault.Provider) keyvault.Provider
}{
	"trims": {"bytes of any value kept", after(func(_ string, s keyvault.Secret, err error) (keyvault.Secret, error) {
		return keyvault.NewSecret(strings.TrimSpace(s.Reveal())), err
	})},
	"keeps old values": {"rotated", func(next keyvault.Provider) keyvault.Provider {
		c := keyvault.NewCache(next, nil)
		return keyvault.Func(c.Secret)
	}},
	"ignores versions": {"version", before(func(name string) string { name, _, _ = strings.Cut(name, "@"); return name })},
	"ignores fields":   {"JSON field", before(func(name string) string { name, _, _ = strings.Cut(name, "#"); return name })},
	"calls all unavailable": {"unknown", after(func(name string, s keyvault.Secret, err error) (keyvault.Secret, error) {
		if err != nil {
			err = &keyvault.Error{Vault: "x", Path: name, Kind: keyvault.ErrUnavailable, Remedy: "wait"}
		}
		return s, err
	})},
	"tells values": {"no error tells it", func(next keyvault.Provider) keyvault.Provider {
		var last atomic.Value // of a keyvault.Secret: many ask at once
		last.Store(keyvault.Secret{})
		return keyvault.Func(func(ctx context.Context, name string) (keyvault.Secret, error) {
			s, err := next.Secret(ctx, name)
			if err != nil {
				return s, fmt.Errorf("the last value was %s: %w", last.Load().(keyvault.Secret).Reveal(), err)
			}
			last.Store(s)
			return s, nil
		})
	}},
	"retries": {"no retry of its own", func(next keyvault.Provider) keyvault.Provider {
		return keyvault.Func(func(ctx context.Context, name string) (s keyvault.Secret, err error) {
			for range 3 {
				if s, err = next.Secret(ctx, name); err == nil {
					break
				}
			}
			return s, err
		})
	}},
	"ignores the context": {"cancelled", func(next keyvault.Provider) keyvault.Provider {
		return keyvault.Func(func(ctx context.Context, name string) (keyvault.Secret, error) {
			if ctx.Err() != nil {
				ctx = context.WithoutCancel(ctx)
			}
			return next.Secret(ctx, name)
		})
	}},
	"has no remedy": {"refused", after(func(_ string, s keyvault.Secret, err error) (keyvault.Secret, error) {
		if e, ok := errors.AsType[*keyvault.Error](err); ok {
			e.Remedy = ""
		}
		return s, err
	})},
}

func before(change func(string) string) func(keyvault.Provider) keyvault.Provider {
	return func(next keyvault.Provider) keyvault.Provider {
		return keyvault.Func(func(ctx context.Context, name string) (keyvault.Secret, error) { return next.Secret(ctx, change(name)) })
	}
}

func after(change func(string, keyvault.Secret, error) (keyvault.Secret, error)) func(keyvault.Provider) keyvault.Provider {
	return func(next keyvault.Provider) keyvault.Provider {
		return keyvault.Func(func(ctx context.Context, name string) (keyvault.Secret, error) {
			s, err := next.Secret(ctx, name)
			return change(name, s, err)
		})
	}
}

func TestTheLawsCatchBrokenVaults(t *testing.T) {
	t.Parallel()
	for name, fault := range broken {
		caught := map[string]string{}
		for _, law := range keyvaulttest.Laws() {
			synctest.Test(t, func(t *testing.T) {
				c := &catch{T: t}
				var done sync.WaitGroup
				done.Go(func() {
					h := harness(t)
					h.Vault = fault.spoil(h.Vault)
					law.Check(c, h)
				})
				done.Wait()
				if c.text != "" {
					caught[law.Name] = c.text
				}
			})
		}
		assert.Contains(t, caught, fault.law, "a vault that %s", name)
		assert.Contains(t, caught[fault.law], "why it exists: ")
	}
}
