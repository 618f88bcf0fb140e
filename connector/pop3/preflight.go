package pop3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the connection with its encryption, the login, the maildrop, and where there is one the
// submission server. Nothing is deleted and nothing is sent.
func (s Server) Preflight(ctx context.Context) []connector.Finding {
	p := &preflight{}
	b, err := s.backend()
	if !p.step("fields", "", err) {
		return p.findings
	}
	defer b.Close()
	c, err := b.server.dial(ctx)
	if !p.step("connection", b.server.encryption(), b.server.fail(ctx, "connect", err)) {
		return p.findings
	}
	p.step("what the server can", c.summary(), nil)
	c.hangUp()
	mails := ""
	err = b.use(ctx, "sign in", afresh, func(c *conn) error {
		err := c.load()
		if err == nil {
			mails = fmt.Sprintf("%d mails", len(c.drop.mails))
		}
		return err
	})
	if p.step("login and maildrop", mails, err) && b.sender != nil {
		p.step("submission server", "it takes the login", b.sender.Check(ctx))
	}
	return p.findings
}

// encryption says how the connection is encrypted.
func (s Server) encryption() string {
	if s.Security == Plain {
		return "not encrypted, on this machine"
	}
	return "encrypted, and the certificate is good for " + s.Host
}

// summary lists what the server announces.
func (c *conn) summary() string {
	if c.caps == nil {
		return "it does not say (no CAPA)"
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c.caps)) {
		out = append(out, strings.TrimSpace(name+" "+c.caps[name]))
	}
	return strings.Join(out, ", ")
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
