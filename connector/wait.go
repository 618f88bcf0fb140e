package connector

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// WaitFor waits for one new mail that matches: one that came after the session's mark and that no
// wait of this session was given. If several match, it is the one received first. It ends with the
// context (or Options.Wait, where the context has no deadline), and earlier when the service refuses
// for good. Every failure is a [*WaitError], but for a query that Check refuses.
func (s *Session) WaitFor(ctx context.Context, q Query) (*Message, error) {
	ms, err := s.WaitForN(ctx, q, 1)
	if err != nil {
		return nil, err
	}
	return ms[0], nil
}

// WaitForN waits for n new mails that match, in the order they were received. It gives all or
// nothing: what was found when the time ran out stands in [WaitError.Found], and a later wait can
// still be given it.
func (s *Session) WaitForN(ctx context.Context, q Query, n int) ([]*Message, error) {
	m, err := s.prepare("wait", q)
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, configError("wait", s.Mailbox(), "n must be at least 1", "ExpectNone proves that none comes")
	}
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	w := s.newWait(ctx, m, n)
	if err := w.run(ctx); err != nil {
		return nil, err
	}
	return w.messages(), nil
}

// prepare checks what a wait is asked for, before the first request.
func (s *Session) prepare(op string, q Query) (*matcher, error) {
	if err := s.usable(op); err != nil {
		return nil, err
	}
	m, err := q.compile()
	if err != nil {
		err.Op, err.Mailbox = op, s.Mailbox()
		return nil, err
	}
	folder := q.Folder.clean()
	if folder == "" {
		folder = Inbox
	}
	if folder != Anywhere && !watches(s.set.Folders, []Folder{folder}) {
		return nil, configError(op, s.Mailbox(), "Query.Folder: "+quote(string(folder))+" is not watched",
			"add it to Options.Folders at Connect; watched are: "+folderNames(s.set.Folders))
	}
	return m, nil
}

// candidate is a mail that a wait may be given.
type candidate struct {
	mail *arrival
	view *view
}

// wait is one running wait.
type wait struct {
	session *Session
	matcher *matcher
	want    int
	began   time.Time
	waiter  waiter
	next    int                // how much of the log was read
	open    []*arrival         // read of the log, not decided yet
	views   map[*arrival]*view // of the mails whose text was compared
	found   []candidate
	seen    history // when the wait began
	given   bool    // what was found is the session's
	none    bool    // it is to prove that none comes
}

func (s *Session) newWait(ctx context.Context, m *matcher, n int) *wait {
	now := time.Now()
	w := &wait{session: s, matcher: m, want: n, began: now, next: s.mark.index}
	w.open = append(w.open, s.extra...)
	s.feed.mu.Lock()
	w.seen = s.feed.seen
	s.feed.mu.Unlock()
	w.waiter = waiter{root: s.root(), from: s.mark.index, extra: s.extra, asked: now}
	if end, ok := ctx.Deadline(); ok {
		w.waiter.end = end
		w.waiter.due = later(end.Add(-s.feed.lead()), now)
		w.waiter.marked = s.mark.cursor.At
	}
	return w
}

// lead is how long before its end a wait makes its last look, so that the look and the reading of what
// it finds are done by then: what these take, and an eighth, at least 250 ms.
func (f *feed) lead() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.seen.cost().ample(), horizon)
}

// run waits until enough mails are found, or reports why not.
func (w *wait) run(ctx context.Context) error {
	f := w.session.feed
	if err := f.join(&w.waiter); err != nil {
		return err
	}
	defer f.leave(&w.waiter)
	defer w.learn()
	for {
		over, err := w.over()
		if e := w.sift(ctx); e != nil {
			err = e
		} else if over && err == nil {
			err = errQuiet
		} else if err == nil {
			err = context.Cause(ctx)
		}
		if len(w.found) >= w.want && (err != nil || !w.early()) {
			ok, e := w.accept(ctx)
			if w.given = ok; ok {
				return nil
			}
			if err == nil && e == nil {
				continue
			}
			err = cmp.Or(err, e)
		}
		if err != nil {
			return w.failed(err)
		}
		w.rest(ctx)
	}
}

// learn tells the schedule how long the mails of this wait took, or that none came. What was there
// when the wait began says nothing, and neither does a wait for none.
func (w *wait) learn() {
	f := w.session.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if !w.given {
		if !w.none {
			f.pace.learn(time.Since(w.began), false)
		}
		return
	}
	for _, c := range w.found {
		if came := c.mail.came(); c.mail.logged && came.After(w.began) {
			f.pace.learn(came.Sub(w.began), true)
		}
	}
}

