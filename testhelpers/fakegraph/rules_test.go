package fakegraph_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// rules are the numbered assumptions of ASSUMPTIONS.md that can be asked of the service itself, each
// as what the fake answers. They leave nothing behind but mails in Deleted Items.
var rules = []struct {
	number string
	check  func(*testing.T, *rulebook)
}{
	{"A1 a token lives an hour, or a day", func(t *testing.T, b *rulebook) {
		a := b.tokenRequest(b.app.Tenant, secretForm(b.app))
		require.Equal(t, 200, a.Status, a.Text)
		assert.Greater(t, a.JSON["expires_in"], 3000.0)
		assert.LessOrEqual(t, a.JSON["expires_in"], 86400.0)
	}},
	{"A3 A8 a wrong secret is 401 invalid_client 7000215, with a trailer", func(t *testing.T, b *rulebook) {
		form := secretForm(b.app)
		form.Set("client_secret", "wrong")
		a := b.tokenRequest(b.app.Tenant, form)
		assert.Equal(t, 401, a.Status)
		assert.Equal(t, "invalid_client", a.str("error"))
		assert.Equal(t, []any{7000215.0}, a.JSON["error_codes"])
		assert.Contains(t, a.str("error_description"), " Trace ID: ")
	}},
	{"A9 a scope without .default is 400 invalid_scope", func(t *testing.T, b *rulebook) {
		form := secretForm(b.app)
		form.Set("scope", "https://graph.microsoft.com/Mail.Read")
		a := b.tokenRequest(b.app.Tenant, form)
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "invalid_scope", a.str("error"))
	}},
	{"A8 an unknown app is 400 unauthorized_client 700016", func(t *testing.T, b *rulebook) {
		form := secretForm(b.app)
		form.Set("client_id", "11111111-2222-4333-8444-555555555555")
		a := b.tokenRequest(b.app.Tenant, form)
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "unauthorized_client", a.str("error"))
		assert.Equal(t, []any{700016.0}, a.JSON["error_codes"])
	}},
	{"A5 an unknown user is 404", func(t *testing.T, b *rulebook) {
		_, domain, _ := strings.Cut(b.box, "@")
		a := b.get("/users/no-such-user-7f2c@" + domain + "/messages")
		assert.Equal(t, 404, a.Status)
		assert.Contains(t, []string{"ErrorInvalidUser", "Request_ResourceNotFound", "ResourceNotFound"}, a.code())
	}},
	{"A6 a plus-address names nobody", func(t *testing.T, b *rulebook) {
		local, domain, _ := strings.Cut(b.box, "@")
		assert.Equal(t, 404, b.get("/users/"+url.PathEscape(local+"+tag@"+domain)+"/messages").Status)
	}},
	{"A10 a mail without HTML has a body of text", func(t *testing.T, b *rulebook) {
		m := b.get(b.path("messages", b.draftMIME(t)))
		assert.Equal(t, "text", m.JSON["body"].(map[string]any)["contentType"])
	}},
	{"A14 contains(body/content, …) is accepted", func(t *testing.T, b *rulebook) {
		assert.Equal(t, 200, b.ask("$filter", "contains(body/content,'x')").Status)
	}},
	{"A17 a stale If-Match is 412 ErrorIrresolvableConflict", func(t *testing.T, b *rulebook) {
		id := b.draft(t, "stale")
		etag := b.get(b.path("messages", id)).str("@odata.etag")
		read := map[string]any{"isRead": true, "categories": []string{"a"}}
		require.Equal(t, 200, b.call(http.MethodPatch, b.path("messages", id), read).Status)
		a := b.call(http.MethodPatch, b.path("messages", id), map[string]any{"categories": []string{"b"}}, "If-Match", etag)
		assert.Equal(t, 412, a.Status)
		assert.Equal(t, "ErrorIrresolvableConflict", a.code())
	}},
	{"A19 the mailbox-wide list has drafts", func(t *testing.T, b *rulebook) {
		id := b.draft(t, "listed")
		assert.Contains(t, b.ask("$select", "id", "$top", "50").values("id"), id)
	}},
	{"A22 a delta takes the filter of receivedDateTime", func(t *testing.T, b *rulebook) {
		a := b.delta("$filter", "receivedDateTime ge 2026-01-01T00:00:00Z", "$select", "id")
		assert.Equal(t, 200, a.Status, a.Text)
	}},
	{"A24 $top is the page of a delta, not its end", func(t *testing.T, b *rulebook) {
		b.draft(t, "delta one")
		b.draft(t, "delta two")
		a := b.get(b.path("mailFolders", "drafts", "messages", "delta") + "?" + query("$top", "1", "$select", "id"))
		require.Equal(t, 200, a.Status, a.Text)
		assert.NotEmpty(t, a.str("@odata.nextLink"))
	}},
	{"A25 lists are the newest first, in whole seconds", func(t *testing.T, b *rulebook) {
		b.draft(t, "order one")
		b.draft(t, "order two")
		times := b.ask("$select", "receivedDateTime", "$top", "20").values("receivedDateTime")
		assert.True(t, slices.IsSortedFunc(times, func(x, y string) int { return cmp.Compare(y, x) }), times)
		assert.NotContains(t, strings.Join(times, " "), ".")
	}},
	{"A26 an order that the filter does not lead with is InefficientFilter", func(t *testing.T, b *rulebook) {
		a := b.ask("$filter", "isRead eq false", "$orderby", "receivedDateTime desc")
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "InefficientFilter", a.code())
	}},
	{"A26 an unknown property is RequestBroker--ParseUri", func(t *testing.T, b *rulebook) {
		a := b.ask("$filter", "nosuch eq 'x'")
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "RequestBroker--ParseUri", a.code())
	}},
	{"A26 a filter that breaks off is BadRequest", func(t *testing.T, b *rulebook) {
		a := b.ask("$filter", "subject eq")
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "BadRequest", a.code())
	}},
	{"A26 recipients cannot be filtered", func(t *testing.T, b *rulebook) {
		a := b.ask("$filter", "toRecipients/any(r:r/emailAddress/address eq 'x@example.com')")
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "ErrorInvalidUrlQueryFilter", a.code())
	}},
	{"A27 filter values are compared without regard to case", func(t *testing.T, b *rulebook) {
		id := b.draft(t, "MiXed CaSe")
		assert.Contains(t, b.ask("$filter", "subject eq 'mixed case'", "$select", "id", "$top", "50").values("id"), id)
	}},
	{"A29 $search with immutable ids gives whole JSON", func(t *testing.T, b *rulebook) {
		a := b.get(b.path("messages")+"?"+query("$search", `"x"`, "$select", "id"), "Prefer", `IdType="ImmutableId"`)
		assert.Equal(t, 200, a.Status)
		assert.True(t, json.Valid([]byte(a.Text)))
	}},
	{"A31 a Message-ID in sent MIME is kept", func(t *testing.T, b *rulebook) {
		m := b.sent(t)
		assert.Equal(t, 200, m.Status)
	}},
	{"A32 six x- headers are refused", func(t *testing.T, b *rulebook) {
		var headers []any
		for _, n := range []string{"x-a", "x-b", "x-c", "x-d", "x-e", "x-f"} {
			headers = append(headers, map[string]any{"name": n, "value": "1"})
		}
		a := b.post(b.path("messages"), map[string]any{"subject": "headers", "internetMessageHeaders": headers})
		assert.Equal(t, 400, a.Status)
	}},
	{"A34 a body of more than 4 MB is 413", func(t *testing.T, b *rulebook) {
		a := b.post(b.path("messages"), map[string]any{"subject": "large", "body": map[string]any{"contentType": "text", "content": strings.Repeat("x", 5<<20)}})
		assert.Equal(t, 413, a.Status)
	}},
	{"A35 $deltatoken=latest is SyncStateInvalid", func(t *testing.T, b *rulebook) {
		a := b.delta("$deltatoken", "latest")
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "SyncStateInvalid", a.code())
	}},
	{"A36 options beside a token are ignored", func(t *testing.T, b *rulebook) {
		a := b.delta("$filter", "receivedDateTime ge 2100-01-01T00:00:00Z", "$select", "id")
		link := cmp.Or(a.str("@odata.deltaLink"), a.str("@odata.nextLink"))
		require.NotEmpty(t, link, a.Text)
		assert.Equal(t, 200, b.get(link+"&$select=subject").Status)
	}},
	{"A37 an upload piece bears no token, and comes in order", func(t *testing.T, b *rulebook) {
		id := b.draft(t, "upload")
		a := b.post(b.path("messages", id, "attachments", "createUploadSession"),
			map[string]any{"AttachmentItem": map[string]any{"attachmentType": "file", "name": "a.bin", "size": 4 << 20}})
		require.Equal(t, 201, a.Status, a.Text)
		piece := strings.Repeat("x", 1<<20)
		put := func(at string) int {
			return b.call(http.MethodPut, a.str("uploadUrl"), piece, "Content-Range", at).Status
		}
		assert.Equal(t, 401, put("bytes 0-1048575/4194304"))
		token := b.token
		defer func() { b.token = token }()
		b.token = ""
		assert.Equal(t, 416, put("bytes 1048576-2097151/4194304"))
	}},
	{"A38 the subject of a received mail is fixed", func(t *testing.T, b *rulebook) {
		a := b.call(http.MethodPatch, b.path("messages", b.sent(t).str("id")), map[string]any{"subject": "another"})
		assert.Equal(t, 400, a.Status)
		assert.Equal(t, "ErrorInvalidPropertySet", a.code())
	}},
	{"A39 another sender is ErrorSendAsDenied", func(t *testing.T, b *rulebook) {
		_, domain, _ := strings.Cut(b.box, "@")
		from := map[string]any{"emailAddress": map[string]any{"address": "no-such-user-7f2c@" + domain}}
		a := b.post(b.path("sendMail"), map[string]any{"message": map[string]any{"subject": "as another", "from": from, "toRecipients": people(b.box)}})
		assert.Equal(t, 403, a.Status)
		assert.Equal(t, "ErrorSendAsDenied", a.code())
	}},
	{"A40 compressed bodies are read", func(t *testing.T, b *rulebook) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(`{"subject":"packed"}`))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		a := b.post(b.path("messages"), packed.String(), "Content-Encoding", "gzip")
		assert.Equal(t, 201, a.Status, a.Text)
		b.made = append(b.made, a.str("id"))
	}},
	{"A41 a batch of six on one mailbox has no 429", func(t *testing.T, b *rulebook) {
		var parts []any
		for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
			parts = append(parts, map[string]any{"id": id, "method": "GET", "url": "/users/" + b.box + "/messages?$top=1&$select=id"})
		}
		a := b.post("/$batch", map[string]any{"requests": parts})
		require.Equal(t, 200, a.Status, a.Text)
		for _, r := range a.JSON["responses"].([]any) {
			assert.Equal(t, 200.0, r.(map[string]any)["status"])
		}
	}},
	{"A43 the mails of a deleted folder are in Deleted Items", func(t *testing.T, b *rulebook) {
		name := "rule A43 " + time.Now().UTC().Format("20060102150405.000")
		folder := b.post(b.path("mailFolders"), map[string]any{"displayName": name})
		require.Equal(t, 201, folder.Status, folder.Text)
		stable := []string{"Prefer", `IdType="ImmutableId"`}
		m := b.post(b.path("mailFolders", folder.str("id"), "messages"), map[string]any{"subject": "in a folder"}, stable...)
		require.Equal(t, 201, m.Status, m.Text)
		require.Equal(t, 204, b.call(http.MethodDelete, b.path("mailFolders", folder.str("id")), nil).Status)
		a := b.get(b.path("messages", m.str("id")), stable...)
		require.Equal(t, 200, a.Status, a.Text)
		assert.Equal(t, b.get(b.path("mailFolders", "deleteditems")).str("id"), a.str("parentFolderId"))
	}},
}

