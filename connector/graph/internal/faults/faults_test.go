package faults

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

func failure(status int, kind, body string) *wire.StatusError {
	return &wire.StatusError{Status: status, Host: "graph.example.com", Body: []byte(body), Foreign: kind == "text/html",
		Header: http.Header{"Content-Type": {kind}, "Request-Id": {"r-1"}}}
}

// kinds are what each error of the service means when a mailbox is listed.
var kinds = map[string]error{
	"InvalidAuthenticationToken": connector.ErrAuth,
	"ErrorAccessDenied":          connector.ErrPermission, "ExtensionError": connector.ErrPermission,
	"Authorization_RequestDenied": connector.ErrPermission, "ErrorSendAsDenied": connector.ErrPermission,
	"ErrorItemNotFound": connector.ErrNotFound, "ErrorSyncFolderNotFound": connector.ErrNotFound, "ErrorInvalidIdMalformed": connector.ErrNotFound,
	"ErrorInvalidUser": connector.ErrNoMailbox, "Request_ResourceNotFound": connector.ErrNoMailbox, "ResourceNotFound": connector.ErrNoMailbox,
	"MailboxNotEnabledForRESTAPI": connector.ErrNoMailbox,
	"RequestBroker--ParseUri":     connector.ErrUnexpected, "ErrorInvalidUrlQuery": connector.ErrUnexpected, "ErrorInvalidUrlQueryFilter": connector.ErrUnexpected,
	"ErrorInvalidProperty": connector.ErrUnexpected, "InefficientFilter": connector.ErrUnexpected, "SearchWithFilter": connector.ErrUnexpected,
	"SearchWithOrderBy": connector.ErrUnexpected, "BadRequest": connector.ErrUnexpected, "ErrorMimeContentInvalidBase64String": connector.ErrUnexpected,
	"ErrorInvalidRecipients": connector.ErrConfig, "ErrorMessageSizeExceeded": connector.ErrConfig, "ErrorFolderExists": connector.ErrConfig,
	"ErrorIrresolvableConflict": connector.ErrUnavailable,
	"SyncStateNotFound":         connector.ErrCursorLost, "SyncStateInvalid": connector.ErrCursorLost,
	"ErrorQuotaExceeded":           connector.ErrUnavailable,
	"ErrorSubmissionQuotaExceeded": connector.ErrThrottled, "ApplicationThrottled": connector.ErrThrottled, "TooManyRequests": connector.ErrThrottled,
	"activityLimitReached": connector.ErrThrottled,
	"ErrorCorruptData":     connector.ErrUnexpected, "ErrorMimeContentConversionFailed": connector.ErrUnexpected, "ErrorCannotOpenFileAttachment": connector.ErrUnexpected,
	"ErrorInternalServerError": connector.ErrUnavailable, "ErrorInternalServerTransientError": connector.ErrUnavailable, "UnknownError": connector.ErrUnavailable,
	"ErrorTimeoutExpired": connector.ErrUnavailable, "ErrorMailboxStoreUnavailable": connector.ErrUnavailable, "ErrorServerBusy": connector.ErrUnavailable,
	"ErrorExecuteSearchStaleData": connector.ErrUnavailable,
}

// Every error that the service is known to answer with has a kind of its own, and a remedy unless
// the session finds its way by itself.
func TestEveryRow(t *testing.T) {
	t.Parallel()
	for _, row := range fakegraph.GraphErrors {
		want, ok := kinds[row.Code]
		require.True(t, ok, "%s is in no table", row.Code)
		e := Explain(failure(row.Status, "application/json", fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, row.Code, row.Message)), Mailbox)
		assert.ErrorIs(t, e, want, row.Code)
		if !errors.Is(want, connector.ErrCursorLost) {
			assert.NotEmpty(t, e.Remedy, row.Code)
		}
		t.Logf("%-38s %d  %-22v %s", row.Code, row.Status, e.Kind, e.Remedy)
	}
}

// What a code means depends on what was asked for.
func TestSubjects(t *testing.T) {
	t.Parallel()
	denied := failure(403, "application/json", `{"error":{"code":"ErrorAccessDenied","message":"Access is denied."}}`)
	assert.Contains(t, Explain(denied, Mailbox).Remedy, "Mail.Read with")
	assert.Contains(t, Explain(denied, Sending).Remedy, "Mail.Send")
	assert.Contains(t, Explain(denied, Claiming).Remedy, "Mail.ReadWrite")
	gone := failure(404, "application/json", `{"error":{"code":"ErrorItemNotFound","message":"x"}}`)
	assert.Equal(t, mailGone, Explain(gone, Mail).Remedy)
	policy := failure(403, "application/json", `{"error":{"code":"ErrorAccessDenied","message":"Access to OData is disabled."}}`)
	assert.Equal(t, policyScope, Explain(policy, Mailbox).Remedy)
}

// An answer of any shape has a kind and one line.
func TestShapes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f    *wire.StatusError
		kind error
	}{
		"HTML 502":             {failure(502, "text/html", "<html>"), connector.ErrUnavailable},
		"HTML 200":             {failure(200, "text/html", "<html>"), connector.ErrUnexpected},
		"HTML 429":             {failure(429, "text/html", "<html>"), connector.ErrThrottled},
		"empty 503":            {failure(503, "", ""), connector.ErrUnavailable},
		"empty 404":            {failure(404, "", ""), connector.ErrNoMailbox},
		"empty 401":            {failure(401, "", ""), connector.ErrAuth},
		"empty 403":            {failure(403, "", ""), connector.ErrPermission},
		"empty 429":            {failure(429, "", ""), connector.ErrThrottled},
		"empty 410":            {failure(410, "", ""), connector.ErrCursorLost},
		"no message":           {failure(500, "application/json", `{"error":{"code":"UnknownError"}}`), connector.ErrUnavailable},
		"code in another case": {failure(400, "application/json", `{"error":{"code":"syncStateInvalid"}}`), connector.ErrCursorLost},
		"error is text":        {failure(418, "application/json", `{"error":"x"}`), connector.ErrUnexpected},
		"error is a list":      {failure(500, "application/json", `{"error":[]}`), connector.ErrUnavailable},
		"no JSON":              {failure(400, "application/json", `{"error`), connector.ErrUnexpected},
		"numbers for texts":    {failure(400, "application/json", `{"error":{"code":5,"message":{}}}`), connector.ErrUnexpected},
	} {
		e := Explain(c.f, Mailbox)
		assert.ErrorIs(t, e, c.kind, name)
		assert.NotContains(t, e.Error(), "\n", name)
		assert.NotContains(t, e.Error(), "<html>", name)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	f := failure(429, "application/json", `{"error":{"code":"ApplicationThrottled","message":"x"}}`)
	f.Header.Set("Retry-After", "7")
	assert.Equal(t, 7*time.Second, Explain(f, Mailbox).RetryAfter)
}
