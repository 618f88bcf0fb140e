package conjurvault

import (
	"context"
	"net/http"
	"strconv"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// vaultName is this vault's usual name.
const vaultName = "conjur"

// failed tells what an answer that is an error means.
func failed(n keyvault.Name, a rest.Answer) error {
	cause := keyvault.Cause("status "+strconv.Itoa(a.Status), nil)
	switch {
	case a.Status == http.StatusNotFound:
		return n.Error(keyvault.ErrNotFound, cause, "conjur list -k variable shows the variables; one that was never set has no value")
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return n.Error(keyvault.ErrRefused, cause, "give the host the privilege execute on the variable")
	case a.Status == http.StatusTooManyRequests || a.Status >= 500:
		e := n.Error(keyvault.ErrUnavailable, cause, "wait: the server is down or busy")
		e.RetryAfter = rest.RetryAfter(a.Header)
		return e
	}
	return n.Error(keyvault.ErrConfig, cause, "check the URL, the account, and the variable's id")
}

// loginFailed tells what the refusal of a login means.
func loginFailed(n keyvault.Name, a rest.Answer) error {
	cause := keyvault.Cause("status "+strconv.Itoa(a.Status), nil)
	if a.Status == http.StatusTooManyRequests || a.Status >= 500 {
		return failed(n, a)
	}
	return n.Error(keyvault.ErrRefused, cause, "check the URL, the account, the login and its key; an authenticator must be enabled on the server")
}

// unreached tells what it means that no answer came.
func unreached(ctx context.Context, n keyvault.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return n.Error(keyvault.ErrUnavailable, err, "see that the server can be reached from here, and that its certificate is trusted")
}
