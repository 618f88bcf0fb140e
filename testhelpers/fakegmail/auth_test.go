package fakegmail_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
)

func TestRefusalsBeforeTheMethod(t *testing.T) {
	t.Parallel()
	const tail = " Expected OAuth 2 access token, login cookie or other valid authentication credential. " +
		"See https://developers.google.com/identity/sign-in/web/devconsole-project."
	for name, c := range map[string]struct {
		scopes  []string
		prepare func(*world)
		path    string // below users/
		code    int
		status  string
		message string
		item    map[string]any // errors[0]
		header  string         // WWW-Authenticate
		reason  string         // of the ErrorInfo
		method  string
	}{
		"no token": {prepare: func(w *world) { w.token = "" }, path: "me/profile", code: 401, status: "UNAUTHENTICATED",
			message: "Request is missing required authentication credential." + tail,
			item: map[string]any{"message": "Login Required.", "domain": "global", "reason": "required",
				"location": "Authorization", "locationType": "header"},
			header: `Bearer realm="https://accounts.google.com/"`, reason: "CREDENTIALS_MISSING", method: "GetProfile"},
		"bad token": {prepare: func(w *world) { w.token = "ya29.nix" }, path: "me/profile", code: 401, status: "UNAUTHENTICATED",
			message: "Request had invalid authentication credentials." + tail,
			item: map[string]any{"message": "Invalid Credentials", "domain": "global", "reason": "authError",
				"location": "Authorization", "locationType": "header"},
			header: `Bearer realm="https://accounts.google.com/", error="invalid_token"`},
		"expired token": {prepare: func(w *world) { w.fake.ExpireTokens() }, path: "me/profile", code: 401,
			status: "UNAUTHENTICATED", message: "Request had invalid authentication credentials." + tail,
			header: `Bearer realm="https://accounts.google.com/", error="invalid_token"`},
		"no subject": {prepare: func(w *world) { w.token = w.fake.CallerToken("robot@x", fakegmail.ScopeFull) },
			path: "me/profile", code: 400, status: "FAILED_PRECONDITION", message: "Precondition check failed.",
			item: map[string]any{"message": "Precondition check failed.", "domain": "global", "reason": "failedPrecondition"}},
		"no mail": {prepare: func(w *world) { w.fake.SetUser(qa, fakegmail.UserWithoutMail) }, path: "me/profile", code: 400,
			status: "FAILED_PRECONDITION", message: "Mail service not enabled",
			item: map[string]any{"message": "Mail service not enabled", "domain": "global", "reason": "failedPrecondition"}},
		"another user": {path: "boss@example.com/profile", code: 403, status: "PERMISSION_DENIED",
			message: "Delegation denied for qa@example.com",
			item:    map[string]any{"message": "Delegation denied for qa@example.com", "domain": "global", "reason": "forbidden"}},
		"scope": {scopes: []string{fakegmail.ScopeSend}, path: "me/messages", code: 403, status: "PERMISSION_DENIED",
			message: "Request had insufficient authentication scopes.",
			item:    map[string]any{"message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions"},
			reason:  "ACCESS_TOKEN_SCOPE_INSUFFICIENT", method: "ListMessages"},
		"API off": {prepare: func(w *world) { w.fake.EnableAPI("acme-mail-test", "gmail.googleapis.com", false) },
			path: "me/profile", code: 403, status: "PERMISSION_DENIED",
			message: "Gmail API has not been used in project 123456789012 before or it is disabled."},
		"domain policy": {prepare: func(w *world) { w.fake.ForbidApps("example.com", true) }, path: "me/profile", code: 403,
			status: "PERMISSION_DENIED", message: "The domain administrators have disabled Gmail apps."},
		"unknown parameter": {path: "me/messages?subject=x", code: 400, status: "INVALID_ARGUMENT",
			message: "Invalid JSON payload received. Unknown name \"subject\": Cannot bind query parameter. " +
				"Field 'subject' could not be found in request message."},
		"q with gmail.metadata": {scopes: []string{fakegmail.ScopeMetadata, fakegmail.ScopeFull}, path: "me/messages?q=x",
			code: 403, status: "PERMISSION_DENIED", message: "Metadata scope does not support 'q' parameter"},
		"raw with gmail.metadata": {scopes: []string{fakegmail.ScopeMetadata}, path: "me/messages/19a0000001000003?format=raw",
			code: 403, status: "PERMISSION_DENIED", message: "Metadata scope doesn't allow format RAW"},
		"malformed id": {path: "me/messages/HELLO", code: 400, status: "INVALID_ARGUMENT", message: "Invalid id value",
			item: map[string]any{"message": "Invalid id value", "domain": "global", "reason": "invalidArgument"}},
		"unknown id": {path: "me/messages/19abbacc4d99a7a4", code: 404, status: "NOT_FOUND",
			message: "Requested entity was not found.",
			item:    map[string]any{"message": "Requested entity was not found.", "domain": "global", "reason": "notFound"}},
		"unknown label":  {path: "me/messages?labelIds=NIX", code: 400, status: "INVALID_ARGUMENT", message: "Invalid label: NIX"},
		"unknown format": {path: "me/messages?maxResults=many", code: 400, status: "INVALID_ARGUMENT", message: "Invalid value at 'max_results' (TYPE_UINT32), \"many\""},
		"bad mask":       {path: "me/profile?fields=nix", code: 400, status: "INVALID_ARGUMENT", message: "Request contains an invalid argument."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, c.scopes...)
			w.deliver([]byte(mail))
			if c.prepare != nil {
				c.prepare(w)
			}
			r := w.do(http.MethodGet, api+"/gmail/v1/users/"+c.path, "", nil)
			e := dig(t, r.tree(t), "error")
			assert.Equal(t, c.code, r.status)
			assert.Equal(t, float64(c.code), dig(t, e, "code"))
			assert.Equal(t, c.status, dig(t, e, "status"))
			assert.True(t, strings.HasPrefix(dig(t, e, "message").(string), c.message), r.body)
			assert.Equal(t, c.header, r.header.Get("WWW-Authenticate"))
			if c.item != nil {
				assert.Equal(t, c.item, dig(t, e, "errors", 0))
			}
			if c.reason != "" {
				assert.Equal(t, c.reason, dig(t, e, "details", 0, "reason"))
				assert.Equal(t, map[string]any{"service": "gmail.googleapis.com",
					"method": "caribou.api.proto.MailboxService." + c.method}, dig(t, e, "details", 0, "metadata"))
			}
		})
	}
}

