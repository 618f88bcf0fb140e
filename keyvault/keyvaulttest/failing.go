package keyvaulttest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func failureLaws() []Law {
	return []Law{
		{Name: "refused", Why: "only a refusal that is called one tells a user to look at the rights", check: refused,
			needs: func(h *Harness) bool { return h.Refuse != nil }},
		{Name: "refused is not hammered", Why: "repeated refusals lock accounts and wake security teams", check: notHammered,
			needs: func(h *Harness) bool { return h.Refuse != nil && h.Requests != nil }},
		{Name: "down", Why: "an outage is waited for, a wrong configuration is not: they must differ", check: down,
			needs: func(h *Harness) bool { return h.Down != nil }},
		{Name: "no retry of its own", Why: "retries in two layers multiply, and a vault that is down needs rest", check: noRetry,
			needs: func(h *Harness) bool { return h.Down != nil && h.Requests != nil }},
		{Name: "throttled", Why: "who comes back before the time is throttled for longer", check: throttled,
			needs: func(h *Harness) bool { return h.Throttle != nil }},
		{Name: "cancelled", Why: "a test that is over must not wait for a vault, nor ask one", check: cancelled},
		{Name: "slow", Why: "the context is the only time-out, also in a vault", check: slow,
			needs: func(h *Harness) bool { return h.Hang != nil }},
		{Name: "ten minutes of outage", Why: "a vault that comes up again must not be knocked over by those who waited", virtual: true, check: outage,
			needs: func(h *Harness) bool { return h.Down != nil && h.Requests != nil }},
	}
}

func refused(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.holds(name, "value")
	r.Refuse(true)
	r.explains(name, keyvault.ErrRefused)
	r.Refuse(false)
	r.holds(name, "value")
}

func notHammered(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.Refuse(true)
	before := r.Requests()
	c := keyvault.NewCache(r.Vault, nil)
	for range 50 {
		_, err := c.Secret(r.Context(), name)
		r.must(errors.Is(err, keyvault.ErrRefused), "the error is not a refusal: %v", err)
	}
	r.must(r.Requests()-before <= 3, "50 askers made %d requests", r.Requests()-before)
}

func down(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.Down(true)
	for range 2 {
		e := r.explains(name, keyvault.ErrUnavailable)
		r.must(e.Temporary(), "an outage is not called temporary")
	}
	r.Down(false)
	r.holds(name, "value")
}

func noRetry(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.holds(name, "value")
	r.Down(true)
	before := r.Requests()
	r.explains(name, keyvault.ErrUnavailable)
	r.must(r.Requests()-before <= 1, "one read made %d requests", r.Requests()-before)
}

func throttled(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.holds(name, "value")
	r.Throttle(17 * time.Second)
	e := r.explains(name, keyvault.ErrUnavailable)
	r.must(e.RetryAfter == 0 || e.RetryAfter == 17*time.Second, "the service asked for 17 s, and the error says %v", e.RetryAfter)
	r.holds(name, "value")
}

func cancelled(r *run) {
	name := r.Put("mail-one", []byte("value"))
	before := r.requests()
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	r.fails(ctx, name, context.Canceled)
	r.must(r.requests() == before, "%d requests were made", r.requests()-before)
	r.holds(name, "value")
}

func slow(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.Hang(true)
	ctx, cancel := context.WithTimeout(r.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := r.fails(ctx, name, context.DeadlineExceeded)
	r.must(!errors.Is(err, keyvault.ErrRefused) && !errors.Is(err, keyvault.ErrNotFound), "a time-out is told as something else: %v", err)
	took := time.Since(begin) // asserted where no machine can be slow; in real time a read that hangs ends with the test binary
	r.must(!r.virtual || took < 5*time.Second, "the context ended after 0.2 s, and the read after %v", took)
	r.Hang(false)
	r.holds(name, "value")
}

func outage(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.holds(name, "value")
	r.Down(true)
	before := r.Requests()
	end, cancel := context.WithTimeout(r.Context(), 10*time.Minute)
	defer cancel()
	c := keyvault.NewCache(r.Vault, nil)
	err := together(100, func(int) error { return askUntil(end, c, name) })
	r.must(err == nil, "%v", err)
	r.must(r.Requests()-before <= 20, "100 askers made %d requests", r.Requests()-before)
	r.Down(false)
	s, err := c.Secret(r.Context(), name)
	r.must(err == nil && s.Reveal() == "value", "after the outage: %v", err)
}

// askUntil asks a vault that is down once a second, with the patience of half a minute.
func askUntil(end context.Context, c *keyvault.Cache, name string) error {
	for end.Err() == nil {
		ctx, cancel := context.WithTimeout(end, 30*time.Second)
		_, err := c.Secret(ctx, name)
		cancel()
		if err == nil || !strings.HasPrefix(err.Error(), "keyvault:") {
			return errors.New("an asker got something else than an error of keyvault")
		}
		time.Sleep(time.Second)
	}
	return nil
}
