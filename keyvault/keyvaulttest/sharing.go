package keyvaulttest

import (
	"fmt"
	"sync"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func sharingLaws() []Law {
	return []Law{
		{Name: "one read for 1,000 askers", Why: "a thousand tests that start together must not be a thousand reads", check: oneRead,
			needs: func(h *Harness) bool { return h.Requests != nil }},
		{Name: "one read for a rotation", Why: "a refused credential is read again at once, and once", check: oneReadARotation},
		{Name: "many at once", Why: "tests run in parallel, and each wants its own secret", check: manyAtOnce},
	}
}

// together calls f so many times at once and gives the first error.
func together(n int, f func(i int) error) error {
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func oneRead(r *run) {
	r.holds(r.Put("mail-warm", []byte("value")), "value") // a login is not counted
	name := r.Put("mail-one", []byte("hunter2hunter2"))
	before := r.Requests()
	c := keyvault.NewCache(r.Vault, nil)
	err := together(1000, func(int) error {
		s, err := c.Secret(r.Context(), name)
		if err == nil && s.Reveal() != "hunter2hunter2" {
			err = fmt.Errorf("an asker got another value")
		}
		return err
	})
	r.must(err == nil, "%v", err)
	r.must(r.Requests()-before == 1, "%d requests were made", r.Requests()-before)
}

func oneReadARotation(r *run) {
	name := r.Put("mail-one", []byte("old value"))
	credential := keyvault.From(r.Vault, name)
	value, err := credential(r.Context(), "")
	r.must(err == nil && value == "old value", "the credential fails: %v", err)
	r.Put("mail-one", []byte("new value"))
	value, err = credential(r.Context(), "")
	r.must(err == nil && value == "old value", "a value that nobody refused was not kept: %v", err)
	before := r.requests()
	err = together(100, func(int) error {
		value, err := credential(r.Context(), "old value")
		if err == nil && value != "new value" {
			err = fmt.Errorf("an asker with a refused value did not get the new one")
		}
		return err
	})
	r.must(err == nil, "%v", err)
	r.must(r.requests()-before <= 1, "%d requests were made", r.requests()-before)
}

func manyAtOnce(r *run) {
	const n = 20
	names := make([]string, n)
	for i := range names {
		names[i] = r.Put(fmt.Sprintf("mail-%c", 'a'+i), fmt.Appendf(nil, "value %d", i))
	}
	err := together(4*n, func(i int) error {
		s, err := r.Vault.Secret(r.Context(), names[i%n])
		if err == nil && s.Reveal() != fmt.Sprintf("value %d", i%n) {
			err = fmt.Errorf("%s gave the value of another name", names[i%n])
		}
		return err
	})
	r.must(err == nil, "%v", err)
}
