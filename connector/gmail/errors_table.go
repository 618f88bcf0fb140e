package gmail

import (
	"errors"
	"slices"
	"strings"

	"google.golang.org/api/googleapi"

	"github.com/cloudmail-go/cloudmail/connector"
)

// row is what one kind of refusal means. The first row that fits counts; an empty field fits all.
type row struct {
	status  int    // HTTP; 300 and 500 stand for all of 3xx and 5xx
	op      string // the operation
	reason  string // of the error list or of ErrorInfo
	text    string // contained in the message, in any case
	kind    error
	meaning string
	remedy  string // may name {client}, {email}, {subject}, {scopes}, {link}
}

// delegate is what to paste into the Admin console, and where.
const delegate = "in the Admin console, Security > Access and data control > API controls > Manage domain-wide delegation, " +
	"give client ID {client} the scopes that Workspace.Scopes asks for: {scopes}"

// checkNetwork is the remedy for what passes by itself, most of the time.
const checkNetwork = "if it stays: is the network well? See Proxy and NoProxy"

// What a proxy means that answers 407.
const (
	proxyUser   = "the proxy wants to know who we are"
	proxyRemedy = "put user and password into Proxy"
)

// table is what the Gmail API refuses
// (https://developers.google.com/workspace/gmail/api/guides/handle-errors).
var table = slices.Concat(accessRows, quotaRows, requestRows)

// accessRows are about who we are and what we may.
var accessRows = []row{
	{status: 401, reason: "required", kind: connector.ErrAuth,
		meaning: "no access token reached Google", remedy: "does a proxy take the Authorization field out? See Proxy and NoProxy"},
	{status: 401, kind: connector.ErrAuth,
		meaning: "Google refuses the access token, and a fresh one too", remedy: "was the grant revoked? With TokenSource: does it give a new token after it was refused?"},
	{status: 400, text: "mail service not enabled", kind: connector.ErrNoMailbox,
		meaning: "the user has no Gmail", remedy: "give {subject} a licence and turn the Gmail service on for its organisational unit"},
	{status: 400, reason: "failedPrecondition", text: "precondition check failed", kind: connector.ErrNoMailbox,
		meaning: "the token is of the service account itself, which has no mailbox", remedy: "make tokens with the subject {subject}"},
	{status: 403, text: "delegation denied", kind: connector.ErrPermission,
		meaning: "the token is of another user than the mailbox", remedy: "make tokens with the subject {subject}"},
	{status: 403, text: "metadata scope", kind: connector.ErrPermission,
		meaning: "the token has the scope gmail.metadata, which takes away what wider scopes allow", remedy: "take gmail.metadata out of Scopes, and out of what TokenSource asks for"},
	{status: 403, reason: "insufficientPermissions", kind: connector.ErrPermission,
		meaning: "the token lacks a scope", remedy: delegate + "; reading, sending and labelling need https://www.googleapis.com/auth/gmail.modify"},
	{status: 403, reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", kind: connector.ErrPermission,
		meaning: "the token lacks a scope", remedy: delegate + "; reading, sending and labelling need https://www.googleapis.com/auth/gmail.modify"},
	{status: 403, reason: "accessNotConfigured", kind: connector.ErrPermission,
		meaning: "the Gmail API is not enabled in the service account's project", remedy: "enable it at {link} and wait some minutes"},
	{status: 403, reason: "SERVICE_DISABLED", kind: connector.ErrPermission,
		meaning: "the Gmail API is not enabled in the service account's project", remedy: "enable it at {link} and wait some minutes"},
	{status: 403, reason: "domainPolicy", kind: connector.ErrPermission,
		meaning: "the domain's administrators forbid apps to use Gmail", remedy: "in the Admin console, API controls > App access control, trust client ID {client}"},
}

