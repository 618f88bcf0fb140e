package graph_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// fault is one thing that goes wrong, and what a user is told of it.
type fault struct {
	name   string
	change func(w *world, s *graph.Office365) // before connecting
	break_ func(w *world)                     // after it
	act    func(ctx context.Context, b connector.Backend) error
	kind   error         // nil: it works all the same
	says   string        // in the error's text
	asks   int           // requests of the act, or of connecting where there is no act
	after  time.Duration // RetryAfter
}

// connecting is how many requests connecting takes: Entra's configuration, a token, seven folders.
const connecting = 9

const letter = "From: a@example.com\r\nTo: qa@example.com\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n"

// The acts.
var (
	end    = func(ctx context.Context, b connector.Backend) error { _, err := b.End(ctx); return err }
	search = func(ctx context.Context, b connector.Backend) error { _, err := firstID(ctx, b); return err }
	read   = func(ctx context.Context, b connector.Backend) error {
		id, err := firstID(ctx, b)
		if err != nil {
			return err
		}
		return readID(ctx, b, id)
	}
	send = func(ctx context.Context, b connector.Backend) error {
		mail := strings.ReplaceAll(letter, "a@example.com", connectortest.Address)
		return b.(connector.Sender).Send(ctx, []string{connectortest.Address}, strings.NewReader(mail))
	}
	folders = func(ctx context.Context, b connector.Backend) error {
		_, err := b.(connector.Folderer).Folders(ctx)
		return err
	}
	trash = func(ctx context.Context, b connector.Backend) error {
		id, err := firstID(ctx, b)
		if err != nil {
			return err
		}
		return b.(connector.Trasher).Trash(ctx, id)
	}
	look = func(ctx context.Context, b connector.Backend) error {
		c, err := b.End(ctx)
		if err != nil {
			return err
		}
		_, _, err = b.Arrivals(ctx, c)
		return err
	}
)

func firstID(ctx context.Context, b connector.Backend) (string, error) {
	for e, err := range b.Search(ctx, connector.Query{Everything: true}) {
		return e.ID, err
	}
	return "", errors.New("there is no mail")
}

func readID(ctx context.Context, b connector.Backend, id string) error {
	src, err := b.Fetch(ctx, id, connector.DepthWhole)
	if err != nil {
		return err
	}
	defer src.Close()
	_, err = io.Copy(io.Discard, src)
	return err
}

func pushes(f fakehttp.Fault) func(*world) { return func(w *world) { w.fake.Faults.Push(f) } }

// fails is an error of Graph's for the next request of a kind.
func fails(kind, code string) func(*world) { return pushes(fakegraph.GraphError(kind, code)) }

// says is an error of Graph's with a text of its own.
func says(kind, code, message string) func(*world) {
	f := fakegraph.GraphError(kind, code)
	f.Body = fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)
	return pushes(f)
}

// answers is any answer to the next request of a kind.
func answers(kind string, status int, mediaType, body string) func(*world) {
	return pushes(fakehttp.Fault{Kind: kind, Status: status, Body: body, Header: http.Header{"Content-Type": {mediaType}}})
}

func before(f func(*world)) func(*world, *graph.Office365) {
	return func(w *world, _ *graph.Office365) { f(w) }
}

// entra is a refusal by Entra.
func entra(code int, kind error, text string) fault {
	f := fault{name: fmt.Sprintf("AADSTS%d", code), kind: kind, says: text, asks: 2,
		change: before(pushes(fakegraph.EntraError(code)))}
	if code == 90002 || code == 900023 {
		f.asks = 1
	}
	if code == 90055 {
		f.after = time.Second
	}
	return f
}

func change(f func(*fakegraph.App)) func(*world, *graph.Office365) {
	return func(w *world, _ *graph.Office365) { w.fake.ChangeApp(w.app.ClientID, f) }
}

// broken is a credential of the caller's own that fails.
type broken struct{}

func (broken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New("no managed identity here")
}

func field(set func(*graph.Office365)) func(*world, *graph.Office365) {
	return func(_ *world, s *graph.Office365) { set(s) }
}

const page = "<html><body>please log in</body></html>"

