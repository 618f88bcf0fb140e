package keyvaulttest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
)

// reporter stands in for a *testing.T, and prints what it would report.
type reporter struct{}

func (reporter) Helper()                           {}
func (reporter) Context() context.Context          { return context.Background() }
func (reporter) Log(args ...any)                   { fmt.Println(args...) }
func (reporter) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (reporter) FailNow()                          { runtime.Goexit() }

// A double for code that takes a vault: values with versions and an expiry, and failures on demand.
func ExampleMemory() {
	ctx := context.Background()
	vault := &keyvaulttest.Memory{}
	vault.Put("mail", []byte(`{"client_secret":"correct horse battery"}`), time.Time{})
	s, err := vault.Secret(ctx, "mail#client_secret@1")
	fmt.Println(s, len(s.Reveal()), s.Version(), err)

	fmt.Println(vault.Write(ctx, "mail#client_secret", keyvault.NewSecret([]byte("rotated"))))
	s, err = vault.Secret(ctx, "mail#client_secret")
	fmt.Println(s.Reveal(), s.Version(), err)
	// Output:
	// [secret] 21 1 <nil>
	// <nil>
	// rotated 2 <nil>
}

// A vault that is down: each request meets the failure until it is taken away.
func ExampleMemory_Fail() {
	ctx := context.Background()
	vault := &keyvaulttest.Memory{}
	vault.Put("mail", []byte("correct horse battery"), time.Time{})
	vault.Fail(func(_ context.Context, n keyvault.Name) error {
		return n.Error(keyvault.ErrUnavailable, nil, "wait until the maintenance is over")
	})
	_, err := vault.Secret(ctx, "mail")
	fmt.Println(errors.Is(err, keyvault.ErrUnavailable), err)

	vault.Fail(nil)
	_, err = vault.Secret(ctx, "mail")
	fmt.Println(err, vault.Requests(), "requests")
	// Output:
	// true keyvault: memory: mail: the vault is unavailable; wait until the maintenance is over
	// <nil> 2 requests
}

func ExampleLaws() {
	for _, law := range keyvaulttest.Laws()[:2] {
		fmt.Println(law.Name+":", law.Why)
	}
	// Output:
	// known: a secret that was stored is what a test logs in with
	// bytes of any value kept: a password that lost a newline, a quote or a byte is a refused password
}

// guess is a vault that is wrong: it has a value for every name.
type guess struct{}

func (guess) Secret(context.Context, string) (keyvault.Secret, error) {
	return keyvault.NewSecret([]byte("guess")), nil
}

// One law on one vault, in whatever test framework: this vault breaks it.
func ExampleLaw_Check() {
	harness := &keyvaulttest.Harness{Vault: guess{}, Put: func(path string, _ []byte) string { return path }}
	laws := keyvaulttest.Laws()
	unknown := laws[slices.IndexFunc(laws, func(law keyvaulttest.Law) bool { return law.Name == "unknown" })]

	var test sync.WaitGroup
	test.Go(func() { unknown.Check(reporter{}, harness) }) // a goroutine of its own, which FailNow ends
	test.Wait()
	// Output:
	// the law "unknown" is broken: reading mail-never gave a value of 5 bytes and no error
	// why it exists: a mistyped name must say so, not look like an outage or a refusal
}
