package fakegraph

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// apiError is an answer of Graph that is not a success.
type apiError struct {
	status        int
	code, message string
	header        http.Header
	bare          bool // without innerError, as Outlook's own 429 comes
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

// body is the error envelope. innerError.date has no zone, as the service writes it.
func (e *apiError) body(requestID, clientRequestID string) object {
	inner := object{
		{"date", time.Now().UTC().Format("2006-01-02T15:04:05")},
		{"request-id", requestID},
		{"client-request-id", clientRequestID},
	}
	err := object{{"code", e.code}, {"message", e.message}}
	if !e.bare {
		err.add("innerError", inner)
	}
	return object{{"error", err}}
}

func fail(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "BadRequest", format, args...)
}

// known answers with one of the rows of [GraphErrors].
func known(code string) *apiError {
	for _, row := range GraphErrors {
		if row.Code == code {
			return &apiError{status: row.Status, code: row.Code, message: row.Message}
		}
	}
	panic("fakegraph: no such error row: " + code)
}

func notFound() *apiError { return known("ErrorItemNotFound") }

func malformedID() *apiError { return known("ErrorInvalidIdMalformed") }

func accessDenied() *apiError { return known("ErrorAccessDenied") }

// noProperty is what a $select, $filter or $orderby with an unknown property gets.
func noProperty(name string) *apiError {
	return fail(http.StatusBadRequest, "RequestBroker--ParseUri",
		"Could not find a property named '%s' on type 'microsoft.graph.message'.", name)
}

func noSegment(name string) *apiError {
	return fail(http.StatusBadRequest, "RequestBroker--ParseUri", "Resource not found for the segment '%s'.", name)
}

// throttled is a 429 with the whole seconds after which the caller may come back.
func throttled(code, message string, after time.Duration) *apiError {
	e := fail(http.StatusTooManyRequests, code, "%s", message)
	e.header = http.Header{"Retry-After": {strconv.Itoa(seconds(after))}}
	e.bare = true
	return e
}

// seconds rounds up, at least 1.
func seconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}

// ErrorRow is one error that the service is known to answer with.
type ErrorRow struct {
	Code    string
	Status  int
	Message string
}

// GraphErrors are the errors of Graph mail that tests inject by [GraphError]: code, usual status
// and text. Those that follow from a request (a wrong filter, a missing permission) are also
// given by the fake of its own accord.
var GraphErrors = [...]ErrorRow{
	{"InvalidAuthenticationToken", 401, "Access token is empty."},
	{"ErrorAccessDenied", 403, "Access is denied. Check credentials and try again."},
	{"ExtensionError", 403, "Operation: Create; Exception: [Status Code: Forbidden; Reason: Access is denied.]"},
	{"Authorization_RequestDenied", 403, "Insufficient privileges to complete the operation."},
	{"ErrorSendAsDenied", 403, "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account."},
	{"ErrorItemNotFound", 404, "The specified object was not found in the store."},
	{"ErrorInvalidUser", 404, "The requested user is invalid."},
	{"Request_ResourceNotFound", 404, "Resource does not exist or one of its queried reference-property objects are not present."},
	{"ResourceNotFound", 404, "Resource could not be discovered."},
	{"MailboxNotEnabledForRESTAPI", 404, "The mailbox is either inactive, soft-deleted, or is hosted on-premise."},
	{"ErrorSyncFolderNotFound", 404, "The folder to be synchronized could not be found."},
	{"ErrorInvalidIdMalformed", 400, "Id is malformed."},
	{"RequestBroker--ParseUri", 400, "Syntax error in the request URI."},
	{"ErrorInvalidUrlQuery", 400, "The '$filter' parameter value is not supported for 'Messages' resource; only a value of 'receivedDateTime ge value' is supported."},
	{"ErrorInvalidUrlQueryFilter", 400, "The query filter contains one or more invalid nodes."},
	{"ErrorInvalidProperty", 400, "The property 'Id' does not support filtering."},
	{"InefficientFilter", 400, "The restriction or sort order is too complex for this operation."},
	{"SearchWithFilter", 400, "The query parameter '$filter' is not supported with '$search'."},
	{"SearchWithOrderBy", 400, "The query parameter '$orderBy' is not supported with '$search'."},
	{"BadRequest", 400, "Invalid request."},
	{"ErrorMimeContentInvalidBase64String", 400, "Invalid base64 string for MIME content."},
	{"ErrorInvalidRecipients", 400, "At least one recipient isn't valid."},
	{"ErrorMessageSizeExceeded", 413, "The message exceeds the maximum supported size."},
	{"ErrorIrresolvableConflict", 409, "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."},
	{"ErrorFolderExists", 409, "A folder with the specified name already exists."},
	{"SyncStateNotFound", 410, "The sync state generation is not found; generation=149;[highest=157][157][155][156]."},
	{"SyncStateInvalid", 400, "The sync state data is invalid."},
	{"ErrorQuotaExceeded", 507, "The mailbox has exceeded its storage quota."},
	{"ErrorSubmissionQuotaExceeded", 429, "The message submission quota of the mailbox is exceeded."},
	{"ApplicationThrottled", 429, "Application is over its MailboxConcurrency limit."},
	{"TooManyRequests", 429, "Too many requests."},
	{"activityLimitReached", 429, "The request has been throttled."},
	{"ErrorCorruptData", 500, "The data is corrupt."},
	{"ErrorMimeContentConversionFailed", 500, "MIME content conversion failed."},
	{"ErrorCannotOpenFileAttachment", 500, "The file attachment cannot be opened."},
	{"ErrorInternalServerError", 500, "An internal server error occurred. The operation failed."},
	{"ErrorInternalServerTransientError", 500, "An internal server error occurred. Try again later."},
	{"UnknownError", 504, ""},
	{"ErrorTimeoutExpired", 504, "The request timed out."},
	{"ErrorMailboxStoreUnavailable", 503, "The mailbox database is temporarily unavailable."},
	{"ErrorServerBusy", 503, "The server cannot service this request right now. Try again later."},
	{"ErrorExecuteSearchStaleData", 503, "The search index is being rebuilt."},
}