var fieldFaults = []fault{
	{name: "no address", change: field(func(s *graph.Office365) { s.Address = " " }), kind: connector.ErrConfig, says: "Address"},
	{name: "address with a name", change: field(func(s *graph.Office365) { s.Address = "QA <qa@example.com>" }), kind: connector.ErrConfig, says: "local@domain"},
	{name: "no tenant", change: field(func(s *graph.Office365) { s.Tenant = "" }), kind: connector.ErrConfig, says: "Tenant: it is empty"},
	{name: "tenant common", change: field(func(s *graph.Office365) { s.Tenant = "common" }), kind: connector.ErrConfig, says: "means any tenant"},
	{name: "app's name for its id", change: field(func(s *graph.Office365) { s.ClientID = "qa-mail" }), kind: connector.ErrConfig, says: "Application (client) ID"},
	{name: "no credential", change: field(func(s *graph.Office365) { s.ClientSecret = nil }), kind: connector.ErrConfig, says: "no credential is set"},
	{name: "two credentials", change: field(func(s *graph.Office365) { s.TokenCredential = broken{} }), kind: connector.ErrConfig, says: "2 credentials are set"},
	{name: "empty secret", change: field(func(s *graph.Office365) { s.ClientSecret = connector.Literal("") }), kind: connector.ErrConfig, says: "variable"},
	{name: "secret's id for its value", change: func(w *world, s *graph.Office365) { s.ClientSecret = connector.Literal(w.app.Secrets[0].ID) }, kind: connector.ErrConfig, says: "it is the secret's id"},
	{name: "vault fails", change: field(func(s *graph.Office365) {
		s.ClientSecret = func(context.Context, string) (string, error) { return "", errors.New("vault sealed") }
	}), kind: connector.ErrAuth, says: "vault sealed"},
	{name: "certificate that is none", change: field(func(s *graph.Office365) {
		s.ClientSecret, s.Certificate = nil, connector.Literal("/run/cert.pem")
	}), kind: connector.ErrConfig, says: "neither PEM nor the base64 of a PFX"},
	{name: "password without certificate", change: field(func(s *graph.Office365) { s.CertificatePassword = connector.Literal("x") }), kind: connector.ErrConfig, says: "there is no Certificate"},
	{name: "unknown cloud", change: field(func(s *graph.Office365) { s.Cloud = "germany" }), kind: connector.ErrConfig, says: "USGovernmentDoD"},
	{name: "endpoint without https", change: field(func(s *graph.Office365) { s.Endpoint = "http://graph.example.com" }), kind: connector.ErrConfig, says: "Endpoint"},
	{name: "endpoint with a path", change: field(func(s *graph.Office365) { s.Endpoint = "https://graph.microsoft.com/v1.0" }), kind: connector.ErrConfig, says: "https://host"},
	{name: "proxy without host", change: field(func(s *graph.Office365) { s.Proxy = parse("3128") }), kind: connector.ErrConfig, says: "Proxy"},
	{name: "own credential fails", change: field(func(s *graph.Office365) { s.ClientSecret, s.TokenCredential = nil, broken{} }), kind: connector.ErrAuth, says: "TokenCredential"},
	{name: "own federated token fails", change: field(func(s *graph.Office365) {
		s.ClientSecret, s.FederatedToken = nil, func(context.Context) (string, error) { return "", errors.New("no token here") }
	}), kind: connector.ErrAuth, says: "no token here", asks: 1},
}

