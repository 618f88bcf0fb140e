package hashivault

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/hashicorp/vault/api"
)

// vaultName is this vault's usual name.
const vaultName = "hashicorp"

// status is the HTTP status of an answer that is an error, 0 for other errors.
func status(err error) int {
	if e, ok := errors.AsType[*api.ResponseError](err); ok {
		return e.StatusCode
	}
	return 0
}

// failed tells what an error of a request means.
func failed(ctx context.Context, n keyvault.Name, err error, after time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch code := status(err); {
	case code == http.StatusForbidden || code == http.StatusUnauthorized:
		return n.Error(keyvault.ErrRefused, said(err), "give the login a policy with read on this path, or tell the engine in Options.Mounts")
	case code == http.StatusBadRequest && strings.Contains(err.Error(), "check-and-set"):
		return n.Error(keyvault.ErrUnavailable, said(err), "somebody else has written meanwhile: try again")
	case code == http.StatusNotFound:
		return n.Error(keyvault.ErrNotFound, said(err), "check the engine's path")
	case code == 0 || code == http.StatusTooManyRequests || code == http.StatusPreconditionFailed || code >= 472:
		e := n.Error(keyvault.ErrUnavailable, said(err), "see that the server at VAULT_ADDR can be reached and is unsealed")
		e.RetryAfter = after
		return e
	}
	return n.Error(keyvault.ErrConfig, said(err), "check the path, the namespace, and that it is a key-value engine")
}

// loginFailed tells what an error of a login means: what is wrong there is refused.
func loginFailed(path string, err error) error {
	n := keyvault.Name{Vault: vaultName, Path: path}
	if _, ours := errors.AsType[*keyvault.Error](err); ours || errors.Is(err, context.Canceled) {
		return err
	}
	if code := status(err); code >= 400 && code < 429 {
		return n.Error(keyvault.ErrRefused, said(err), "check the login: its path (Mount), the role, and the credential")
	}
	return n.Error(keyvault.ErrUnavailable, said(err), "see that the server at VAULT_ADDR can be reached and is unsealed")
}

// said is what the server said, in short. A body that is not Vault's own may be anything, and is left out.
func said(err error) error {
	e, ok := errors.AsType[*api.ResponseError](err)
	if !ok {
		return keyvault.Cause(err.Error(), err)
	}
	text := "status " + strconv.Itoa(e.StatusCode)
	if !e.RawError && len(e.Errors) > 0 {
		text += ": " + strings.Join(e.Errors, "; ")
	}
	return keyvault.Cause(text, err)
}

// missing is a secret that is not there.
func missing(n keyvault.Name, p place) error {
	remedy := "vault kv put " + n.Path + " stores it"
	switch {
	case p.version == 2 && strings.HasPrefix(p.rest, "data/"):
		remedy = "name it without data/: " + p.mount + "/" + strings.TrimPrefix(p.rest, "data/")
	case n.Version != "":
		remedy = "vault kv metadata get " + n.Path + " lists the versions"
	}
	return n.Error(keyvault.ErrNotFound, nil, remedy)
}
