package faults

import (
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// row is one meaning. Its empty conditions hold always.
type row struct {
	codes  []string // any of them, in any case
	text   string   // contained in the message, in any case
	status int
	about  []Subject
	kind   error
	remedy string
}

func (r row) fits(a *GraphError, about Subject) bool {
	return (r.codes == nil || slices.ContainsFunc(r.codes, func(c string) bool { return strings.EqualFold(c, a.Code) })) &&
		(r.text == "" || strings.Contains(strings.ToLower(a.Message), strings.ToLower(r.text))) &&
		(r.status == 0 || r.status == a.Status) &&
		(r.about == nil || slices.Contains(r.about, about))
}

// ProxyLogin is the remedy where a proxy asks who we are.
const ProxyLogin = "put user and password into Proxy (http://user:password@host:port)"

// The remedies that several rows share.
const (
	tokenRefused = "the token is not accepted: check Cloud and Endpoint, and this machine's clock"
	wrongCloud   = "the token is for another service or cloud: check Cloud"
	grantRead    = "grant the app Mail.Read with admin consent, or put the mailbox into its RBAC or access-policy scope; changes take up to 2 hours"
	grantWrite   = "grant the app Mail.ReadWrite with admin consent, or the role Application Mail.ReadWrite on this mailbox"
	grantSend    = "grant the app Mail.Send with admin consent, or the role Application Mail.Send on this mailbox"
	policyScope  = "an application access policy keeps the app out of this mailbox: add the mailbox to the policy's group; changes take more than an hour"
	checkAddress = "check Address and Tenant: no such user is in the directory"
	licence      = "the user has no Exchange Online mailbox: assign a licence, or use the protocol backend for a mailbox on premises"
	mailGone     = "was it moved or deleted by someone else?"
	reportIt     = "the library asked in a way that the service does not take: please report it with this line"
	storage      = "the mailbox is full: clean it up, or raise its quota"
	tooLarge     = "the mail is larger than the mailbox may send: shrink its attachments"
	sendLimit    = "the mailbox has sent too much: wait, or send less per minute (30) and day (10,000 recipients)"
	tooMany      = "the app asks this mailbox too often (10,000 requests in 10 minutes): share one session among the tests"
	unreadable   = "the service cannot read this mail; it can be opened in Outlook at best"
)

// rows are asked from the first on. https://learn.microsoft.com/graph/errors and, for the codes
// that it does not list, what people reported.
var rows = []row{
	{codes: []string{"InvalidAuthenticationToken"}, text: "audience", kind: connector.ErrAuth, remedy: wrongCloud},
	{codes: []string{"InvalidAuthenticationToken"}, text: "lifetime", kind: connector.ErrAuth, remedy: "the token was expired on arrival: check this machine's clock"},
	{codes: []string{"InvalidAuthenticationToken", "Unauthenticated", "TokenNotFound"}, kind: connector.ErrAuth, remedy: tokenRefused},

	{codes: []string{"ErrorAccessDenied"}, text: "OData is disabled", kind: connector.ErrPermission, remedy: policyScope},
	{codes: []string{"ErrorAccessDenied"}, text: "RAOP", kind: connector.ErrPermission, remedy: policyScope},
	{codes: []string{"ErrorSendAsDenied"}, kind: connector.ErrPermission, remedy: "From must be the mailbox itself, or grant it Send As on that address"},
	{codes: []string{"ErrorSubmissionQuotaExceeded"}, kind: connector.ErrThrottled, remedy: sendLimit},
	{codes: []string{"ErrorAccessDenied"}, about: []Subject{Sending}, kind: connector.ErrPermission, remedy: grantSend},
	{codes: []string{"ErrorAccessDenied"}, about: []Subject{Claiming}, kind: connector.ErrPermission, remedy: grantWrite},
	{codes: []string{"ErrorAccessDenied"}, kind: connector.ErrPermission, remedy: grantRead},
	{codes: []string{"Authorization_RequestDenied", "ExtensionError", "Authorization_IdentityNotFound", "AccessDenied", "accessDenied"}, status: 403, kind: connector.ErrPermission, remedy: grantRead},
	{codes: []string{"ErrorQuotaExceeded", "quotaLimitReached"}, kind: connector.ErrUnavailable, remedy: storage},

	{codes: []string{"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"}, kind: connector.ErrNoMailbox, remedy: licence},
	{codes: []string{"ErrorInvalidUser", "Request_ResourceNotFound", "ResourceNotFound"}, kind: connector.ErrNoMailbox, remedy: checkAddress},
	{codes: []string{"ErrorItemNotFound", "ErrorInvalidIdMalformed", "ErrorInvalidMailboxItemId", "ErrorMessageNotFound"}, about: []Subject{Mail, Claiming}, kind: connector.ErrNotFound, remedy: mailGone},
	{codes: []string{"ErrorItemNotFound", "ErrorFolderNotFound", "ErrorSyncFolderNotFound", "ErrorInvalidIdMalformed"}, kind: connector.ErrNotFound, remedy: "the folder is gone: Session.Folders lists those there are"},

	{codes: []string{"SyncStateNotFound", "SyncStateInvalid", "resyncRequired", "ErrorInvalidSyncStateData"}, kind: connector.ErrCursorLost},
	{status: 410, kind: connector.ErrCursorLost},

	{codes: []string{"InefficientFilter", "ErrorInvalidUrlQuery", "ErrorInvalidUrlQueryFilter", "ErrorInvalidProperty", "SearchWithFilter", "SearchWithOrderBy", "RequestBroker--ParseUri", "ErrorInvalidRequest"}, kind: connector.ErrUnexpected, remedy: reportIt},
	{codes: []string{"ErrorMimeContentInvalidBase64String"}, kind: connector.ErrUnexpected, remedy: "the mail was changed on its way: does a proxy rewrite requests?"},
	{codes: []string{"ErrorInvalidRecipients"}, kind: connector.ErrConfig, remedy: "correct the recipients of the draft"},
	{codes: []string{"ErrorRecipientLimitExceeded"}, kind: connector.ErrConfig, remedy: "send to at most 500 recipients at a time"},
	{codes: []string{"ErrorMessageSizeExceeded"}, kind: connector.ErrConfig, remedy: tooLarge},
	{status: 413, kind: connector.ErrConfig, remedy: tooLarge},
	{codes: []string{"ErrorIrresolvableConflict", "ErrorStaleObject"}, kind: connector.ErrUnavailable, remedy: "someone else changed the mail at the same time"},
	{status: 412, kind: connector.ErrUnavailable, remedy: "someone else changed the mail at the same time"},
	{codes: []string{"ErrorFolderExists"}, kind: connector.ErrConfig, remedy: "the folder is there already"},

	{codes: []string{"ErrorMimeContentConversionFailed", "ErrorCorruptData", "ErrorCannotOpenFileAttachment"}, kind: connector.ErrUnexpected, remedy: unreadable},
	{codes: []string{"ApplicationThrottled"}, text: "MailboxConcurrency", kind: connector.ErrThrottled, remedy: "more than 4 requests at a time: share one session among the tests, and do not run two suites on one app"},
	{codes: []string{"ApplicationThrottled", "TooManyRequests", "activityLimitReached", "ErrorExceededConnectionCount"}, kind: connector.ErrThrottled, remedy: tooMany},
	{codes: []string{"UnknownError", "generalException", "serviceNotAvailable", "ErrorInternalServerError", "ErrorInternalServerTransientError", "ErrorMailboxStoreUnavailable",
		"ErrorServerBusy", "ErrorTimeoutExpired", "ErrorExecuteSearchStaleData", "ErrorMailboxMoveInProgress"}, kind: connector.ErrUnavailable, remedy: "the service has a hitch; if it lasts, see its status page"},
	{codes: []string{"ErrorAccountDisabled", "ErrorPasswordExpired"}, kind: connector.ErrNoMailbox, remedy: "the account is disabled: let an administrator enable it"},
}
