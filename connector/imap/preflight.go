package imap

import (
	"cmp"
	"context"
	"fmt"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/findings"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the server and its certificate, the sign-in, the folders. Each finding says what was seen
// and, where something is missing, what to do.
func (s Server) Preflight(ctx context.Context) []connector.Finding {
	var found findings.List
	sender, err := s.withDefaults().sender()
	if !found.Step("fields", s.Address, cmp.Or(s.check(), err)) {
		return found
	}
	b := newBackend(s.withDefaults())
	defer b.Close()
	c, err := b.server.connect(ctx)
	if !found.Step("server answers with "+string(b.server.Security), b.server.addr(), err) {
		return found
	}
	_, err = c.way(b.server)
	offers := c.offers()
	c.shut()
	if !found.Step("server has a way to sign in", "it offers "+offers, b.fail("sign in", err)) {
		return found
	}
	c, err = b.keeper.signedIn(ctx)
	if !found.Step("sign-in", b.server.User, err) {
		return found
	}
	if b.pool.add(c) {
		<-b.pool.free
		b.pool.put(c)
	}
	err = b.start(ctx, []connector.Folder{connector.Inbox})
	if found.Step("mailbox is there", fmt.Sprintf("%d folders", len(b.table.list())), err) && sender != nil {
		found.Step("submission server", "it takes the login", sender.Check(ctx))
	}
	return found
}