var signInFaults = []fault{
	entra(7000215, connector.ErrAuth, "not its id"),
	entra(7000222, connector.ErrAuth, "make a new client secret"),
	entra(7000216, connector.ErrConfig, "set ClientSecret"),
	entra(7000218, connector.ErrConfig, "set ClientSecret"),
	entra(700027, connector.ErrAuth, "upload this certificate"),
	entra(50012, connector.ErrAuth, "upload this certificate"),
	entra(700024, connector.ErrAuth, "clock"),
	entra(50013, connector.ErrAuth, "upload this certificate"),
	entra(500133, connector.ErrAuth, "clock"),
	entra(50027, connector.ErrAuth, "malformed"),
	entra(700021, connector.ErrAuth, "check ClientID"),
	entra(700211, connector.ErrAuth, "federated credential, letter by letter"),
	entra(700212, connector.ErrAuth, "federated credential, letter by letter"),
	entra(700213, connector.ErrAuth, "federated credential, letter by letter"),
	entra(70021, connector.ErrAuth, "federated credential, letter by letter"),
	entra(700016, connector.ErrAuth, "check ClientID and Tenant"),
	entra(90002, connector.ErrAuth, "check Tenant"),
	entra(900023, connector.ErrConfig, "check Tenant"),
	entra(7000112, connector.ErrAuth, "enable the enterprise application"),
	entra(7000229, connector.ErrAuth, "consent to the app in this tenant"),
	entra(1002012, connector.ErrConfig, "/.default"),
	entra(70011, connector.ErrConfig, "/.default"),
	entra(700022, connector.ErrConfig, "/.default"),
	entra(500011, connector.ErrAuth, "check Cloud"),
	entra(50001, connector.ErrAuth, "check Cloud"),
	entra(65001, connector.ErrPermission, "administrator grant consent"),
	entra(53003, connector.ErrAuth, "Conditional Access policy blocks"),
	entra(50076, connector.ErrAuth, "second factor"),
	entra(50079, connector.ErrAuth, "second factor"),
	entra(50196, connector.ErrAuth, "share one session"),
	entra(50194, connector.ErrConfig, "set Tenant to its id"),
	entra(9001023, connector.ErrConfig, "set Tenant to the id of a directory"),
	entra(50059, connector.ErrConfig, "check Tenant"),
	entra(90055, connector.ErrThrottled, "too many tokens"),
	entra(900561, connector.ErrUnexpected, "proxy changed the request's method"),
	entra(900144, connector.ErrConfig, "a field is missing"),
	entra(70003, connector.ErrUnexpected, "changed on its way"),
	{name: "wrong secret", change: func(w *world, _ *graph.Office365) { w.secret = "wrong" }, kind: connector.ErrAuth, says: "not its id", asks: 2},
	{name: "expired secret", change: change(func(a *fakegraph.App) { a.Secrets[0].Expires = time.Now().Add(-time.Hour) }), kind: connector.ErrAuth, says: "make a new client secret", asks: 2},
	{name: "secret rotated meanwhile", change: func(w *world, _ *graph.Office365) { w.revoke(true) }, asks: connecting + 2},
	{name: "app of another tenant", change: field(func(s *graph.Office365) { s.ClientID = "11111111-2222-4333-8444-555555555555" }), kind: connector.ErrAuth, says: "check ClientID and Tenant", asks: 2},
	{name: "wrong tenant", change: field(func(s *graph.Office365) { s.Tenant = "nowhere.example" }), kind: connector.ErrAuth, says: "check Tenant", asks: 1},
	{name: "disabled app", change: change(func(a *fakegraph.App) { a.Disabled = true }), kind: connector.ErrAuth, says: "enable the enterprise application", asks: 2},
	{name: "blocked by Conditional Access", change: change(func(a *fakegraph.App) { a.Blocked = true }), kind: connector.ErrAuth, says: "Conditional Access", asks: 2},
	{name: "login page for a token", change: before(answers("token", 200, "text/html", page)), kind: connector.ErrUnexpected, says: "proxy", asks: 2},
	{name: "login page for Entra's configuration", change: before(answers("openid", 200, "text/html", page)), kind: connector.ErrUnexpected, says: "proxy", asks: 1},
	{name: "redirect for a token", change: before(answers("token", 302, "text/html", "")), kind: connector.ErrUnexpected, says: "proxy", asks: 2},
	{name: "token of nothing", change: before(answers("token", 200, "application/json", "{}")), kind: connector.ErrUnexpected, says: "AuthorityHost", asks: 2},
	{name: "token cut", change: before(pushes(fakehttp.Fault{Kind: "token", CutAfter: 20})), kind: connector.ErrUnavailable, says: "broke off", asks: 2},
	{name: "sign-in reset", change: before(pushes(fakehttp.Fault{Kind: "token", Reset: true})), kind: connector.ErrUnavailable, says: "network", asks: 2},
	{name: "sign-in silent", change: before(pushes(fakehttp.Fault{Kind: "openid", Hang: true})), kind: connector.ErrUnavailable, says: "check the network", asks: 1},
	{name: "sign-in down", change: before(answers("token", 503, "text/plain", "down")), kind: connector.ErrUnavailable, says: "503", asks: 2},
	{name: "proxy asks who we are", change: before(answers("openid", 407, "text/html", page)), kind: connector.ErrConfig, says: "user and password into Proxy", asks: 1},
}

