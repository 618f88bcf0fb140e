package fakegraph_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// What each role opens: a status of a request that needs it.
func TestRoles(t *testing.T) {
	t.Parallel()
	for role, want := range map[string][5]int{ // list, body shown (1), $value, patch, send
		"Mail.ReadBasic":     {200, 0, 403, 403, 403},
		"Mail.ReadBasic.All": {200, 0, 403, 403, 403},
		"Mail.Read":          {200, 1, 200, 403, 403},
		"Mail.ReadWrite":     {200, 1, 200, 200, 403},
		"Mail.Send":          {403, 0, 403, 403, 202},
		"User.Read.All":      {403, 0, 403, 403, 403},
	} {
		for grant, app := range map[string]fakegraph.App{
			"consent": {Roles: []string{role}},
			"RBAC":    {Roles: []string{}, Grants: []fakegraph.Grant{{Role: "Application " + role, Mailboxes: []string{ada}}}},
		} {
			t.Run(role+" by "+grant, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, nil, app)
				m := r.deliver(mail("Hi", bob, "text"), mailstore.Delivery{})
				id := messageID(t, r, m)
				a := r.list()
				require.Equal(t, want[0], a.Status, a.Text)
				if a.Status == 200 {
					_, shown := a.JSON["value"].([]any)[0].(map[string]any)["body"]
					assert.Equal(t, want[1] == 1, shown)
				} else {
					assert.Equal(t, "ErrorAccessDenied", a.code())
				}
				item := "/users/" + ada + "/messages/" + id
				assert.Equal(t, want[2], r.get(item+"/$value").Status)
				assert.Equal(t, want[3], r.call(http.MethodPatch, item, map[string]any{"isRead": true}).Status)
				assert.Equal(t, want[4], r.post("/users/"+ada+"/sendMail", sendBody(bob, "Hi")).Status)
			})
		}
	}
}

// messageID asks the fake for the id of a stored mail, by an app of its own.
func messageID(t *testing.T, r *rig, m mailstore.Message) string {
	t.Helper()
	other := *r
	other.app = r.fake.AddApp(fakegraph.App{})
	other.renew()
	for _, item := range other.get("/users/" + ada + "/messages?$top=1000&$select=subject").JSON["value"].([]any) {
		id := item.(map[string]any)["id"].(string)
		if value := other.get("/users/" + ada + "/messages/" + id + "/$value"); value.Text == string(m.Raw) {
			return id
		}
	}
	t.Fatal("no such mail")
	return ""
}

func sendBody(to, subject string) map[string]any {
	return map[string]any{"message": map[string]any{
		"subject":      subject,
		"body":         map[string]any{"contentType": "text", "content": "Hello"},
		"toRecipients": people(to),
	}}
}

func people(addresses ...string) []any {
	list := []any{}
	for _, a := range addresses {
		list = append(list, map[string]any{"emailAddress": map[string]any{"address": a}})
	}
	return list
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		app      fakegraph.App
		ada, bob int
	}{
		"RBAC on one":               {fakegraph.App{Roles: []string{}, Grants: []fakegraph.Grant{{Role: "Mail.Read", Mailboxes: []string{ada}}}}, 200, 403},
		"RBAC on all":               {fakegraph.App{Roles: []string{}, Grants: []fakegraph.Grant{{Role: "Mail.Read"}}}, 200, 200},
		"consent makes RBAC vain":   {fakegraph.App{Roles: []string{"Mail.Read"}, Grants: []fakegraph.Grant{{Role: "Mail.Read", Mailboxes: []string{ada}}}}, 200, 200},
		"policy allows one":         {fakegraph.App{Policy: &fakegraph.AccessPolicy{Mailboxes: []string{ada}}}, 200, 403},
		"policy denies one":         {fakegraph.App{Policy: &fakegraph.AccessPolicy{Deny: true, Mailboxes: []string{ada}}}, 403, 200},
		"policy spares RBAC grants": {fakegraph.App{Policy: &fakegraph.AccessPolicy{}, Grants: []fakegraph.Grant{{Role: "Mail.Read", Mailboxes: []string{bob}}}}, 403, 200},
		"no consent":                {fakegraph.App{Roles: []string{}}, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil, tc.app)
			for user, status := range map[string]int{ada: tc.ada, bob: tc.bob} {
				a := r.get("/users/" + user + "/mailFolders/inbox?$select=id")
				assert.Equal(t, status, a.Status, user)
				if status == 403 {
					assert.Equal(t, "ErrorAccessDenied", a.code())
				}
			}
		})
	}
}

