package connectortest

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// backendLaws are about what a session needs of a backend and does not show itself.
func backendLaws() []Law {
	return []Law{
		{Name: "a-cursor-can-be-used-again", Run: cursorAgain,
			Why: "marks are kept and used by many: reading on from a cursor must not use it up"},
		{Name: "the-end-is-after-every-mail", Run: endIsLast,
			Why: "what was there when the mark was taken must not be new, and what comes next must be"},
		{Name: "fetch-is-as-deep-as-asked", Run: fetchDepth,
			Why: "who asks for the text gets the text, and a backend that gave less must not say that it gave more"},
		{Name: "every-error-is-typed", Needs: func(in *Instance) bool { return canOutage(in) && in.Throttle != nil }, Run: typedErrors,
			Why: "the session decides by the kind of an error whether to wait, to give up, or to start over"},
		{Name: "a-cancelled-call-returns", Run: cancelledCall,
			Why: "a call that outlives its context holds up the test that was cancelled"},
		{Name: "search-misses-nothing", Needs: canFile, Run: searchAll,
			Why: "what a service's own search leaves out nobody can find"},
		{Name: "notify-tells-of-mail", Run: notify,
			Why: "a push that is silent though mail came makes every wait slow"},
	}
}

// closeBackend releases what holds something.
func closeBackend(t T, b connector.Backend) {
	if c, ok := b.(io.Closer); ok {
		must(t, c.Close(), "close the backend")
	}
}

// open opens a backend; what passes is waited out, as Connect does it.
func (in *Instance) open(t T) connector.Backend {
	t.Helper()
	for end := time.Now().Add(in.patience()); ; pass(t, 200*time.Millisecond) {
		b, err := in.Server.Open(t.Context(), []connector.Folder{connector.Inbox, connector.Junk})
		if !errors.Is(err, connector.ErrUnavailable) || time.Now().After(end) {
			must(t, err, "open")
			return b
		}
	}
}

// openBackend opens a backend without a session.
func (in *Instance) openBackend(t T, f func(connector.Backend)) {
	b := in.open(t)
	defer closeBackend(t, b)
	f(b)
}

// arrivals reads from a cursor to the end.
func arrivals(t T, b connector.Backend, after connector.Cursor) (map[string]bool, connector.Cursor) {
	t.Helper()
	envs, next, err := b.Arrivals(t.Context(), after)
	must(t, err, "arrivals")
	ids := map[string]bool{}
	for _, e := range envs {
		if e.ID == "" {
			t.Errorf("an arrival without an id: %+v", e)
		}
		ids[e.ID] = true
	}
	return ids, next
}

func cursorAgain(t T, in *Instance) {
	in.openBackend(t, func(b connector.Backend) {
		start, err := b.End(t.Context())
		must(t, err, "end")
		in.deliver("1", "2", "3")
		first, next := arrivals(t, b, start)
		same(t, len(first), 3, "the number of arrivals")
		for range 2 {
			again, _ := arrivals(t, b, start)
			same(t, len(again), 3, "the number of arrivals from the same cursor")
		}
		in.deliver("4")
		more, last := arrivals(t, b, next)
		same(t, len(more), 1, "the number of arrivals from the cursor after the three")
		none, _ := arrivals(t, b, last)
		same(t, len(none), 0, "the number of arrivals after all of them")
		all, _ := arrivals(t, b, start)
		same(t, len(all), 4, "the number of arrivals since the start")
	})
}

func endIsLast(t T, in *Instance) {
	in.deliver("there 1", "there 2")
	in.openBackend(t, func(b connector.Backend) {
		end, err := b.End(t.Context())
		must(t, err, "end")
		none, _ := arrivals(t, b, end)
		same(t, len(none), 0, "the number of arrivals since the end")
		in.send("new")
		one, _ := arrivals(t, b, end)
		same(t, len(one), 1, "the number of arrivals since the end, after one came")
		if off := time.Since(end.At); !end.At.IsZero() && off.Abs() > in.slack(time.Minute) {
			t.Errorf("the cursor's clock is off by %v", off)
		}
	})
}

func fetchDepth(t T, in *Instance) {
	in.openBackend(t, func(b connector.Backend) {
		start, err := b.End(t.Context())
		must(t, err, "end")
		l := in.withFile("deep", "data.bin", noise(10_000))
		in.Deliver(l.raw)
		envs, _, err := b.Arrivals(t.Context(), start)
		must(t, err, "arrivals")
		same(t, len(envs), 1, "the number of arrivals")
		for _, want := range []connector.Depth{connector.DepthHead, connector.DepthText, connector.DepthWhole} {
			src, err := b.Fetch(t.Context(), envs[0].ID, want)
			must(t, err, "fetch")
			if src.Depth < want {
				t.Errorf("the fetch gave the %v of the mail, and was asked for the %v", src.Depth, want)
			}
			m, err := connector.ReadMessage(src)
			must(t, err, "read")
			must(t, src.Close(), "close")
			same(t, m.Subject, l.subject, "the subject at depth "+want.String())
			if src.Depth >= connector.DepthText && m.Text == "" {
				t.Errorf("the source says that it has the %v, and has no text", src.Depth)
			}
			if src.Depth == connector.DepthWhole && string(open(t, m, "data.bin")) != string(noise(10_000)) {
				t.Errorf("the source says that it is whole, and the attachment has other bytes than were sent")
			}
		}
	})
}

