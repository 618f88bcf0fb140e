package connector

import (
	"context"
	"errors"
	"time"
)

// ExpectNone proves that no new mail matches: it is nil only if a look that was made after
// `within` had passed succeeded and found none. A mail that matches is an [*UnexpectedError], and
// counts as given. A context that ends too early to prove anything is a [*WaitError]; one whose
// deadline lies before `within` is [ErrConfig] at once.
func (s *Session) ExpectNone(ctx context.Context, q Query, within time.Duration) error {
	m, err := s.prepare("expect none", q)
	if err != nil {
		return err
	}
	if within < 0 {
		return configError("expect none", s.Mailbox(), "within is negative", "0 proves for now")
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < within {
		return configError("expect none", s.Mailbox(), "the context ends after "+span(time.Until(end))+", before "+span(within)+" have passed",
			"give the context more time, or expect for a shorter one")
	}
	ctx, cancel := withLimit(ctx, within+s.set.Wait)
	defer cancel()
	w := s.newWait(ctx, m, 1)
	w.none, w.waiter.marked = true, time.Time{}
	w.waiter.due = w.began.Add(within)
	err = w.run(ctx)
	if err == nil {
		return &UnexpectedError{Mailbox: s.Mailbox(), Query: q, Message: w.messages()[0], After: time.Since(w.began).Round(time.Millisecond)}
	}
	if w.proven(err) {
		return nil
	}
	return err
}

// proven reports whether the wait ended because its last look was made, and found nothing.
func (w *wait) proven(err error) bool {
	e, ok := errors.AsType[*WaitError](err)
	over, failure := w.over()
	return ok && over && failure == nil && errors.Is(e.End, errQuiet)
}

// errQuiet ends a wait whose last look was made and brought nothing. It is a deadline like any
// other to the caller.
var errQuiet error = quietError{}

type quietError struct{}

func (quietError) Error() string        { return context.DeadlineExceeded.Error() }
func (quietError) Is(target error) bool { return target == context.DeadlineExceeded }
func (quietError) Timeout() bool        { return true }