func TestPolicyText(t *testing.T) {
	t.Parallel()
	for old, text := range map[bool]string{
		false: "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
		true:  "Access to OData is disabled.",
	} {
		r := newRig(t, &fakegraph.Options{OldPolicyMsg: old}, fakegraph.App{Policy: &fakegraph.AccessPolicy{}})
		assert.Equal(t, text, r.list().message())
	}
}

// A token keeps the roles it was issued with.
func TestConsentNeedsANewToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, fakegraph.App{Roles: []string{}})
	require.Equal(t, 403, r.list().Status)
	require.True(t, r.fake.ChangeApp(r.app.ClientID, func(a *fakegraph.App) { a.Roles = []string{"Mail.Read"} }))
	require.Equal(t, 403, r.list().Status)
	r.renew()
	require.Equal(t, 200, r.list().Status)
}

func TestUsers(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fake.NoMailbox("guest@contoso.example")
	r.fake.AddTenant(fakegraph.Tenant{Domains: []string{"fabrikam.example"}})
	r.store.Add("eve@fabrikam.example")
	for user, want := range map[string]struct {
		status int
		code   string
	}{
		ada:                              {200, ""},
		"ADA@Contoso.example":            {200, ""},
		fakegraph.UserID(ada):            {200, ""},
		"ada%40contoso.example":          {200, ""},
		"nobody@contoso.example":         {404, "ErrorInvalidUser"},
		"ada+tag@contoso.example":        {404, "ErrorInvalidUser"},
		"lovelace@contoso.example":       {404, "ErrorInvalidUser"},
		"eve@fabrikam.example":           {404, "ErrorInvalidUser"},
		fakegraph.UserID("no@x.example"): {404, "ErrorInvalidUser"},
		"guest@contoso.example":          {404, "MailboxNotEnabledForRESTAPI"},
	} {
		a := r.get("/users/" + user + "/messages")
		assert.Equal(t, want.status, a.Status, user)
		assert.Equal(t, want.code, a.code(), user)
	}
	r.fake.NoMailbox(bob)
	assert.Equal(t, "MailboxNotEnabledForRESTAPI", r.get("/users/"+bob+"/messages").code())
}

func TestUnknownUserVariants(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ErrorInvalidUser", "Request_ResourceNotFound", "ResourceNotFound"} {
		r := newRig(t, &fakegraph.Options{UnknownUser: code, AliasUsers: true}, fakegraph.App{})
		a := r.get("/users/nobody@contoso.example/messages")
		assert.Equal(t, 404, a.Status)
		assert.Equal(t, code, a.code())
		assert.Equal(t, 200, r.get("/users/lovelace@contoso.example/messages").Status, "AliasUsers")
	}
}

func TestBadTokens(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	form := secretForm(r.app)
	form.Set("scope", "https://outlook.office365.com/.default")
	exchange := r.tokenRequest(r.app.Tenant, form).str("access_token")
	good := r.token
	for name, tc := range map[string]struct{ header, message string }{
		"none":            {"", "Access token is empty."},
		"no scheme":       {good, "Access token is empty."},
		"basic":           {"Basic abc", "Access token is empty."},
		"garbage":         {"Bearer garbage", "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact Serialization Format."},
		"two pieces":      {"Bearer a.b", "CompactToken parsing failed with error code: 80049217"},
		"wrong signature": {"Bearer " + good[:len(good)-4] + "AAAA", "Access token validation failure. Invalid signature."},
		"wrong audience":  {"Bearer " + exchange, "Access token validation failure. Invalid audience."},
	} {
		r.token = ""
		a := r.get("/users/"+ada+"/messages", "Authorization", tc.header)
		assert.Equal(t, 401, a.Status, name)
		assert.Equal(t, "InvalidAuthenticationToken", a.code(), name)
		assert.Equal(t, tc.message, a.message(), name)
		assert.Contains(t, a.Header.Get("WWW-Authenticate"), `Bearer realm="", authorization_uri=`, name)
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/me/messages":                    {400, "BadRequest"},
		"/users":                          {403, "Authorization_RequestDenied"},
		"/users/" + ada:                   {403, "Authorization_RequestDenied"},
		"/subscriptions":                  {501, "NotImplemented"},
		"/users/" + ada + "/events":       {501, "NotImplemented"},
		"/users/" + ada + "/nonsense":     {400, "RequestBroker--ParseUri"},
		"/nonsense":                       {400, "RequestBroker--ParseUri"},
		"/users/" + ada + "/messages/a/b": {400, "RequestBroker--ParseUri"},
	} {
		a := r.get(path)
		assert.Equal(t, want.status, a.Status, path)
		assert.Equal(t, want.code, a.code(), path)
	}
	assert.Equal(t, 405, r.post("/users/"+ada+"/messages/x/$value", nil).Status)
	assert.Equal(t, 400, r.get("https://graph.microsoft.com/v2.0/users/"+ada+"/messages").Status)
}
