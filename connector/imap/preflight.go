package imap

import (
	"context"
	"errors"
	"fmt"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the server and its certificate, the sign-in, the folders. Each finding says what was seen
// and, where something is missing, what to do.
func (s Server) Preflight(ctx context.Context) []connector.Finding {
	p := &preflight{}
	if !p.step("fields", s.Address, s.check()) {
		return p.findings
	}
	b := newBackend(s.withDefaults())
	defer b.Close()
	c, err := b.server.connect(ctx)
	if !p.step("server answers with "+s.Security.String(), b.server.addr(), err) {
		return p.findings
	}
	_, err = c.mechanism(b.server)
	offers := c.offers()
	c.kill()
	<-c.imap.Closed()
	if !p.step("server has a way to sign in", "it offers "+offers, b.fail("sign in", err)) {
		return p.findings
	}
	c, err = b.keeper.signedIn(ctx)
	if !p.step("sign-in", b.server.Username, err) {
		return p.findings
	}
	if b.pool.add(c) {
		<-b.pool.free
		b.pool.put(c)
	}
	err = b.start(ctx, []connector.Folder{connector.Inbox})
	p.step("mailbox is there", fmt.Sprintf("%d folders", len(b.table.list())), err)
	return p.findings
}

// preflight gathers findings.
type preflight struct{ findings []connector.Finding }

// step notes what one check found; false if it failed.
func (p *preflight) step(check, seen string, err error) bool {
	f := connector.Finding{Check: check, OK: err == nil, Detail: seen}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		f.Detail, f.Remedy = e.Kind.Error(), e.Remedy
		if e.Err != nil {
			f.Detail += ": " + e.Err.Error()
		}
	} else if err != nil {
		f.Detail = err.Error()
	}
	p.findings = append(p.findings, f)
	return f.OK
}
