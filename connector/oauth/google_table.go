package oauth

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/retryafter"
)

// row is what one kind of refusal means. The first row that fits counts; an empty field fits all.
type row struct {
	status  int    // HTTP; 500 stands for all of 5xx
	code    string // the error code
	text    string // contained in the description, in any case
	kind    error
	meaning string
	remedy  string // may name {client}, {email}, {subject}, {scopes}, {skew}
	key     bool   // another key file might be taken
}

// delegate is the remedy for most that goes wrong with delegation: what to paste, and where.
const delegate = "in the Admin console, Security > Access and data control > API controls > Manage domain-wide delegation, " +
	"give client ID {client} exactly these scopes: {scopes} (a new entry works after minutes, at most 24 hours)"

// appsStatus is the remedy for what passes by itself.
const appsStatus = "if it stays: https://www.google.com/appsstatus"

// googleTable is what Google's token endpoint refuses
// (https://developers.google.com/identity/protocols/oauth2/service-account#error-codes).
var googleTable = []row{
	{code: "invalid_grant", text: "invalid jwt signature", kind: connector.ErrAuth, key: true,
		meaning: "Google does not know the key: it was deleted, disabled or expired, or belongs to another account",
		remedy:  "make a new JSON key for {email} and put it where ServiceAccount reads it"},
	{code: "invalid_grant", text: "account not found", kind: connector.ErrAuth, key: true,
		meaning: "the service account does not exist (any more)",
		remedy:  "is {email} the right account? Make it, or its key, anew"},
	{code: "invalid_grant", text: "is not set", kind: connector.ErrUnexpected,
		meaning: "Google misses a time in the assertion", remedy: "does something between change requests?"},
	{code: "invalid_grant", text: "short-lived token", kind: connector.ErrAuth,
		meaning: "the clocks differ by more than Google allows", remedy: "set {skew} right (NTP)"},
	{code: "invalid_grant", text: "audience", kind: connector.ErrConfig,
		meaning: "the assertion is meant for another token endpoint", remedy: "leave TokenURL empty, and token_uri in the key file as Google wrote it"},
	{code: "invalid_grant", text: "invalid email or user id", kind: connector.ErrNoMailbox,
		meaning: "the domain has no such user", remedy: "is {subject} right? An alias or a group is no user: set Subject to the primary address"},
	{code: "invalid_grant", text: "not a valid email", kind: connector.ErrNoMailbox,
		meaning: "the user's address is malformed or unknown", remedy: "is {subject} right?"},
	{code: "invalid_grant", text: "has been deleted", kind: connector.ErrNoMailbox,
		meaning: "the user was deleted", remedy: "restore {subject} in the Admin console (within 20 days), or use another"},
	{code: "invalid_request", text: "impersonation", kind: connector.ErrNoMailbox,
		meaning: "Google cannot read the user's address", remedy: "is {subject} right?"},
	{code: "unauthorized_client", text: "", kind: connector.ErrPermission, key: true,
		meaning: "the domain does not let the service account act for its users with all of these scopes, or {subject} is of another domain (no consumer account can be delegated)",
		remedy:  delegate},
	{code: "access_denied", text: "restricted", kind: connector.ErrNoMailbox,
		meaning: "the user's account is restricted or suspended", remedy: "look at {subject} in the Admin console"},
	{code: "access_denied", kind: connector.ErrPermission,
		meaning: "an administrator's policy denies the client", remedy: delegate},
	{code: "invalid_scope", kind: connector.ErrConfig,
		meaning: "Google does not take the scopes", remedy: "write Scopes as Google lists them; asked for: {scopes}"},
	{code: "admin_policy_enforced", kind: connector.ErrPermission,
		meaning: "a policy of the Workspace forbids the scopes", remedy: "in the Admin console, API controls > App access control, trust client ID {client}"},
	{code: "org_internal", kind: connector.ErrPermission,
		meaning: "the client is for users of its own organisation only", remedy: "use a service account of {subject}'s organisation"},
	{code: "disabled_client", kind: connector.ErrAuth, key: true,
		meaning: "the service account is disabled", remedy: "enable {email} in the Cloud console, IAM & Admin > Service accounts"},
	{code: "deleted_client", kind: connector.ErrAuth, key: true,
		meaning: "the service account was deleted", remedy: "make a new one, and a key and a delegation for it"},
	{code: "invalid_client", kind: connector.ErrAuth, key: true,
		meaning: "Google does not know the client", remedy: "is the key file whole, and of {email}?"},
	{code: "unsupported_grant_type", kind: connector.ErrConfig,
		meaning: "the token endpoint does not know the grant", remedy: "leave TokenURL empty, and token_uri in the key file as Google wrote it"},
	{status: 429, kind: connector.ErrThrottled,
		meaning: "too many requests for tokens", remedy: "do many processes connect at the same time? A session keeps its token for an hour"},
	{code: "internal_failure", kind: connector.ErrUnavailable,
		meaning: "Google's token endpoint has a fault", remedy: appsStatus},
	{status: 500, kind: connector.ErrUnavailable,
		meaning: "Google's token endpoint has a fault", remedy: appsStatus},
	{code: "invalid_request", kind: connector.ErrUnexpected,
		meaning: "Google cannot read the assertion", remedy: "does something between change requests?"},
	{kind: connector.ErrAuth, meaning: "Google refuses the service account for a reason that this version does not know",
		remedy: "look up the code in https://developers.google.com/identity/protocols/oauth2/service-account"},
}

