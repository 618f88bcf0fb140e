package pop3

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/findings"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the connection with its encryption, the login, the maildrop, and where there is one the
// submission server. Nothing is deleted and nothing is sent.
func (s Server) Preflight(ctx context.Context) []connector.Finding {
	var found findings.List
	b, err := s.backend()
	if !found.Step("fields", "", err) {
		return found
	}
	defer b.Close()
	c, err := b.server.dial(ctx)
	if !found.Step("connection", b.server.encryption(), b.server.fail(ctx, "connect", err)) {
		return found
	}
	found.Step("what the server can", c.summary(), nil)
	c.hangUp()
	mails := ""
	err = b.use(ctx, "sign in", afresh, func(c *conn) error {
		err := c.load()
		if err == nil {
			mails = fmt.Sprintf("%d mails", len(c.drop.mails))
		}
		return err
	})
	if found.Step("login and maildrop", mails, err) && b.sender != nil {
		found.Step("submission server", "it takes the login", b.sender.Check(ctx))
	}
	return found
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
