package keyvaulttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
)

// harness is the reference vault with everything that a harness can have.
func harness(*testing.T) *keyvaulttest.Harness {
	m := &keyvaulttest.Memory{}
	fault := func(kind error, after time.Duration) func(context.Context, keyvault.Name) error {
		return func(_ context.Context, n keyvault.Name) error {
			e := n.Error(kind, nil, "wait for the test to end")
			e.RetryAfter = after
			return e
		}
	}
	toggle := func(f func(context.Context, keyvault.Name) error) func(bool) {
		return func(on bool) {
			if !on {
				m.Fail(nil)
				return
			}
			m.Fail(f)
		}
	}
	return &keyvaulttest.Harness{
		Vault: m,
		Put:   func(path string, value []byte) string { m.Put(path, value, time.Time{}); return path },
		Versions: func(path string, values ...string) (names []string) {
			for i, v := range values {
				m.Put(path, []byte(v), time.Time{})
				names = append(names, fmt.Sprint(path, "@", i+1))
			}
			return names
		},
		Expiring: func(path, value string, at time.Time) string { m.Put(path, []byte(value), at); return path },
		Refuse:   toggle(fault(keyvault.ErrRefused, 0)),
		Down:     toggle(fault(keyvault.ErrUnavailable, 0)),
		Hang:     toggle(func(ctx context.Context, _ keyvault.Name) error { <-ctx.Done(); return ctx.Err() }),
		Throttle: func(after time.Duration) {
			f := fault(keyvault.ErrUnavailable, after)
			m.Fail(func(ctx context.Context, n keyvault.Name) error { m.Fail(nil); return f(ctx, n) })
		},
		Requests: m.Requests,
	}
}

func TestMemory(t *testing.T)         { keyvaulttest.Run(t, harness) }
func TestMemoryInBubble(t *testing.T) { keyvaulttest.RunInBubble(t, harness) }

// TestHarnessOfTheExample holds that a harness which can do little passes too.
func TestHarnessOfTheExample(t *testing.T) { keyvaulttest.RunInBubble(t, open) }