// rest sleeps until there is news. The wait's end is news, too: what was found until then counts.
func (w *wait) rest(ctx context.Context) {
	select {
	case <-w.waiter.wake:
	case <-ctx.Done():
	}
}

// early reports whether a mail that was received before those found, and may match, is still to be
// read by the look that is under way, or by the first one that this wait causes: the one received
// first must be given first.
func (w *wait) early() bool {
	f := w.session.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	reading := f.reading > 0 || !w.waiter.served
	return slices.ContainsFunc(w.open, func(a *arrival) bool {
		undecided := a.head != nil || reading && !a.settled() // read since the log was gone through, or still to be read
		return undecided && a.before(w.found[w.want-1].mail)
	})
}

// over reports whether the last look was made, or what ended the wait. It is asked before the log
// is read, so that what the last look brought is seen.
func (w *wait) over() (bool, error) {
	f := w.session.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	return w.waiter.last, w.waiter.err
}

// sift reads the log from where it stood and compares each mail with the query.
func (w *wait) sift(ctx context.Context) error {
	for _, c := range w.fresh() {
		if len(w.found) >= w.want && !c.mail.before(w.found[w.want-1].mail) {
			w.open = append(w.open, c.mail)
			continue
		}
		ok, err := w.matches(ctx, c)
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return err
		}
		if ok {
			w.found = append(w.found, c)
			inOrder(w.found)
		}
	}
	return nil
}

// fresh lists the mails whose header is read and that are not decided, in order of receipt.
func (w *wait) fresh() []candidate {
	f := w.session.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	todo := append(w.open, f.entries[w.next:]...)
	w.open, w.next = nil, len(f.entries)
	var out []candidate
	for _, a := range todo {
		v := a.at(DepthHead)
		switch {
		case v != nil:
			out = append(out, candidate{a, v})
		case !a.settled():
			w.open = append(w.open, a)
		}
	}
	inOrder(out)
	return out
}

// matches decides about one mail, reading its text if the header matches.
func (w *wait) matches(ctx context.Context, c candidate) (bool, error) {
	s := w.session
	if w.has(c.mail) || s.had(c.mail) || !s.isNew(c.mail, c.view.message) {
		return false, nil
	}
	if !w.matcher.matchHead(c.view) || w.isTaken(c.mail) {
		return false, nil
	}
	if w.matcher.query.HeadOnly {
		return true, nil
	}
	v, err := s.feed.load(ctx, c.mail, DepthText)
	if v == nil {
		if errors.Is(err, ErrUnexpected) { // unreadable: it must not hide the others
			return false, nil
		}
		return false, err
	}
	if w.views == nil {
		w.views = map[*arrival]*view{}
	}
	w.views[c.mail] = v
	return w.matcher.matchAll(v) && w.where(v), nil
}

// where asks the query's predicate about a copy of its own.
func (w *wait) where(v *view) bool {
	return w.matcher.where == nil || w.matcher.where(v.message.copy()) == nil
}

// has reports whether the wait found the mail already.
func (w *wait) has(a *arrival) bool {
	for _, c := range w.found {
		if c.mail == a {
			return true
		}
	}
	return false
}

// isNew applies the scope: mail that was old when it came, by a move or an import, is not new.
// So is mail that a search for Since told of and that is older: a search may tell more than it was asked for.
func (s *Session) isNew(a *arrival, m *Message) bool {
	if since := s.scope.Since; !since.IsZero() && !m.Received.Truncate(second).Before(since.Truncate(second)) {
		return true
	}
	if s.past[a] && !m.Received.IsZero() && !s.feed.logs(a, s.mark.index) {
		return false
	}
	at := s.mark.cursor.At
	return at.IsZero() || m.Received.IsZero() || !m.Received.Before(at.Add(-lateness))
}

// messages returns the caller's own copies of what was found.
func (w *wait) messages() []*Message {
	out := make([]*Message, len(w.found))
	for i, c := range w.found {
		out[i] = w.viewOf(c).message.copy()
	}
	return out
}

// viewOf returns the deepest view of a candidate.
func (w *wait) viewOf(c candidate) *view {
	if v := w.views[c.mail]; v != nil {
		return v
	}
	return c.view
}
