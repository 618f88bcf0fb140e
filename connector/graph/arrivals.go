package graph

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/window"
)

const (
	safetyEvery = 30  // looks between two of the safety net
	leanFrom    = 100 // remembered mails from which on a look does not ask for headers
	mostKnown   = 500 // ids that a cursor lists
)

// End lists the mails of the last 15 minutes, by the service's clock: what a later look shows
// beyond them is new. One request, more only where more than 500 mails came in that time.
func (b *backend) End(ctx context.Context) (connector.Cursor, error) {
	ctx = b.begin(ctx)
	now := b.now()
	l := b.newLook(window.New(now.Add(-window.Lateness-2*time.Second)), "mark the end")
	if _, err := l.each(ctx, l.state.Start, "", placeFields, l.remember); err != nil {
		return connector.Cursor{}, err
	}
	if l.at.IsZero() {
		l.at = now.Truncate(time.Second)
	}
	return l.cursor(), nil
}

// Arrivals makes one look: one request where the headers fit; in a busy mailbox (more than 100
// mails in 15 minutes) one, and another if something came.
func (b *backend) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	state, err := window.Parse(after.Token)
	if err != nil {
		return nil, after, b.server.typed("look for mail", &connector.Error{Kind: connector.ErrCursorLost, Err: err})
	}
	ctx = b.begin(ctx)
	l := b.newLook(state, "look for mail")
	if err := l.run(ctx); err != nil {
		after.Token = state.String() // what was seen stays seen, and the list goes on where it broke off
		return l.envs, after, err
	}
	if l.at.IsZero() {
		l.at = after.At
	}
	state.Ended(l.at)
	return l.envs, l.cursor(), nil
}

// look compares the mails of a stretch of time with those that were seen.
type look struct {
	*backend
	op    string
	state *window.State
	at    time.Time // the service's clock at the first page
	known []string
	envs  []connector.Envelope
	fresh map[string]time.Time // new in a busy mailbox, and still without headers
}

func (b *backend) newLook(s *window.State, op string) *look {
	return &look{backend: b, op: op, state: s, fresh: map[string]time.Time{}}
}

// cursor is the place after the look.
func (l *look) cursor() connector.Cursor {
	c := connector.Cursor{Token: l.state.String(), At: l.at.UTC()}
	if len(l.known) <= mostKnown {
		c.Known = slices.Concat([]string{}, l.known)
	}
	return c
}

// run lists the stretch, and now and then asks the safety net.
func (l *look) run(ctx context.Context) error {
	if l.state.Resume == "" && l.state.Len() > leanFrom {
		if err := l.lean(ctx); err != nil {
			return err
		}
	} else if broke, err := l.each(ctx, l.state.Start, l.state.Resume, headFields, l.take); err != nil {
		if !errors.Is(err, connector.ErrThrottled) && !errors.Is(err, connector.ErrUnavailable) {
			broke = "" // the link itself may be what is wrong
		}
		l.state.Broke(broke, l.at)
		return err
	}
	if (l.state.Looks+1)%safetyEvery == 0 {
		if err := l.safety(ctx); err != nil {
			return err // and it is tried again at the next look
		}
	}
	l.state.Looks++
	return nil
}

// lean is a look at a busy mailbox: places first, headers only from where something is new.
func (l *look) lean(ctx context.Context) error {
	if _, err := l.each(ctx, l.state.Start, "", placeFields, l.place); err != nil || len(l.fresh) == 0 {
		return err
	}
	var oldest time.Time
	for _, t := range l.fresh {
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	_, err := l.each(ctx, oldest, "", headFields, func(ctx context.Context, it item) error {
		if _, wanted := l.fresh[it.id]; !wanted {
			return nil
		}
		return l.take(ctx, it)
	})
	return err
}

// each lists what was received from a time on, or from a link on, oldest first, page by page. It
// returns the link at which an error came. A page that is full and has no link to the next is one
// whose link was lost: the list goes on from its last mail then.
func (l *look) each(ctx context.Context, from time.Time, link string, list []string, take func(context.Context, item) error) (string, error) {
	for {
		q := query{filter: "receivedDateTime ge " + stamp(from), order: "receivedDateTime", fields: list, top: l.page.Load()}
		p, err := l.read(ctx, l.op, q, link)
		if err != nil {
			return link, err
		}
		if l.at.IsZero() {
			l.at = p.date
		}
		last, err := l.takeAll(ctx, p, take)
		if err != nil {
			return link, err
		}
		if link = p.next; link != "" {
			continue
		}
		if last = last.Truncate(time.Second); len(p.mails) < int(q.top) || !last.After(from) {
			return "", nil
		}
		from = last
	}
}

// takeAll hands a page's mails on, and returns when the latest was received.
func (l *look) takeAll(ctx context.Context, p page, take func(context.Context, item) error) (last time.Time, err error) {
	for _, m := range p.mails {
		it, ok, err := l.newItem(l.op, m)
		if err == nil && ok {
			err = take(ctx, it)
		}
		if err != nil {
			return last, err
		}
		if it.received.After(last) {
			last = it.received
		}
	}
	return last, nil
}

// remember takes a mail that was there before.
func (l *look) remember(_ context.Context, it item) error {
	l.known = append(l.known, it.id)
	l.state.Add(it.id, window.Key(it.folder), it.received)
	return nil
}

// place takes a mail whose headers were not asked for.
func (l *look) place(_ context.Context, it item) error {
	if folder, seen := l.state.Seen(it.id); !seen || folder != window.Key(it.folder) {
		l.fresh[it.id] = it.received
	} else {
		l.known = append(l.known, it.id)
	}
	return nil
}

// take reports a mail that is new or lies elsewhere than before, if that concerns a folder that is
// watched.
func (l *look) take(ctx context.Context, it item) error {
	key := window.Key(it.folder)
	before, seen := l.state.Seen(it.id)
	if seen && before == key {
		l.known = append(l.known, it.id)
		return nil
	}
	folder, err := l.folders.name(ctx, it.folder)
	if err != nil {
		return err
	}
	if l.watches(folder) || seen && l.watchedKey(before) {
		l.envs = append(l.envs, it.envelope(folder))
	}
	return l.remember(ctx, it)
}

// watchedKey reports whether the key is of a folder that is watched.
func (l *look) watchedKey(key string) bool {
	l.folders.mu.Lock()
	defer l.folders.mu.Unlock()
	for id, folder := range l.folders.path {
		if window.Key(id) == key {
			return l.watches(folder)
		}
	}
	return false
}

// stamp writes a time for a filter: UTC, in whole seconds.
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z") }
