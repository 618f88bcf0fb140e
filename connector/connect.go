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
	back := newGate(Limits{})
	backend, err := open(ctx, server, set.Folders, back)
	if err != nil {
		return nil, err
	}
	f := newFeed(mailbox, backend, set.Folders, set.Log, Cursor{})
	err = f.try(ctx, func(ctx context.Context) (err error) {
		f.cursor, err = backend.End(ctx)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	set.Log.Debug("connected", "mailbox", mailbox)
	return newSession(f, set, nil, Mark{mailbox: mailbox, cursor: f.cursor, feed: f}), nil
}

// open opens the mailbox, again after each obstacle that passes.
func open(ctx context.Context, server Server, watch []Folder, g *gate) (Backend, error) {
	for {
		b, err := server.Open(ctx, watch)
		if err == nil || !passing(err) || ctx.Err() != nil {
			return b, err
		}
		if sleep(ctx, time.Until(g.obstacle(err))) != nil {
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
