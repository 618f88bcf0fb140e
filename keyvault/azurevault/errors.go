package azurevault

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
)

// vaultName is this vault's usual name.
const vaultName = "azure"

// entraCode is the number of Entra's errors, which leads to their page.
var entraCode = regexp.MustCompile(`AADSTS\d+`)

// status is the HTTP status of an answer that is an error, 0 for other errors.
func status(err error) int {
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return e.StatusCode
	}
	return 0
}

// failed tells what an error of a request means. The SDK's texts are pages with the whole answer
// in them; ours have status and code.
func failed(ctx context.Context, n keyvault.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if login, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return loginFailed(n, login)
	}
	e, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return n.Error(keyvault.ErrUnavailable, keyvault.Cause("the request failed", err), "see that the vault's address can be reached from here, and that a credential is configured")
	}
	cause := keyvault.Cause("status "+strconv.Itoa(e.StatusCode)+" "+e.ErrorCode, err)
	switch code := e.StatusCode; {
	case code == http.StatusNotFound:
		return n.Error(keyvault.ErrNotFound, cause, "az keyvault secret list shows the names; a deleted secret can be recovered")
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return n.Error(keyvault.ErrRefused, cause, "give the caller the role Key Vault Secrets User, open the vault's firewall to it, and see that the secret is enabled")
	case code == http.StatusTooManyRequests || code >= 500:
		u := n.Error(keyvault.ErrUnavailable, cause, "wait: Key Vault is throttled or down")
		u.RetryAfter = rest.RetryAfter(e.RawResponse.Header)
		return u
	}
	return n.Error(keyvault.ErrConfig, cause, "check the name and the version")
}

func loginFailed(n keyvault.Name, err *azidentity.AuthenticationFailedError) error {
	text := "the login failed"
	if code := entraCode.FindString(err.Error()); code != "" {
		text += " with " + code
	}
	if err.RawResponse != nil && err.RawResponse.StatusCode >= 500 {
		return n.Error(keyvault.ErrUnavailable, keyvault.Cause(text, err), "wait: Entra is down")
	}
	return n.Error(keyvault.ErrRefused, keyvault.Cause(text, err), "check tenant id, client id and client secret of the login")
}