var mailboxFaults = []fault{
	{name: "no consent", change: change(func(a *fakegraph.App) { a.Roles = []string{} }), kind: connector.ErrPermission, says: "grant the app Mail.Read", asks: 3},
	{name: "out of the RBAC scope", change: change(func(a *fakegraph.App) {
		a.Roles, a.Grants = []string{}, []fakegraph.Grant{{Role: "Mail.Read", Mailboxes: []string{connectortest.Peer}}}
	}), kind: connector.ErrPermission, says: "RBAC or access-policy scope", asks: 3},
	{name: "access policy", change: change(func(a *fakegraph.App) { a.Policy = &fakegraph.AccessPolicy{Mailboxes: []string{connectortest.Peer}} }), kind: connector.ErrPermission, says: "application access policy keeps the app out", asks: 3},
	{name: "RBAC alone", change: change(func(a *fakegraph.App) {
		a.Roles, a.Grants = []string{}, []fakegraph.Grant{{Role: "Mail.Read", Mailboxes: []string{connectortest.Address}}}
	}), asks: connecting},
	{name: "unknown user", change: field(func(s *graph.Office365) { s.Address = "nobody@example.com" }), kind: connector.ErrNoMailbox, says: "no such user", asks: 3},
	{name: "unlicensed user", change: func(w *world, s *graph.Office365) { w.fake.NoMailbox(connectortest.Address) }, kind: connector.ErrNoMailbox, says: "assign a licence", asks: 3},
	{name: "folder that is not there", change: func(w *world, _ *graph.Office365) { w.watch = []connector.Folder{"Nowhere"} }, kind: connector.ErrConfig, says: "Session.Folders", asks: connecting + 1},
	{name: "basic permission only", change: change(func(a *fakegraph.App) { a.Roles = []string{"Mail.ReadBasic.All"} }), act: read, kind: connector.ErrPermission, says: "grant the app Mail.Read", asks: 2},
	{name: "may not write", change: change(func(a *fakegraph.App) { a.Roles = []string{"Mail.Read"} }), act: trash, kind: connector.ErrPermission, says: "grant the app Mail.ReadWrite", asks: 2},
	{name: "may not send", change: change(func(a *fakegraph.App) { a.Roles = []string{"Mail.Read"} }), act: send, kind: connector.ErrPermission, says: "grant the app Mail.Send", asks: 1},
}