// quotaRows are about too much.
var quotaRows = []row{
	{status: 403, reason: "dailyLimitExceeded", kind: connector.ErrPermission,
		meaning: "the project's quota of the day is used up", remedy: "wait until midnight Pacific time, or raise the quota in the Cloud console"},
	{text: "mail sending", kind: connector.ErrThrottled,
		meaning: "the user has sent as much as a day allows", remedy: "send from another mailbox, or tomorrow: Workspace allows 2,000 mails a day"},
	{status: 429, text: "concurrent", kind: connector.ErrThrottled,
		meaning: "too many requests of this mailbox at the same time", remedy: "do other programs read it? Gmail allows about 10"},
	{status: 403, text: "quota metric", kind: connector.ErrThrottled,
		meaning: "the project's quota per minute is used up", remedy: "spread the tests over mailboxes, or raise the quota in the Cloud console"},
	{status: 403, reason: "userRateLimitExceeded", kind: connector.ErrThrottled,
		meaning: "the mailbox used more than the 6,000 units of a minute", remedy: "spread the tests over mailboxes"},
	{status: 403, reason: "rateLimitExceeded", kind: connector.ErrThrottled,
		meaning: "the mailbox used more than the 6,000 units of a minute", remedy: "spread the tests over mailboxes"},
	{status: 403, reason: "RATE_LIMIT_EXCEEDED", kind: connector.ErrThrottled,
		meaning: "the project's quota per minute is used up", remedy: "spread the tests over mailboxes, or raise the quota in the Cloud console"},
	{status: 403, reason: "quotaExceeded", kind: connector.ErrThrottled,
		meaning: "a quota is used up", remedy: "look at the quotas of the Gmail API in the Cloud console"},
	{status: 429, kind: connector.ErrThrottled,
		meaning: "too many requests", remedy: "spread the tests over mailboxes"},
}

// requestRows are about one request.
var requestRows = []row{
	{status: 404, reason: "notFound", kind: connector.ErrNotFound,
		meaning: "there is no such mail (any more)", remedy: "was it deleted for good?"},
	{status: 404, kind: connector.ErrUnexpected,
		meaning: "the address of the request is none of Gmail's", remedy: "is Endpoint right, and no proxy between that answers itself?"},
	{status: 400, text: "invalid id", kind: connector.ErrNotFound,
		meaning: "the id is none of Gmail's", remedy: "was it taken from another mailbox or backend?"},
	{status: 400, text: "label", kind: connector.ErrConfig,
		meaning: "Gmail does not take the label", remedy: "was it deleted meanwhile? Session.Folders lists those it has"},
	{status: 400, text: "recipient", kind: connector.ErrConfig,
		meaning: "Gmail does not take a recipient", remedy: "check the addresses of the mail"},
	{status: 400, op: "send", kind: connector.ErrConfig,
		meaning: "Gmail does not take the mail", remedy: "check its header: From, To, and line ends"},
	{status: 400, kind: connector.ErrUnexpected,
		meaning: "Gmail does not take the request", remedy: "does a proxy change requests?"},
	{status: 409, kind: connector.ErrUnavailable,
		meaning: "another program changed the same thing at the same time", remedy: "try again"},
	{status: 413, kind: connector.ErrConfig,
		meaning: "the mail is larger than Gmail sends", remedy: "send at most 35 MB"},
	{status: 407, kind: connector.ErrConfig,
		meaning: proxyUser, remedy: proxyRemedy},
	{status: 408, kind: connector.ErrUnavailable,
		meaning: "the request took too long", remedy: checkNetwork},
	{status: 300, kind: connector.ErrUnexpected,
		meaning: "the answer leads elsewhere, which Gmail's never do", remedy: "is Endpoint right, and no login page between? See Proxy and NoProxy"},
	{status: 501, kind: errors.ErrUnsupported,
		meaning: "the service does not have this", remedy: "is Endpoint right?"},
	{status: 500, kind: connector.ErrUnavailable,
		meaning: "Gmail has a fault", remedy: "if it stays: https://www.google.com/appsstatus"},
	{status: 403, kind: connector.ErrPermission,
		meaning: "Google forbids it", remedy: delegate},
	{kind: connector.ErrUnexpected,
		meaning: "this version does not know the answer", remedy: "is a proxy between that answers itself?"},
}

// lookup finds the row for an answer. The last row fits all.
func lookup(op string, a *googleapi.Error) row {
	code, reasons := status(a)
	text := strings.ToLower(a.Message)
	for _, r := range table {
		switch {
		case r.status != 0 && r.status != code && (r.status != 300 && r.status != 500 || r.status/100 != code/100),
			r.op != "" && r.op != op,
			r.reason != "" && !slices.Contains(reasons, r.reason),
			!strings.Contains(text, r.text):
			continue
		}
		return r
	}
	return table[len(table)-1]
}
