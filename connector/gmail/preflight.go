package gmail

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the credential, the token, the delegation, the API, the mailbox. Each finding says what
// was seen and, where something is missing, what to do, down to the line to paste into the Admin
// console.
func (w Workspace) Preflight(ctx context.Context) []connector.Finding {
	p := &preflight{}
	b, err := w.dial(ctx, []connector.Folder{connector.Inbox})
	if !p.step("fields and credential", w.who(b), err) {
		return p.findings
	}
	defer b.Close()
	if !w.sourced() && !p.step("key is accepted", "Google takes the credential", b.bareToken(ctx)) {
		return p.findings
	}
	_, err = b.tokens.Token(ctx, "")
	if !p.step(b.tokenStep(), "a token for "+strings.Join(b.set.Scopes, " "), err) {
		return p.findings
	}
	profile, err := b.api.GetProfile(me).Context(ctx).Do()
	if err = b.fail(ctx, "read profile", err); err != nil {
		p.step(apiStep(err), "", err)
		return p.findings
	}
	p.step("Gmail API is enabled", "it answers", nil)
	p.step("mailbox is there", fmt.Sprintf("%s, %d mails", profile.EmailAddress, profile.MessagesTotal), nil)
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

// who says whom the credential is of.
func (w Workspace) who(b *backend) string {
	if b == nil {
		return ""
	}
	email, id := b.tokens.Account()
	switch {
	case email == "":
		return "tokens come from Token or TokenSource"
	case id == "":
		return email
	}
	return email + ", client ID " + id
}

// bareToken gets a token for the service account itself: whether Google takes the key is told apart
// from whether the domain delegates to it.
func (b *backend) bareToken(ctx context.Context) error {
	c := b.set.google(b.http.Transport.(authorized).base)
	c.Subject = ""
	g, err := oauth.NewGoogle(ctx, c)
	if err == nil {
		_, err = g.Token(ctx, "")
	}
	if err != nil {
		return b.set.about("get access token", err)
	}
	return nil
}

// tokenStep names the step that gets the token for the user.
func (b *backend) tokenStep() string {
	if b.set.sourced() {
		return "token source gives a token"
	}
	return "domain delegates " + b.set.Subject + " with these scopes"
}

// apiStep names what the first request to the API failed at.
func apiStep(err error) string {
	_, reasons := status(err)
	for _, r := range reasons {
		if r == "accessNotConfigured" || r == "SERVICE_DISABLED" {
			return "Gmail API is enabled"
		}
	}
	return "mailbox is there"
}
