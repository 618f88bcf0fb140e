package connector

import (
	"context"
	"errors"
	"slices"
)

// Find searches the whole mailbox, whatever the mark: at most limit mails that match, the newest
// first; a limit of 0 is no limit. [Query.Folder] zero is the Inbox, [Anywhere] every folder.
// Finding gives nothing to the session: acts on found mails need [Options.Foreign].
func (s *Session) Find(ctx context.Context, q Query, limit int) ([]*Message, error) {
	if err := s.usable("find"); err != nil {
		return nil, err
	}
	m, bad := q.compile()
	if bad != nil {
		bad.Op, bad.Mailbox = "find", s.Mailbox()
		return nil, bad
	}
	if limit < 0 {
		return nil, configError("find", s.Mailbox(), "the limit is negative", "0 is no limit")
	}
	ctx, cancel := withLimit(ctx, s.set.Wait)
	defer cancel()
	r := finder{session: s, matcher: m, limit: limit, seen: map[string]bool{}}
	if err := s.feed.try(ctx, r.search); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.found, func(a, b *Message) int { return b.Received.Compare(a.Received) })
	return r.found, nil
}

// finder is one running search. It keeps what it found when an obstacle makes it begin again.
type finder struct {
	session *Session
	matcher *matcher
	limit   int
	seen    map[string]bool
	found   []*Message
}

// search runs the backend's search once and compares what it yields.
func (r *finder) search(ctx context.Context) error {
	f := r.session.feed
	for e, err := range f.backend.Search(ctx, r.matcher.query) {
		if err != nil {
			return err
		}
		if r.seen[e.ID] {
			continue
		}
		m, err := r.compare(ctx, e)
		if err != nil {
			return err
		}
		r.seen[e.ID] = true
		if m != nil {
			r.found = append(r.found, m)
		}
		if r.limit > 0 && len(r.found) == r.limit {
			return nil
		}
	}
	return nil
}

// compare reads as much of a mail as the query needs; nil is no match, or a mail that went away.
func (r *finder) compare(ctx context.Context, e Envelope) (*Message, error) {
	f := r.session.feed
	if e.Head != nil {
		m := f.parseHead(e)
		if !r.matcher.matchHead(newView(m)) {
			return nil, nil
		}
		if r.matcher.query.HeadOnly {
			return m, nil
		}
	}
	want := DepthText
	if r.matcher.query.HeadOnly {
		want = DepthHead
	}
	m, err := f.readAlready(e, want), error(nil)
	if m == nil {
		m, err = f.fetchNow(ctx, e, want)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := newView(m)
	if !r.matcher.matchAll(v) || (r.matcher.where != nil && r.matcher.where(m.copy()) != nil) {
		return nil, nil
	}
	return m, nil
}

// readAlready is what the feed has read of a mail, nil if not as deep as wanted, or where the listing does
// not tell in which folders the mail lies now. It is known by its id alone.
func (f *feed) readAlready(e Envelope, want Depth) *Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.known.id[e.ID]
	if a == nil || e.Folders == nil || a.id != e.ID || a.gone || a.at(want) == nil {
		return nil
	}
	m := a.at(want).message.copy()
	m.from = nil // a find gives nothing
	m.Folders = e.Folders
	return m
}

// fetchNow reads one mail outside the log; the caller holds the gate.
func (f *feed) fetchNow(ctx context.Context, e Envelope, want Depth) (*Message, error) {
	if err := f.gate.pay(ctx, f.able.limits.Fetch); err != nil {
		return nil, err
	}
	m, err := f.parse(ctx, e.ID, want)
	if err != nil {
		return nil, err
	}
	if e.Folders != nil {
		m.Folders = e.Folders
	}
	if m.Received.IsZero() {
		m.Received = e.Received
	}
	if m.Size == 0 {
		m.Size = e.Size
	}
	return m, nil
}
