package keyvaulttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
)

// open makes a fresh vault on its fake, and says what can be done to the fake. What it cannot do
// is left nil, as Expiring, Refuse, Hang and Throttle are here.
func open(*testing.T) *keyvaulttest.Harness {
	vault := &keyvaulttest.Memory{}
	put := func(path string, value []byte) string {
		vault.Put(path, value, time.Time{})
		return path
	}
	return &keyvaulttest.Harness{
		Vault: vault,
		Put:   put,
		Versions: func(path string, values ...string) (names []string) {
			for i, v := range values {
				names = append(names, fmt.Sprintf("%s@%d", put(path, []byte(v)), i+1))
			}
			return names
		},
		Down: func(on bool) {
			vault.Fail(nil)
			if on {
				vault.Fail(func(_ context.Context, n keyvault.Name) error {
					return n.Error(keyvault.ErrUnavailable, nil, "wait until it is up again")
				})
			}
		},
		Requests: vault.Requests,
	}
}

// The whole test of a vault: every law on a fresh harness. Where the fake needs no sockets the laws
// run in virtual time, the one of a long outage too.
func ExampleRun() {
	_ = func(t *testing.T) { keyvaulttest.Run(t, open) }         // func TestLaws
	_ = func(t *testing.T) { keyvaulttest.RunInBubble(t, open) } // func TestLawsInBubble
}
