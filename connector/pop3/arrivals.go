package pop3

import (
	"context"
	"errors"

	"github.com/cloudmail-go/cloudmail/connector"
)

// End lists the maildrop.
func (b *backend) End(ctx context.Context) (connector.Cursor, error) {
	var c connector.Cursor
	err := b.use(ctx, "look for mail", afresh, func(n *conn) error {
		if err := b.list(ctx, n); err != nil {
			return err
		}
		c.Token = newKnown(n.drop.mails).token()
		return nil
	})
	return c, err
}

// Arrivals logs in, lists the maildrop and reads the headers of the mails that were not there.
func (b *backend) Arrivals(ctx context.Context, after connector.Cursor) ([]connector.Envelope, connector.Cursor, error) {
	before, ok := parseToken(after.Token)
	if !ok {
		return nil, after, b.server.fail(ctx, "look for mail", &connector.Error{Op: "look for mail", Kind: connector.ErrCursorLost, Err: errors.New("the cursor is none of a POP3 mailbox")})
	}
	var envs []connector.Envelope
	next := after
	err := b.use(ctx, "look for mail", afresh, func(c *conn) error {
		if err := b.list(ctx, c); err != nil {
			return err
		}
		var err error
		envs, err = c.news(before)
		if err == nil {
			before = newKnown(c.drop.mails)
		}
		next.Token = before.token()
		return err
	})
	return envs, next, err
}

// news reads the mails that a cursor does not know, the newest last, and adds each to it.
func (c *conn) news(before *known) ([]connector.Envelope, error) {
	var fresh []entry
	for _, e := range c.drop.mails {
		if !before.has(e) {
			fresh = append(fresh, e)
		}
	}
	var old map[string]bool
	if before.renamed(c.drop) {
		old = before.standing(c.drop)
	}
	var envs []connector.Envelope
	err := c.heads(fresh, func(e entry, head []byte) {
		env := envelope(e, head)
		if !old[e.id] || env.Received.After(before.at) {
			envs = append(envs, env)
		}
		before.add(e)
	})
	return envs, err
}
