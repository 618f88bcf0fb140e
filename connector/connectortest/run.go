package connectortest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Run tries every law of [Laws] as a subtest, each on a fresh instance. What the harness cannot do
// is listed in the log of t.
func Run(t *testing.T, h Harness) {
	t.Helper()
	var mu sync.Mutex
	var cannot []string
	t.Run("law", func(t *testing.T) {
		for _, law := range Laws() {
			t.Run(law.Name, func(t *testing.T) {
				t.Parallel()
				v := Try(t, h, law)
				switch {
				case v.Skipped:
					mu.Lock()
					cannot = append(cannot, law.Name)
					mu.Unlock()
					t.Skip("the harness cannot show it")
				case len(v.Errors) > 0:
					t.Errorf("%s\n\nlaw: %s", strings.Join(v.Errors, "\n"), law.Why)
				}
			})
		}
	})
	if len(cannot) > 0 {
		slices.Sort(cannot)
		t.Logf("%d of %d laws need what this harness cannot do: %s", len(cannot), len(Laws()), strings.Join(cannot, ", "))
	}
}

// Verdict is how a law came out.
type Verdict struct {
	Skipped bool     // the harness cannot show it
	Errors  []string // why it is broken; none: it holds
}

// Try tries one law on a fresh instance and returns how it came out, without failing t. It is how
// the suite's own tests see that a broken backend is caught.
func Try(t *testing.T, h Harness, law Law) Verdict {
	t.Helper()
	var v Verdict
	if h.Virtual {
		synctest.Test(t, func(t *testing.T) { v = try(t, h, law) })
	} else {
		v = try(t, h, law)
	}
	return v
}

// hardLimit ends a law that waits for ever; far beyond what any of them takes.
const hardLimit = 30 * time.Minute

// try runs the law on a goroutine of its own, so that FailNow ends the law and not the test.
func try(t *testing.T, h Harness, law Law) Verdict {
	in := h.New(t)
	in.virtual = h.Virtual
	if law.Needs != nil && !law.Needs(in) {
		return Verdict{Skipped: true}
	}
	ctx, cancel := context.WithTimeout(t.Context(), hardLimit)
	defer cancel()
	r := &recorder{ctx: ctx}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer in.closeAll(r)
		law.Run(r, in)
	})
	wg.Wait()
	return Verdict{Errors: r.errors}
}

// recorder is a T that keeps what is reported.
type recorder struct {
	ctx    context.Context //nolint:containedctx // a test has its context, as *testing.T does
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) FailNow()                 { runtime.Goexit() }
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