// iamTable is what IAM refuses for signJwt.
var iamTable = []row{
	{status: 401, kind: connector.ErrAuth, meaning: "IAM refuses the caller's token", remedy: "does Keyless.Caller give fresh tokens with the scope https://www.googleapis.com/auth/cloud-platform?"},
	{status: 403, text: "has not been used", kind: connector.ErrPermission, meaning: "the IAM Service Account Credentials API is not enabled", remedy: "enable iamcredentials.googleapis.com in the caller's project, and wait some minutes"},
	{status: 403, text: "insufficient authentication scopes", kind: connector.ErrPermission, meaning: "the caller's token lacks a scope", remedy: "make Keyless.Caller with the scope https://www.googleapis.com/auth/cloud-platform"},
	{status: 403, kind: connector.ErrPermission, meaning: "the caller may not sign for the service account, or there is no such account", remedy: "give the caller the role Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on {email}"},
	{status: 404, kind: connector.ErrAuth, meaning: "the service account does not exist", remedy: "is Keyless.Account right? It is {email}"},
	{status: 429, kind: connector.ErrThrottled, meaning: "too many requests to IAM", remedy: "do many processes connect at the same time? A session keeps its token for an hour"},
	{status: 500, kind: connector.ErrUnavailable, meaning: "IAM has a fault", remedy: "if it stays: https://status.cloud.google.com"},
	{kind: connector.ErrUnexpected, meaning: "IAM does not take the claims", remedy: "is Keyless.Account right? It is {email}"},
}

// lookup finds the row for an answer. The last row of a table fits all.
func lookup(table []row, status int, code, text string) row {
	text = strings.ToLower(text)
	for _, r := range table {
		fits := r.status == 0 || r.status == status || r.status == 500 && status > 500
		if fits && (r.code == "" || r.code == code) && strings.Contains(text, r.text) {
			return r
		}
	}
	return table[len(table)-1]
}

// make makes the error of a row.
func (r row) make(op string, f facts, e *GoogleError) error {
	e.Meaning, e.blamesKey = f.fill(r.meaning), r.key
	if f.consumer() && e.Code == "unauthorized_client" {
		e.Meaning = f.subject + " is a consumer account, which no service account can act for"
		r.remedy = "use a mailbox of a Google Workspace domain"
	}
	return &connector.Error{Op: op, Kind: r.kind, Err: e, Remedy: f.fill(r.remedy), RetryAfter: retryafter.Header(f.header)}
}

// consumer reports whether the user is one of gmail.com, which has no administrator.
func (f facts) consumer() bool {
	_, domain, _ := strings.Cut(strings.ToLower(f.subject), "@")
	return domain == "gmail.com" || domain == "googlemail.com"
}