var callFaults = []fault{
	{name: "token expired", break_: func(w *world) { w.fake.ExpireTokens() }, act: end, asks: 4},
	{name: "token revoked (CAE)", break_: func(w *world) { w.fake.RevokeTokens("") }, act: end, asks: 3},
	{name: "token revoked (CAE), a stream", break_: func(w *world) { w.fake.Faults.Push(caeFault("value")) }, act: read, asks: 4},
	{name: "token refused for good", break_: func(w *world) {
		f := fakegraph.GraphError("list", "InvalidAuthenticationToken")
		f.Times = -1
		w.fake.Faults.Push(f)
	}, act: end, kind: connector.ErrAuth, says: "check Cloud and Endpoint", asks: 4},
	{name: "token of another audience", break_: func(w *world) {
		f := fakegraph.GraphError("list", "InvalidAuthenticationToken")
		f.Body, f.Times = `{"error":{"code":"InvalidAuthenticationToken","message":"Access token validation failure. Invalid audience."}}`, -1
		w.fake.Faults.Push(f)
	}, act: end, kind: connector.ErrAuth, says: "another service or cloud", asks: 4},
	{name: "ErrorAccessDenied", break_: fails("list", "ErrorAccessDenied"), act: end, kind: connector.ErrPermission, says: "changes take up to 2 hours", asks: 1},
	{name: "OData disabled", break_: says("list", "ErrorAccessDenied", "Access to OData is disabled."), act: end, kind: connector.ErrPermission, says: "access policy", asks: 1},
	{name: "ExtensionError", break_: fails("list", "ExtensionError"), act: end, kind: connector.ErrPermission, says: "Mail.Read", asks: 1},
	{name: "Authorization_RequestDenied", break_: fails("list", "Authorization_RequestDenied"), act: end, kind: connector.ErrPermission, says: "Mail.Read", asks: 1},
	{name: "ErrorSendAsDenied", break_: fails("send", "ErrorSendAsDenied"), act: send, kind: connector.ErrPermission, says: "Send As", asks: 1},
	{name: "ErrorItemNotFound", break_: fails("value", "ErrorItemNotFound"), act: read, kind: connector.ErrNotFound, says: "moved or deleted", asks: 2},
	{name: "an id of nothing", act: func(ctx context.Context, b connector.Backend) error { return readID(ctx, b, "AAMk/AD+g=") }, kind: connector.ErrNotFound, says: "moved or deleted", asks: 1},
	{name: "ErrorInvalidUser", break_: fails("list", "ErrorInvalidUser"), act: end, kind: connector.ErrNoMailbox, says: "no such user", asks: 1},
	{name: "Request_ResourceNotFound", break_: fails("list", "Request_ResourceNotFound"), act: end, kind: connector.ErrNoMailbox, says: "no such user", asks: 1},
	{name: "ResourceNotFound", break_: fails("list", "ResourceNotFound"), act: end, kind: connector.ErrNoMailbox, says: "no such user", asks: 1},
	{name: "MailboxNotEnabledForRESTAPI", break_: fails("list", "MailboxNotEnabledForRESTAPI"), act: end, kind: connector.ErrNoMailbox, says: "assign a licence", asks: 1},
	{name: "empty 404", break_: answers("list", 404, "", ""), act: end, kind: connector.ErrNoMailbox, says: "404", asks: 1},
	{name: "ErrorSyncFolderNotFound", break_: fails("list", "ErrorSyncFolderNotFound"), act: end, kind: connector.ErrNotFound, says: "Session.Folders", asks: 1},
	{name: "RequestBroker--ParseUri", break_: fails("list", "RequestBroker--ParseUri"), act: end, kind: connector.ErrUnexpected, says: "please report", asks: 1},
	{name: "InefficientFilter", break_: fails("list", "InefficientFilter"), act: search, kind: connector.ErrUnexpected, says: "please report", asks: 1},
	{name: "ErrorInvalidUrlQueryFilter", break_: fails("list", "ErrorInvalidUrlQueryFilter"), act: search, kind: connector.ErrUnexpected, says: "please report", asks: 1},
	{name: "ErrorMimeContentInvalidBase64String", break_: fails("send", "ErrorMimeContentInvalidBase64String"), act: send, kind: connector.ErrUnexpected, says: "proxy rewrite", asks: 1},
	{name: "ErrorInvalidRecipients", break_: fails("send", "ErrorInvalidRecipients"), act: send, kind: connector.ErrConfig, says: "recipients", asks: 1},
	{name: "ErrorMessageSizeExceeded", break_: fails("send", "ErrorMessageSizeExceeded"), act: send, kind: connector.ErrConfig, says: "shrink its attachments", asks: 1},
	{name: "empty 413", break_: answers("send", 413, "", ""), act: send, kind: connector.ErrConfig, says: "shrink its attachments", asks: 1},
	{name: "ErrorIrresolvableConflict", break_: fails("move", "ErrorIrresolvableConflict"), act: trash, kind: connector.ErrUnavailable, says: "at the same time", asks: 2},
	{name: "ErrorQuotaExceeded", break_: fails("send", "ErrorQuotaExceeded"), act: send, kind: connector.ErrUnavailable, says: "the mailbox is full", asks: 1},
	{name: "ErrorSubmissionQuotaExceeded", break_: fails("send", "ErrorSubmissionQuotaExceeded"), act: send, kind: connector.ErrThrottled, says: "sent too much", asks: 1, after: time.Second},
	{name: "a send over the rate", act: sendMany, kind: connector.ErrThrottled, says: "sent too much", asks: 31, after: time.Minute},
	{name: "ApplicationThrottled", break_: fails("list", "ApplicationThrottled"), act: end, kind: connector.ErrThrottled, says: "more than 4 requests at a time", asks: 1, after: time.Second},
	{name: "TooManyRequests", break_: fails("list", "TooManyRequests"), act: end, kind: connector.ErrThrottled, says: "too often", asks: 1, after: time.Second},
	{name: "activityLimitReached", break_: fails("list", "activityLimitReached"), act: end, kind: connector.ErrThrottled, says: "too often", asks: 1, after: time.Second},
	{name: "empty 429", break_: answers("list", 429, "", ""), act: end, kind: connector.ErrThrottled, says: "too often", asks: 1},
	{name: "a cursor that is none", act: func(ctx context.Context, b connector.Backend) error {
		_, _, err := b.Arrivals(ctx, connector.Cursor{Token: "x"})
		return err
	}, kind: connector.ErrCursorLost, says: "no place that this package wrote"},
	{name: "SyncStateNotFound in a list", break_: fails("list", "SyncStateNotFound"), act: end, kind: connector.ErrCursorLost, says: "410", asks: 1},
	{name: "ErrorMimeContentConversionFailed", break_: fails("value", "ErrorMimeContentConversionFailed"), act: read, asks: 4},
	{name: "ErrorCorruptData", break_: fails("value", "ErrorCorruptData"), act: read, kind: connector.ErrUnexpected, says: "cannot read this mail", asks: 2},
	{name: "UnknownError without a text", break_: fails("list", "UnknownError"), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "ErrorInternalServerError", break_: fails("list", "ErrorInternalServerError"), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "ErrorInternalServerTransientError", break_: fails("list", "ErrorInternalServerTransientError"), act: look, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "ErrorMailboxStoreUnavailable", break_: fails("list", "ErrorMailboxStoreUnavailable"), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1, after: time.Second},
	{name: "ErrorServerBusy", break_: fails("list", "ErrorServerBusy"), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1, after: time.Second},
	{name: "ErrorTimeoutExpired", break_: fails("list", "ErrorTimeoutExpired"), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "ErrorExecuteSearchStaleData", break_: fails("list", "ErrorExecuteSearchStaleData"), act: search, kind: connector.ErrUnavailable, says: "hitch", asks: 1, after: time.Second},
	{name: "empty 503", break_: answers("list", 503, "", ""), act: end, kind: connector.ErrUnavailable, says: "503", asks: 1},
	{name: "HTML 502", break_: answers("list", 502, "text/html", page), act: end, kind: connector.ErrUnavailable, says: "gateway", asks: 1},
	{name: "HTML 403", break_: answers("list", 403, "text/html", page), act: end, kind: connector.ErrUnexpected, says: "proxy or gateway", asks: 1},
	{name: "HTML 200 for a list", break_: answers("list", 200, "text/html", page), act: end, kind: connector.ErrUnexpected, says: "proxy or gateway", asks: 1},
	{name: "HTML 200 for a mail", break_: answers("value", 200, "text/html", page), act: read, kind: connector.ErrUnexpected, says: "proxy or gateway", asks: 2},
	{name: "redirect for a mail", break_: answers("value", 302, "text/html", ""), act: read, kind: connector.ErrUnexpected, says: "proxy or gateway", asks: 2},
	{name: "error without a message", break_: answers("list", 500, "application/json", `{"error":{"code":"ErrorInternalServerError"}}`), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "error of null", break_: answers("list", 500, "application/json", `{"error":null}`), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "error that is a list", break_: answers("list", 500, "application/json", `{"error":[1]}`), act: end, kind: connector.ErrUnavailable, says: "hitch", asks: 1},
	{name: "a code that nobody knows", break_: answers("list", 418, "application/json", `{"error":{"code":"Teapot","message":"I am one."}}`), act: end, kind: connector.ErrUnexpected, says: "418: Teapot: I am one.", asks: 1},
	{name: "error object within a list", break_: answers("list", 200, "application/json", `{"value":[{"error":{"code":"ErrorInvalidIdMalformed","message":"Id is malformed."}}]}`), act: end, kind: connector.ErrNotFound, says: "ErrorInvalidIdMalformed", asks: 1},
	{name: "error object in place of a list", break_: answers("list", 200, "application/json", `{"error":{"code":"ErrorServerBusy","message":"x"}}`), act: end, kind: connector.ErrUnavailable, says: "ErrorServerBusy", asks: 1},
	{name: "list cut within an error", break_: answers("list", 200, "application/json", `{"value":[{"error":{"code":"ErrorInvalidIdMalformed","message":"Id is malformed."}}`), act: end, kind: connector.ErrUnavailable, says: "broke off", asks: 1},
	{name: "list cut", break_: pushes(fakehttp.Fault{Kind: "list", CutAfter: 100}), act: end, kind: connector.ErrUnavailable, says: "broke off", asks: 1},
	{name: "empty answer", break_: answers("list", 200, "application/json", ""), act: end, kind: connector.ErrUnavailable, says: "broke off", asks: 1},
	{name: "null for a folder", break_: answers("folders", 200, "application/json", "null"), act: folders, kind: connector.ErrUnexpected, says: "not of the service", asks: 1},
	{name: "connection reset", break_: pushes(fakehttp.Fault{Kind: "list", Reset: true}), act: end, kind: connector.ErrUnavailable, says: "network", asks: 1},
	{name: "silence", break_: pushes(fakehttp.Fault{Kind: "list", Hang: true}), act: end, kind: connector.ErrUnavailable, says: "silent for 30s", asks: 1},
	{name: "mail cut", break_: pushes(fakehttp.Fault{Kind: "value", CutAfter: 60}), act: read, kind: connector.ErrUnavailable, says: "broke off", asks: 2},
	{name: "caller gives up", break_: pushes(fakehttp.Fault{Kind: "list", Hang: true}), act: func(ctx context.Context, b connector.Backend) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return end(ctx, b)
	}, kind: connector.ErrUnavailable, says: "deadline", asks: 1},
	{name: "sent, but the answer was lost", break_: pushes(fakehttp.Fault{Kind: "send", AfterEffect: true}), act: send, kind: connector.ErrUnavailable, says: "network", asks: 1},
	{name: "move to a folder that is not there", act: func(ctx context.Context, b connector.Backend) error {
		_, err := b.(connector.Mover).Move(ctx, "x", "Nowhere")
		return err
	}, kind: connector.ErrConfig, says: `no folder "Nowhere"`, asks: 1},
	{name: "link to another host", break_: answers("list", 200, "application/json", `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/next"}`), act: end, kind: connector.ErrUnexpected, says: "another host", asks: 1},
}

