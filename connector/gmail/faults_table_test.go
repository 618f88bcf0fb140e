package gmail_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

const page = "<html>please log in</html>"

var connectFaults = []fault{
	{name: "keyless works", change: keyless(true), asks: 3},
	{name: "no address", change: func(_ *world, s *gmail.Workspace) { s.Address = " " }, kind: connector.ErrConfig, says: "Address is empty"},
	{name: "address with a name", change: func(_ *world, s *gmail.Workspace) { s.Address = "QA <qa@example.com>" }, kind: connector.ErrConfig, says: "Address is no mail address"},
	{name: "no credential", change: func(_ *world, s *gmail.Workspace) { s.ServiceAccount = nil }, kind: connector.ErrConfig, says: "exactly one of ServiceAccount, Keyless, Token and TokenSource"},
	{name: "empty key", change: func(_ *world, s *gmail.Workspace) { s.ServiceAccount = connector.Literal("") }, kind: connector.ErrConfig, says: "is the variable it came from set?"},
	{name: "path of a key", change: func(_ *world, s *gmail.Workspace) { s.ServiceAccount = connector.Literal("/run/key.json") }, kind: connector.ErrConfig, says: "not its path"},
	{name: "foreign endpoint", change: func(_ *world, s *gmail.Workspace) { s.Endpoint = "http://gmail.example.com" }, kind: connector.ErrConfig, says: "Endpoint"},
	{name: "foreign token endpoint", change: func(_ *world, s *gmail.Workspace) { s.TokenURL = "https://evil.example/token" }, kind: connector.ErrConfig, says: "TokenURL"},
	{name: "no delegation", change: func(w *world, _ *gmail.Workspace) { w.fake.Delegate("example.com", w.robot.ClientID) }, kind: connector.ErrPermission, says: "exactly these scopes: https://www.googleapis.com/auth/gmail.modify", asks: 1},
	{name: "wider scope delegated", scopes: []string{fakegmail.ScopeFull}, kind: connector.ErrPermission, says: "Manage domain-wide delegation, give client ID ", asks: 1},
	{name: "consumer account", change: func(_ *world, s *gmail.Workspace) { s.Address = "somebody@gmail.com" }, kind: connector.ErrPermission, says: "somebody@gmail.com is a consumer account", asks: 1},
	{name: "unknown user", change: func(_ *world, s *gmail.Workspace) { s.Address = "nobody@example.com" }, kind: connector.ErrNoMailbox, says: "no such user", asks: 1},
	{name: "deleted user", change: state(fakegmail.UserDeleted), kind: connector.ErrNoMailbox, says: "restore qa@example.com", asks: 1},
	{name: "suspended user", change: state(fakegmail.UserSuspended), kind: connector.ErrNoMailbox, says: "restricted or suspended", asks: 1},
	{name: "user without Gmail", change: state(fakegmail.UserWithoutMail), kind: connector.ErrNoMailbox, says: "licence", asks: 2},
	{name: "deleted key", change: func(w *world, _ *gmail.Workspace) { w.fake.RevokeKeys() }, kind: connector.ErrAuth, says: "make a new JSON key", asks: 1},
	{name: "deleted service account", change: func(w *world, _ *gmail.Workspace) { w.fake.RemoveAccount(w.robot) }, kind: connector.ErrAuth, says: "does not exist", asks: 1},
	{name: "unknown scope", scopes: []string{"https://www.googleapis.com/auth/gmail.modfy"}, change: func(_ *world, s *gmail.Workspace) { s.Scopes = []string{"https://www.googleapis.com/auth/gmail.modfy"} }, kind: connector.ErrConfig, says: "does not know one of the Scopes", asks: 1},
	{name: "no scope", change: func(_ *world, s *gmail.Workspace) { s.Scopes = []string{} }, kind: connector.ErrConfig, says: "Scopes is empty"},
	{name: "clock", change: tokenFails(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."), kind: connector.ErrAuth, says: "the local clock", asks: 1},
	{name: "audience", change: tokenFails(400, "invalid_grant", "Invalid JWT: Failed audience check."), kind: connector.ErrConfig, says: "leave TokenURL empty", asks: 1},
	{name: "policy", change: tokenFails(400, "admin_policy_enforced", ""), kind: connector.ErrPermission, says: "App access control", asks: 1},
	{name: "token endpoint down", change: tokenFails(503, "internal_failure", "Backend Error"), kind: connector.ErrUnavailable, says: "token endpoint has a fault", asks: 1},
	{name: "token endpoint throttles", change: tokenAnswers(429, `{"error":"x"}`, http.Header{"Retry-After": {"7"}}), kind: connector.ErrThrottled, says: "too many requests for tokens", asks: 1, after: 7 * time.Second},
	{name: "login page at the token endpoint", change: tokenAnswers(200, page, nil), kind: connector.ErrUnexpected, says: "proxy or a login page", asks: 1},
	{name: "redirect at the token endpoint", change: tokenAnswers(307, "", http.Header{"Location": {"https://evil.example/"}}), kind: connector.ErrUnexpected, says: "HTTP 307", asks: 1},
	{name: "token connection reset", change: func(w *world, _ *gmail.Workspace) { w.fake.Faults.Push(fakehttp.Fault{Kind: "token", Reset: true}) }, kind: connector.ErrUnavailable, says: "connection reset", asks: 1},
	{name: "API not enabled", change: func(w *world, _ *gmail.Workspace) { w.fake.EnableAPI(w.robot.Project, "gmail.googleapis.com", false) }, kind: connector.ErrPermission, says: "enable it at https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=123456789012", asks: 2},
	{name: "domain forbids apps", change: func(w *world, _ *gmail.Workspace) { w.fake.ForbidApps("example.com", true) }, kind: connector.ErrPermission, says: "forbid apps", asks: 2},
	{name: "token of nobody", change: sourced("", fakegmail.ScopeModify), kind: connector.ErrNoMailbox, says: "make tokens with the subject qa@example.com", asks: 1},
	{name: "token of another user", change: sourced(connectortest.Peer, fakegmail.ScopeModify), kind: connector.ErrConfig, says: "another mailbox than Address", asks: 1},
	{name: "keyless without the role", change: keyless(false), kind: connector.ErrPermission, says: "Service Account Token Creator", asks: 1},
	{name: "keyless without the API", change: func(w *world, s *gmail.Workspace) {
		keyless(true)(w, s)
		w.fake.EnableAPI(w.robot.Project, "iamcredentials.googleapis.com", false)
	}, kind: connector.ErrPermission, says: "iamcredentials.googleapis.com", asks: 1},
}

var callFaults = []fault{
	{name: "token expired", break_: func(w *world) { w.fake.ExpireTokens() }, act: folders, asks: 3},
	{name: "token refused once", break_: fails("labels", 1, fakegmail.Unauthenticated()), act: folders, asks: 3},
	{name: "token refused for good", break_: fails("labels", -1, fakegmail.Unauthenticated()), act: folders, kind: connector.ErrAuth, says: "a fresh one too", asks: 3},
	{name: "key deleted, token expired", break_: func(w *world) { w.revoke(false) }, act: folders, kind: connector.ErrAuth, says: "make a new JSON key", asks: 2},
	{name: "key rotated, token expired", break_: func(w *world) { w.revoke(true) }, act: folders, asks: 4},
	{name: "rate limit with a time in the text", break_: func(w *world) { w.fake.FailNext("labels", 1, fakegmail.RateLimited(time.Now().Add(42*time.Second))) }, act: folders, kind: connector.ErrThrottled, says: "6,000 units", asks: 1, after: 42 * time.Second},
	{name: "quota of the console", break_: fails("list", 1, fakegmail.QuotaExceeded()), act: search, kind: connector.ErrThrottled, says: "raise the quota", asks: 1},
	{name: "too many at a time", break_: fails("profile", 1, fakegmail.TooConcurrent()), act: end, kind: connector.ErrThrottled, says: "at the same time", asks: 1},
	{name: "429 with a date", break_: func(w *world) {
		w.fake.Faults.Push(fakehttp.Fault{Kind: "profile", Status: 429, Body: "slow down", Header: http.Header{"Retry-After": {time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)}}})
	}, act: end, kind: connector.ErrThrottled, says: "too many requests", asks: 1, after: time.Minute},
	{name: "quota of the day", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 403, Body: `{"error":{"code":403,"message":"Daily Limit Exceeded","errors":[{"reason":"dailyLimitExceeded","message":"Daily Limit Exceeded"}]}}`}), act: end, kind: connector.ErrPermission, says: "midnight Pacific", asks: 1},
	{name: "internal error", break_: fails("profile", 1, fakegmail.BackendError()), act: end, kind: connector.ErrUnavailable, says: "Gmail has a fault", asks: 1},
	{name: "service down", break_: fails("profile", 1, fakegmail.Unavailable()), act: end, kind: connector.ErrUnavailable, says: "Gmail has a fault", asks: 1},
	{name: "bad gateway", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 502, Body: page}), act: end, kind: connector.ErrUnavailable, says: "HTTP 502", asks: 1},
	{name: "connection reset", break_: pushes(fakehttp.Fault{Kind: "profile", Reset: true}), act: end, kind: connector.ErrUnavailable, says: "connection reset", asks: 1},
	{name: "answer cut", break_: pushes(fakehttp.Fault{Kind: "profile", CutAfter: 5}), act: end, kind: connector.ErrUnavailable, says: "unexpected EOF", asks: 1},
	{name: "silence", break_: pushes(fakehttp.Fault{Kind: "profile", Hang: true}), act: end, kind: connector.ErrUnavailable, says: "no answer within a minute", asks: 1},
	{name: "caller gives up", break_: pushes(fakehttp.Fault{Kind: "profile", Hang: true}), act: func(ctx context.Context, b connector.Backend) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return end(ctx, b)
	}, kind: connector.ErrUnavailable, says: "deadline", asks: 1},
	{name: "login page", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 200, Body: page}), act: end, kind: connector.ErrUnexpected, says: "login page", asks: 1},
	{name: "proxy wants a name", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 407, Body: page}), act: end, kind: connector.ErrConfig, says: "user and password into Proxy", asks: 1},
	{name: "unknown path", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 404, Body: page}), act: end, kind: connector.ErrUnexpected, says: "Endpoint", asks: 1},
	{name: "not made yet", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 501, Body: "{}"}), act: end, kind: errors.ErrUnsupported, says: "does not have this", asks: 1},
	{name: "history forgotten", break_: func(w *world) { w.fake.ExpireHistory() }, act: look, kind: connector.ErrCursorLost, says: "about a week", asks: 1},
	{name: "a mark that is none", act: func(ctx context.Context, b connector.Backend) error {
		_, _, err := b.Arrivals(ctx, connector.Cursor{Token: "x"})
		return err
	}, kind: connector.ErrCursorLost, says: "invalid syntax"},
	{name: "mail gone", act: func(ctx context.Context, b connector.Backend) error { return readID(ctx, b, "19a0000000000abc") }, kind: connector.ErrNotFound, says: "deleted for good", asks: 1},
	{name: "id of elsewhere", act: func(ctx context.Context, b connector.Backend) error { return readID(ctx, b, "AAMkAGI=") }, kind: connector.ErrNotFound, says: "another mailbox"},
	{name: "id that is short of a digit", act: func(ctx context.Context, b connector.Backend) error { return readID(ctx, b, "19a0-x") }, kind: connector.ErrNotFound, says: "none of Gmail's", asks: 1},
	{name: "mail cut", break_: pushes(fakehttp.Fault{Kind: "get", CutAfter: 150}), act: read, kind: connector.ErrUnavailable, says: "unexpected EOF", asks: 2},
	{name: "mail garbled", break_: pushes(fakehttp.Fault{Kind: "get", Status: 200, Body: `{"labelIds":["INBOX"],"internalDate":"1","raw":"a*b!"}`}), act: read, kind: connector.ErrUnexpected, says: "base64", asks: 2},
	{name: "read is throttled", break_: fails("get", 1, fakegmail.TooConcurrent()), act: read, kind: connector.ErrThrottled, says: "at the same time", asks: 2},
	{name: "metadata scope", scopes: []string{fakegmail.ScopeModify, "https://www.googleapis.com/auth/gmail.metadata"}, change: func(_ *world, s *gmail.Workspace) {
		s.Scopes = []string{fakegmail.ScopeModify, "https://www.googleapis.com/auth/gmail.metadata"}
	}, act: read, kind: connector.ErrPermission, says: "take gmail.metadata out of Scopes", asks: 2},
	{name: "scope too narrow", scopes: []string{"https://www.googleapis.com/auth/gmail.readonly"}, change: func(_ *world, s *gmail.Workspace) {
		s.Scopes = []string{"https://www.googleapis.com/auth/gmail.readonly"}
	}, act: send, kind: connector.ErrPermission, says: "the token lacks a scope", asks: 1},
	{name: "mail too large", act: func(ctx context.Context, b connector.Backend) error {
		return b.(connector.Sender).Send(ctx, nil, io.LimitReader(zeros{}, 36<<20))
	}, kind: connector.ErrConfig, says: "35 MB"},
	{name: "mail without a recipient", act: func(ctx context.Context, b connector.Backend) error {
		return b.(connector.Sender).Send(ctx, nil, strings.NewReader("Subject: x\r\n\r\nx\r\n"))
	}, kind: connector.ErrConfig, says: "check", asks: 1},
	{name: "sent, but the answer was lost", break_: pushes(fakehttp.Fault{Kind: "send", AfterEffect: true}), act: send, kind: connector.ErrUnavailable, says: "connection reset", asks: 1},
	{name: "sending limit", break_: pushes(fakehttp.Fault{Kind: "send", Status: 429, Body: `{"error":{"code":429,"message":"User-rate limit exceeded.  Retry after 2000-01-01T00:10:00.000Z (Mail sending)","errors":[{"reason":"rateLimitExceeded","message":"x"}]}}`}), act: send, kind: connector.ErrThrottled, says: "2,000 mails a day", asks: 1, after: 10 * time.Minute},
	{name: "trash what is gone", act: trash, kind: connector.ErrNotFound, says: "no such mail", asks: 1},
	{name: "move to a label that is not there", act: func(ctx context.Context, b connector.Backend) error {
		_, err := b.(connector.Mover).Move(ctx, "19a0000000000abc", "Nowhere")
		return err
	}, kind: connector.ErrConfig, says: `no label "Nowhere"`, asks: 1},
	{name: "no token reached Google", break_: answers("profile", 401, "required", "Request is missing required authentication credential."), act: end, kind: connector.ErrAuth, says: "take the Authorization field out", asks: 3},
	{name: "token of another than userId", break_: answers("profile", 403, "forbidden", "Delegation denied for ada@example.com"), act: end, kind: connector.ErrPermission, says: "make tokens with the subject qa@example.com", asks: 1},
	{name: "API switched off meanwhile", break_: details("profile", 403, "SERVICE_DISABLED"), act: end, kind: connector.ErrPermission, says: "enable it at https://console.cloud.google.com/", asks: 1},
	{name: "scope taken away meanwhile", break_: details("profile", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), act: end, kind: connector.ErrPermission, says: "the token lacks a scope", asks: 1},
	{name: "quota of the project by details", break_: details("profile", 403, "RATE_LIMIT_EXCEEDED"), act: end, kind: connector.ErrThrottled, says: "raise the quota", asks: 1},
	{name: "old name of the rate limit", break_: answers("profile", 403, "userRateLimitExceeded", "User Rate Limit Exceeded"), act: end, kind: connector.ErrThrottled, says: "6,000 units", asks: 1},
	{name: "some quota", break_: answers("profile", 403, "quotaExceeded", "Quota exceeded"), act: end, kind: connector.ErrThrottled, says: "look at the quotas", asks: 1},
	{name: "forbidden for no known reason", break_: answers("profile", 403, "brandNew", "No."), act: end, kind: connector.ErrPermission, says: "Google forbids it", asks: 1},
	{name: "label deleted meanwhile", break_: answers("list", 400, "invalidArgument", "Invalid label: Label_7"), act: search, kind: connector.ErrConfig, says: "Session.Folders", asks: 1},
	{name: "recipient that is none", break_: answers("send", 400, "invalidArgument", "Invalid To header, recipient"), act: send, kind: connector.ErrConfig, says: "check the addresses", asks: 1},
	{name: "mail that Gmail does not take", break_: answers("send", 400, "invalidArgument", "Mail with loops"), act: send, kind: connector.ErrConfig, says: "check its header", asks: 1},
	{name: "request that Gmail does not take", break_: answers("profile", 400, "badRequest", "Bad Request"), act: end, kind: connector.ErrUnexpected, says: "does a proxy change requests", asks: 1},
	{name: "changed at the same time", break_: answers("labels", 409, "aborted", "Conflict"), act: folders, kind: connector.ErrUnavailable, says: "another program changed", asks: 1},
	{name: "too large for the service", break_: answers("send", 413, "uploadTooLarge", "Request body too large."), act: send, kind: connector.ErrConfig, says: "at most 35 MB", asks: 1},
	{name: "request took too long", break_: answers("profile", 408, "", "Request Timeout"), act: end, kind: connector.ErrUnavailable, says: "took too long", asks: 1},
	{name: "redirect", break_: pushes(fakehttp.Fault{Kind: "profile", Status: 302, Header: http.Header{"Location": {"https://login.example/"}}}), act: end, kind: connector.ErrUnexpected, says: "HTTP 302", asks: 1},
	{name: "move to Sent", act: func(ctx context.Context, b connector.Backend) error {
		_, err := b.(connector.Mover).Move(ctx, "19a0000000000abc", connector.Sent)
		return err
	}, kind: errors.ErrUnsupported, says: "only Gmail itself"},
}
