package gmail

import (
	"context"
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/findings"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// Preflight checks what connecting needs, step by step, and stops at the first step that fails: the
// fields, the credential, the token, the delegation, the API, the mailbox. Each finding says what
// was seen and, where something is missing, what to do, down to the line to paste into the Admin
// console.
func (w Workspace) Preflight(ctx context.Context) []connector.Finding {
	var found findings.List
	b, err := w.dial(ctx, []connector.Folder{connector.Inbox})
	if !found.Step("fields and credential", w.who(b), err) {
		return found
	}
	defer b.Close()
	if !w.sourced() && !found.Step("key is accepted", "Google takes the credential", b.bareToken(ctx)) {
		return found
	}
	_, err = b.tokens.Token(ctx, "")
	if !found.Step(b.tokenStep(), "a token for "+strings.Join(b.set.Scopes, " "), err) {
		return found
	}
	profile, err := b.api.GetProfile(me).Context(ctx).Do()
	if err = b.fail(ctx, "read profile", err); err != nil {
		found.Step(apiStep(err), "", err)
		return found
	}
	found.Step("Gmail API is enabled", "it answers", nil)
	found.Step("mailbox is there", fmt.Sprintf("%s, %d mails", profile.EmailAddress, profile.MessagesTotal), nil)
	return found
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
