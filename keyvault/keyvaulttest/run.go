package keyvaulttest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// run is one law at work on one harness.
type run struct {
	T
	*Harness
	law Law
}

// must ends the law unless ok.
func (r *run) must(ok bool, format string, args ...any) {
	r.Helper()
	if ok {
		return
	}
	r.Errorf("the law %q is broken: "+format+"\nwhy it exists: %s", append(append([]any{r.law.Name}, args...), r.law.Why)...)
	r.FailNow()
}

// read reads a secret that must be there.
func (r *run) read(name string) keyvault.Secret {
	r.Helper()
	s, err := r.Vault.Secret(r.Context(), name)
	r.must(err == nil, "reading %s failed: %v", name, err)
	return s
}

// holds reads a secret and compares it, without ever printing it.
func (r *run) holds(name, want string) {
	r.Helper()
	got := r.read(name).Reveal()
	r.must(got == want, "%s gives %d bytes that differ from the %d stored ones from byte %d on", name, len(got), len(want), common(got, want))
}

func common(a, b string) int {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return i
}

// fails reads a secret that must not come, and looks at the error.
func (r *run) fails(ctx context.Context, name string, kind error) error {
	r.Helper()
	s, err := r.Vault.Secret(ctx, name)
	r.must(err != nil, "reading %s gave a value of %d bytes and no error", name, len(s.Reveal()))
	r.must(s.IsZero(), "reading %s gave an error and a value", name)
	r.must(errors.Is(err, kind), "reading %s: the error is not %q but: %v", name, kind, err)
	return err
}

// explains is fails for an error that a user must be able to act upon.
func (r *run) explains(name string, kind error) *keyvault.Error {
	r.Helper()
	err := r.fails(r.Context(), name, kind)
	e, ok := errors.AsType[*keyvault.Error](err)
	r.must(ok, "the error is a %T and no *keyvault.Error", err)
	r.must(e.Vault != "", "the error does not name the vault: %v", err)
	r.must(e.Remedy != "", "the error names no remedy: %v", err)
	r.must(!strings.Contains(err.Error(), "\n"), "the error has several lines: %v", err)
	return e
}

func (r *run) canHold(value string) bool { return r.CanHold == nil || r.CanHold([]byte(value)) }

// put stores fields in the service's own way, or as JSON.
func (r *run) put(path string, fields map[string]string) string {
	if r.PutFields != nil {
		return r.PutFields(path, fields)
	}
	doc, _ := json.Marshal(fields) // strings always marshal
	return r.Put(path, doc)
}