// rulebook asks a service, the fake or the real one, about one mailbox.
type rulebook struct {
	*rig
	box  string
	made []string // mails, which go into Deleted Items in the end
}

func (b *rulebook) path(parts ...string) string {
	p := "/users/" + url.PathEscape(b.box)
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

func (b *rulebook) ask(options ...string) answer {
	return b.get(b.path("messages") + "?" + query(options...))
}

func (b *rulebook) delta(options ...string) answer {
	return b.get(b.path("mailFolders", "inbox", "messages", "delta") + "?" + query(options...))
}

// draft makes a draft.
func (b *rulebook) draft(t *testing.T, subject string) string {
	t.Helper()
	a := b.post(b.path("messages"), map[string]any{"subject": subject})
	require.Equal(t, 201, a.Status, a.Text)
	b.made = append(b.made, a.str("id"))
	return a.str("id")
}

// mime is a mail from the mailbox to itself.
func (b *rulebook) mime(id string) string {
	return b64("From: <" + b.box + ">\r\nTo: <" + b.box + ">\r\nSubject: rule\r\nMessage-ID: <" + id + ">\r\n\r\nplain text\r\n")
}

func (b *rulebook) draftMIME(t *testing.T) string {
	t.Helper()
	a := b.post(b.path("messages"), b.mime("draft@rules.example.com"), "Content-Type", "text/plain")
	require.Equal(t, 201, a.Status, a.Text)
	b.made = append(b.made, a.str("id"))
	return a.str("id")
}

// sent sends a mail to the mailbox itself and returns it as it came.
func (b *rulebook) sent(t *testing.T) answer {
	t.Helper()
	id := strings.ReplaceAll(t.Name(), "/", ".") + time.Now().UTC().Format(".20060102150405.000") + "@rules.example.com"
	require.Equal(t, 202, b.post(b.path("sendMail"), b.mime(id), "Content-Type", "text/plain").Status)
	find := b.path("mailFolders", "inbox", "messages") + "?" + query("$filter", "internetMessageId eq '<"+id+">'", "$select", "id")
	for range 60 {
		if ids := b.get(find).values("id"); len(ids) > 0 {
			b.made = append(b.made, ids[0])
			return b.get(b.path("messages", ids[0]))
		}
		<-time.After(b.pause)
	}
	t.Fatal("the mail did not come under its Message-ID")
	return answer{}
}

func (b *rulebook) checkAll(t *testing.T) {
	for _, rule := range rules {
		t.Run(rule.number, func(t *testing.T) {
			b.t = t
			rule.check(t, b)
		})
	}
	b.t = t
	for _, id := range b.made {
		b.call(http.MethodDelete, b.path("messages", id), nil)
	}
}

// TestRules checks the rules on the fake.
func TestRules(t *testing.T) {
	t.Parallel()
	(&rulebook{rig: simpleRig(t), box: ada}).checkAll(t)
}

// TestLiveRules checks the same rules on the real service, on the mailbox that the environment names:
// CLOUDMAIL_LIVE_OFFICE365_TENANT, _CLIENT_ID, _CLIENT_SECRET and _ADDRESS; the app needs
// Mail.ReadWrite and Mail.Send there. Without them it is skipped.
func TestLiveRules(t *testing.T) {
	const prefix = "CLOUDMAIL_LIVE_OFFICE365_"
	app := fakegraph.App{Tenant: os.Getenv(prefix + "TENANT"), ClientID: os.Getenv(prefix + "CLIENT_ID"),
		Secrets: []fakegraph.Secret{{Value: os.Getenv(prefix + "CLIENT_SECRET")}}}
	box := os.Getenv(prefix + "ADDRESS")
	if app.Tenant == "" || app.ClientID == "" || app.Secret() == "" || box == "" {
		t.Skip("no real mailbox: set " + prefix + "TENANT, _CLIENT_ID, _CLIENT_SECRET and _ADDRESS")
	}
	r := &rig{t: t, app: app, http: &http.Client{Timeout: 2 * time.Minute}, pause: 2 * time.Second}
	r.renew()
	(&rulebook{rig: r, box: box}).checkAll(t)
}