// typed asserts that an error of a backend is one of connector's, with a kind.
func typed(t T, err error, kind error, what string) {
	t.Helper()
	e, ok := errors.AsType[*connector.Error](err)
	if !ok || e.Kind == nil || e.Op == "" {
		t.Errorf("%s: the error is no *connector.Error with Op and Kind: %#v", what, err)
	}
	is(t, err, kind, what)
}

func typedErrors(t T, in *Instance) {
	in.openBackend(t, func(b connector.Backend) {
		start, err := b.End(t.Context())
		must(t, err, "end")
		calls := map[string]func() error{
			"End":      func() error { _, err := b.End(t.Context()); return err },
			"Arrivals": func() error { _, _, err := b.Arrivals(t.Context(), start); return err },
			"Search": func() error {
				for _, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
					if err != nil {
						return err
					}
				}
				return nil
			},
		}
		for name, call := range calls {
			in.Outage(-1)
			typed(t, call(), connector.ErrUnavailable, name+" in an outage")
			in.Outage(0)
			in.Throttle(1, 3*time.Second)
			err := call()
			typed(t, err, connector.ErrThrottled, name+" when throttled")
			if e, ok := errors.AsType[*connector.Error](err); ok && e.RetryAfter < 3*time.Second {
				t.Errorf("%s: the service asked to wait 3s, the error says %v", name, e.RetryAfter)
			}
			must(t, call(), name+" afterwards")
		}
	})
}

func cancelledCall(t T, in *Instance) {
	in.openBackend(t, func(b connector.Backend) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.End(ctx)
		typed(t, err, context.Canceled, "a call with a cancelled context")
		_, err = b.End(t.Context())
		must(t, err, "the next call")
	})
}

func searchAll(t T, in *Instance) {
	folders := []connector.Folder{connector.Inbox, connector.Junk, connector.Archive}
	for i := range 9 {
		in.Place(in.letter("sought").raw, folders[i%3], time.Now().Add(-time.Duration(i)*time.Hour))
	}
	in.openBackend(t, func(b connector.Backend) {
		count := func(q connector.Query) int {
			ids := map[string]bool{}
			for e, err := range b.Search(t.Context(), q) {
				must(t, err, "search")
				ids[e.ID] = true
			}
			return len(ids)
		}
		for _, c := range []struct {
			q     connector.Query
			least int
		}{
			{connector.Query{Everything: true, Folder: connector.Anywhere}, 9},
			{connector.Query{Everything: true}, 3},
			{connector.Query{Subject: "ough", Folder: connector.Anywhere}, 9},
			{connector.Query{From: "@example.com", Folder: connector.Anywhere}, 9},
			{connector.Query{Body: "is sou", Folder: connector.Junk}, 3},
			{connector.Query{Everything: true, Folder: connector.Anywhere, Since: time.Now().Add(-150 * time.Minute)}, 3},
			{connector.Query{Everything: true, Folder: connector.Anywhere, Before: time.Now().Add(-150 * time.Minute)}, 6},
		} {
			if n := count(c.q); n < c.least {
				t.Errorf("the search for %s yields %d mails, and must yield %d at least", c.q, n, c.least)
			}
		}
		for _, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
			must(t, err, "search")
			break // who has enough may stop
		}
	})
}

func notify(t T, in *Instance) {
	in.openBackend(t, func(b connector.Backend) {
		n, ok := b.(connector.Notifier)
		if !ok {
			return
		}
		start, err := b.End(t.Context())
		must(t, err, "end")
		later(in.span(20*time.Second, 500*time.Millisecond), func() { in.send("news") })
		ctx, cancel := context.WithTimeout(t.Context(), in.patience())
		defer cancel()
		must(t, n.Notify(ctx, start), "notify while mail comes")
		must(t, n.Notify(ctx, start), "notify of mail that came already")
		end, err := b.End(t.Context())
		must(t, err, "end")
		short, stop := context.WithTimeout(t.Context(), in.moment())
		defer stop()
		if err := n.Notify(short, end); err == nil {
			t.Errorf("notify tells of mail where none came")
		}
	})
}
