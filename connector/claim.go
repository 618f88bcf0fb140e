package connector

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
)

// accept gives what was found to the session: as many as wanted, those received first. False means
// that another wait was given some of it meanwhile, or has claimed it.
func (w *wait) accept(ctx context.Context) (bool, error) {
	if !w.take() {
		return false, nil
	}
	if w.matcher.query.Claim {
		if won, err := w.claim(ctx); !won {
			w.giveBack()
			return false, err
		}
	}
	for _, c := range w.found {
		w.session.extend(c.mail)
	}
	return true, nil
}

// take gives what was found to the session, all or nothing, and reserves it in this process.
func (w *wait) take() bool {
	s := w.session
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	w.found = slices.DeleteFunc(w.found, func(c candidate) bool { return s.given[c.mail] || w.taken(c.mail) })
	if len(w.found) < w.want {
		return false
	}
	for _, c := range w.found[w.want:] {
		w.open = append(w.open, c.mail)
	}
	w.found = w.found[:w.want]
	for _, c := range w.found {
		s.given[c.mail] = true
		c.mail.takers++
		if w.matcher.query.Claim {
			c.mail.holder = s
		}
	}
	return true
}

// giveBack undoes take. What the session has claimed at the service stays claimed: nobody else gets it.
func (w *wait) giveBack() {
	s := w.session
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range w.found {
		delete(s.given, c.mail)
		c.mail.takers--
		if !c.mail.sealed {
			c.mail.holder = nil
		}
	}
}

// taken reports whether the wait claims, and another session or process has claimed the mail; the
// feed's lock is held.
func (w *wait) taken(a *arrival) bool {
	return w.matcher.query.Claim && (a.elsewhere || (a.holder != nil && a.holder != w.session))
}

// isTaken is taken for a caller without the lock.
func (w *wait) isTaken(a *arrival) bool {
	w.session.feed.mu.Lock()
	defer w.session.feed.mu.Unlock()
	return w.taken(a)
}

// claim reserves what was found for all processes, where the service can. It reports false if
// another process was first with any of it, and tries no later one then: of two that want the same mails
// one gets them all.
func (w *wait) claim(ctx context.Context) (bool, error) {
	f := w.session.feed
	if f.able.claim == nil || w.session.set.DryRun {
		return true, nil
	}
	for _, c := range w.found {
		won := false
		err := f.try(ctx, func(ctx context.Context) (err error) {
			won, err = f.able.claim.Claim(ctx, f.idOf(&Message{from: c.mail}), w.session.claimer())
			return err
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		f.mu.Lock()
		c.mail.sealed, c.mail.elsewhere = won, !won
		f.mu.Unlock()
		if !won {
			return false, nil
		}
	}
	return true, nil
}

// claimer names the session to other processes.
func (s *Session) claimer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claims == "" {
		s.claims = rand.Text()
	}
	return s.claims
}
