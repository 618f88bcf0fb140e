package connector

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Connect to a cloud mail server and mark the place after its last mail. Whatever is wrong with
// the fields, the credentials, the permissions or the mailbox shows here, as an [*Error] with its
// remedy. The session outlives ctx, which bounds the connecting alone; obstacles that pass
// (throttling, outages) are waited out for as long as ctx allows, 2 minutes where it has no
// deadline. nil options are the defaults.
func Connect(ctx context.Context, server Server, o *Options) (*Session, error) {
	if server == nil {
		return nil, configError("connect", "", "the server is nil", "pass a server of a backend, such as graph.Office365")
	}
	mailbox := strings.TrimSpace(server.Mailbox())
	set, err := o.check(mailbox)
	if err != nil {
		return nil, err
	}
	ctx, cancel := withLimit(ctx, set.Wait)
	defer cancel()
	backend, err := open(ctx, server, set.Folders)
	if err != nil {
		return nil, err
	}
	s := newSession(nil, set, nil, Mark{})
	if err := s.attach(ctx, newFeed(mailbox, backend, set)); err != nil {
		return nil, err
	}
	set.Log.Debug("connected", "mailbox", mailbox)
	return s, nil
}

// attach gives the session its feed: the new one, or that of another session with the same mailbox
// and rights. It marks the end of the mailbox.
func (s *Session) attach(ctx context.Context, own *feed) (err error) {
	if own.key != "" {
		s.feed = shared.join(own.key, s)
	}
	if s.feed == nil {
		err = own.try(ctx, func(ctx context.Context) (err error) {
			own.cursor, err = own.backend.End(ctx)
			return err
		})
		if err != nil {
			return errors.Join(err, own.release())
		}
		s.feed = shared.publish(own, s)
	}
	if s.feed == own {
		s.mark = Mark{mailbox: own.mailbox, cursor: own.cursor, feed: own}
		return nil
	}
	err = own.release()
	if err == nil {
		s.mark, err = s.feed.here(ctx, s)
	}
	if err != nil {
		return errors.Join(err, s.feed.leaveAll(s))
	}
	return nil
}

// open opens the mailbox, again after each obstacle that passes.
func open(ctx context.Context, server Server, watch []Folder) (Backend, error) {
	g := newGate(Limits{}, 1, nil)
	for {
		b, err := server.Open(ctx, watch)
		if err == nil || !passing(err) || ctx.Err() != nil {
			return b, err
		}
		opens := g.obstacle(err)
		if end, ok := ctx.Deadline(); ok {
			if late := g.late(end); late != nil {
				return nil, late
			}
		}
		if sleep(ctx, time.Until(opens)) != nil {
			return nil, err
		}
	}
}

// withLimit gives the context a deadline if it has none.
func withLimit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}
