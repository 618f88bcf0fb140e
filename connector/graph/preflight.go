package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Preflight explains step by step what connecting needs: the fields, the sign-in, the permissions
// that the token names, the mailbox, and a look at its mail. It stops at the first step without which
// the next cannot be tried. The token is taken apart for this alone; nothing is decided by it.
func (o Office365) Preflight(ctx context.Context) []connector.Finding {
	if err := o.check(); err != nil {
		return []connector.Finding{finding("fields", "", err)}
	}
	out := []connector.Finding{finding("fields", "tenant, app, credential and address are well-formed", nil)}
	c, err := newClient(o)
	if err != nil {
		return append(out, finding("fields", "", err))
	}
	defer c.release()
	token, err := c.tokens.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{o.scope()}, EnableCAE: true})
	out = append(out, finding("sign-in", "Entra gave a token", err))
	if err != nil {
		return out
	}
	out = append(out, permissions(token.Token)...)
	b := &backend{client: c, folders: newFolders(c), watch: []connector.Folder{connector.Inbox}}
	b.page.Store(pageSize)
	err = b.prepare(ctx)
	out = append(out, finding("mailbox", "the mailbox is there, and open to the app", err))
	if err != nil {
		return out
	}
	_, err = b.End(ctx)
	return append(out, finding("mail", "its mail can be listed", err))
}

// finding makes a step of an error.
func finding(check, good string, err error) connector.Finding {
	if err == nil {
		return connector.Finding{Check: check, OK: true, Detail: good}
	}
	f := connector.Finding{Check: check, Detail: err.Error()}
	if e := asError(err); e != nil {
		f.Remedy = e.Remedy
		f.Detail = e.Kind.Error()
		if e.Err != nil {
			f.Detail += ": " + e.Err.Error()
		}
	}
	return f
}

// permissions says what the token tells about the app's rights. None in it is no fault: those
// granted by Exchange's RBAC do not show.
func permissions(token string) []connector.Finding {
	roles, err := rolesOf(token)
	switch {
	case err != nil:
		return []connector.Finding{{Check: "permissions", OK: true, Detail: "the token cannot be looked into"}}
	case len(roles) == 0:
		return []connector.Finding{{Check: "permissions", OK: true, Detail: "the token names none: right if Exchange's RBAC grants them, else consent is missing",
			Remedy: "without RBAC: add Mail.Read as an application permission and grant admin consent"}}
	}
	detail := "the token names " + strings.Join(roles, ", ")
	out := []connector.Finding{{Check: "permissions", OK: true, Detail: detail}}
	if slices.ContainsFunc(roles, func(r string) bool { return strings.HasPrefix(r, "Mail.") || r == "full_access_as_app" }) {
		out = append(out, connector.Finding{Check: "scope", OK: true, Detail: "granted in Entra: they reach every mailbox of the tenant, unless an access policy limits them",
			Remedy: "use Exchange's RBAC for Applications, and take the Entra permissions away"})
	}
	return out
}

// rolesOf reads the roles claim of a JWT.
func rolesOf(token string) ([]string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a JWT")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims struct{ Roles []string }
	err = json.Unmarshal(raw, &claims)
	return claims.Roles, err
}