func TestUnknownPathsAndVerbs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range [][2]string{
		{"GET", api + "/gmail/v1/users/me/nix"},
		{"PUT", api + "/gmail/v1/users/me/messages"},
		{"PATCH", api + "/gmail/v1/users/me/profile"},
		{"GET", fakegmail.TokenURI},
		{"POST", api + "/token"},
		{"GET", "https://oauth2.googleapis.com/gmail/v1/users/me/profile"},
		{"POST", "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/x:generateAccessToken"},
	} {
		r := w.do(c[0], c[1], "", nil)
		assert.Equal(t, http.StatusNotFound, r.status, c)
		assert.Equal(t, "text/html; charset=UTF-8", r.header.Get("Content-Type"), c)
		assert.Contains(t, r.body, "That’s an error", c)
	}
	assert.Equal(t, 7, w.fake.Requests("unknown"))
}

func TestUserIDForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, user := range []string{"me", "qa@example.com", "QA%40example.com"} {
		r := w.do(http.MethodGet, api+"/gmail/v1/users/"+user+"/profile", "", nil)
		assert.Equal(t, http.StatusOK, r.status, user)
	}
	token := w.token
	w.token = ""
	r := w.do(http.MethodGet, me+"/profile?access_token="+token, "", nil)
	assert.Equal(t, http.StatusOK, r.status, "the token may stand in the query")
}

// What gmail.modify may do, and that deleting for good is not among it.
func TestScopesOfMethods(t *testing.T) {
	t.Parallel()
	id := "19a0000001000003"
	for scope, refused := range map[string][]string{
		fakegmail.ScopeFull:     nil,
		fakegmail.ScopeModify:   {"delete", "batchDelete"},
		fakegmail.ScopeReadonly: {"delete", "batchDelete", "trash", "modify", "send", "insert", "label"},
		fakegmail.ScopeMetadata: {"delete", "batchDelete", "trash", "modify", "send", "insert", "label", "attachment"},
		fakegmail.ScopeSend: {"delete", "batchDelete", "trash", "modify", "insert", "label", "attachment", "profile",
			"history", "list", "get", "labels"},
		fakegmail.ScopeInsert: {"delete", "batchDelete", "trash", "modify", "send", "label", "attachment", "profile",
			"history", "list", "get", "labels"},
		fakegmail.ScopeLabels: {"delete", "batchDelete", "trash", "modify", "send", "insert", "attachment", "profile",
			"history", "list", "get"},
	} {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1}, scope)
		w.deliver([]byte(mail))
		for name, c := range map[string][2]string{
			"profile": {"GET", "/profile"}, "history": {"GET", "/history?startHistoryId=37002"}, "list": {"GET", "/messages"},
			"get": {"GET", "/messages/" + id + "?format=minimal"}, "labels": {"GET", "/labels"},
			"attachment": {"GET", "/messages/" + id + "/attachments/x"}, "send": {"POST", "/messages/send"},
			"insert": {"POST", "/messages"}, "modify": {"POST", "/messages/" + id + "/modify"},
			"trash": {"POST", "/messages/" + id + "/trash"}, "label": {"POST", "/labels"},
			"batchDelete": {"POST", "/messages/batchDelete"}, "delete": {"DELETE", "/messages/" + "19a00000ff000003"},
		} {
			r := w.do(c[0], me+c[1], "application/json", strings.NewReader("{}"))
			allowed := r.status != http.StatusForbidden
			require.Equal(t, !contains(refused, name), allowed, "%s with %s: %s", name, scope, r.body)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