// sendMany sends until the service refuses.
func sendMany(ctx context.Context, b connector.Backend) error {
	for range 40 {
		if err := send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// TestFaults injects each fault and compares kind, text and requests; its log is the table.
func TestFaults(t *testing.T) {
	var mu sync.Mutex
	var rows []string
	t.Run("fault", func(t *testing.T) {
		for _, f := range slices.Concat(fieldFaults, signInFaults, mailboxFaults, callFaults) {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					row := f.try(t)
					mu.Lock()
					defer mu.Unlock()
					rows = append(rows, row)
				})
			})
		}
	})
	slices.Sort(rows)
	t.Logf("%d faults: name | kind | requests | error\n%s", len(rows), strings.Join(rows, "\n"))
}

// try tries one fault and returns its row of the table.
func (f fault) try(t *testing.T) string {
	w := newWorld(t, nil)
	w.box.Deliver([]byte(letter), mailstore.Delivery{})
	server := w.server()
	if f.change != nil {
		f.change(w, &server)
	}
	before := w.fake.Counter.Total().Requests
	b, err := server.Open(t.Context(), w.watch)
	if f.act != nil {
		if !assert.NoError(t, err, "connecting") {
			return ""
		}
		if f.break_ != nil {
			f.break_(w)
		}
		before = w.fake.Counter.Total().Requests
		err = f.act(t.Context(), b)
	}
	asked := w.fake.Counter.Total().Requests - before
	assert.Equal(t, f.asks, asked, "requests")
	if f.kind == nil {
		assert.NoError(t, err)
		return fmt.Sprintf("%s | – | %d | works", f.name, asked)
	}
	assert.ErrorIs(t, err, f.kind)
	assert.ErrorContains(t, err, f.says)
	e, ok := errors.AsType[*connector.Error](err)
	if !assert.True(t, ok, "%T is no *connector.Error", err) {
		return ""
	}
	if !errors.Is(err, connector.ErrCursorLost) && !errors.Is(err, context.DeadlineExceeded) {
		assert.NotEmpty(t, e.Remedy)
	}
	assert.Equal(t, f.after, e.RetryAfter.Round(time.Second), "RetryAfter")
	assert.NotContains(t, err.Error(), "eyJ", "a token")
	assert.NotContains(t, err.Error(), w.secret)
	assert.NotContains(t, err.Error(), "\n")
	return fmt.Sprintf("%s | %s | %d | %v", f.name, e.Kind, asked, err)
}
