package gcpvault

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"cloud.google.com/go/auth"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
	"google.golang.org/api/googleapi"
)

// vaultName is this vault's usual name.
const vaultName = "gcp"

// status is the HTTP status of an answer that is an error, 0 for other errors.
func status(err error) int {
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		return e.Code
	}
	return 0
}

// failed tells what an error of a request means.
func failed(ctx context.Context, n keyvault.Name, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return n.Error(keyvault.ErrUnavailable, keyvault.Cause("the request failed", err), "see that secretmanager.googleapis.com can be reached from here")
	}
	cause := keyvault.Cause("status "+strconv.Itoa(e.Code)+": "+e.Message, err)
	switch {
	case e.Code == http.StatusNotFound:
		return n.Error(keyvault.ErrNotFound, cause, "gcloud secrets list shows the secrets, gcloud secrets versions list the versions")
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden:
		return n.Error(keyvault.ErrRefused, cause, "give the caller the role Secret Manager Secret Accessor, and enable the API in the project")
	case e.Code == http.StatusBadRequest && hasReason(e, "failedPrecondition"): // disabled or destroyed
		return n.Error(keyvault.ErrNotFound, cause, "enable the version, or name another one")
	case e.Code == http.StatusTooManyRequests || e.Code >= 500 || e.Code == http.StatusConflict:
		u := n.Error(keyvault.ErrUnavailable, cause, "wait: the quota is used up, or the service is down")
		u.RetryAfter = rest.RetryAfter(e.Header)
		return u
	}
	return n.Error(keyvault.ErrConfig, cause, "check project, secret and version")
}

func hasReason(e *googleapi.Error, reason string) bool {
	for _, item := range e.Errors {
		if item.Reason == reason {
			return true
		}
	}
	return false
}

// loginFailed tells what an error of the token endpoint means.
func loginFailed(ctx context.Context, err error) error {
	n := keyvault.Name{Vault: vaultName, Path: "login"}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*auth.Error](err)
	if !ok || e.Response == nil || e.Response.StatusCode >= 500 {
		return n.Error(keyvault.ErrUnavailable, keyvault.Cause("no token was given", err), "see that oauth2.googleapis.com can be reached from here")
	}
	var answer struct{ Error string }
	_ = json.Unmarshal(e.Body, &answer) // what is no JSON has no code
	return n.Error(keyvault.ErrRefused, keyvault.Cause("no token was given: "+cmp.Or(answer.Error, e.Response.Status), err), "check that the service account's key is still valid, and this machine's clock")
}
