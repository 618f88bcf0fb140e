package fakegraph_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

var day = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// at is a delivery n minutes after nine.
func at(n int) mailstore.Delivery {
	return mailstore.Delivery{Received: day.Add(time.Duration(n) * time.Minute)}
}

// fill delivers n mails, "Mail 0" the oldest.
func (r *rig) fill(n int) {
	for i := range n {
		r.deliver(mail(fmt.Sprintf("Mail %d", i), "noreply@app.example.com", "text"), at(i))
	}
}

// walk follows nextLink to the end and gives the subjects, and how many pages there were.
func (r *rig) walk(a answer) (subjects []string, pages int) {
	r.t.Helper()
	for {
		require.Equal(r.t, 200, a.Status, a.Text)
		subjects = append(subjects, a.values("subject")...)
		pages++
		next := a.str("@odata.nextLink")
		if next == "" {
			return subjects, pages
		}
		a = r.get(next)
	}
}

func TestMessageJSON(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(mail("Your code is 482913", "Example App <noreply@app.example.com>", "Hello Ada,\nyour code"), at(15))
	a := r.list()
	require.Equal(t, 200, a.Status)
	user := fakegraph.UserID(ada)
	assert.Equal(t, "https://graph.microsoft.com/v1.0/$metadata#users('"+user+"')/messages", a.str("@odata.context"))
	m := a.JSON["value"].([]any)[0].(map[string]any)
	for name, want := range map[string]any{
		"createdDateTime": "2026-11-02T09:15:00Z", "lastModifiedDateTime": "2026-11-02T09:15:00Z",
		"receivedDateTime": "2026-11-02T09:15:00Z", "sentDateTime": "2026-11-02T09:15:29Z",
		"categories": []any{}, "hasAttachments": false, "internetMessageId": "<Your.code.is.482913@app.example.com>",
		"subject": "Your code is 482913", "bodyPreview": "Hello Ada, your code", "importance": "normal",
		"isDeliveryReceiptRequested": false, "isReadReceiptRequested": false, "isRead": false, "isDraft": false,
		"inferenceClassification": "focused", "flag": map[string]any{"flagStatus": "notFlagged"},
		"body":          map[string]any{"contentType": "text", "content": "Hello Ada,\r\nyour code\r\n"},
		"from":          map[string]any{"emailAddress": map[string]any{"name": "Example App", "address": "noreply@app.example.com"}},
		"sender":        map[string]any{"emailAddress": map[string]any{"name": "Example App", "address": "noreply@app.example.com"}},
		"toRecipients":  []any{map[string]any{"emailAddress": map[string]any{"name": "Ada Tester", "address": ada}}},
		"ccRecipients":  []any{},
		"bccRecipients": []any{},
		"replyTo":       []any{},
	} {
		assert.Equal(t, want, m[name], name)
	}
	assert.Equal(t, `W/"`+m["changeKey"].(string)+`"`, m["@odata.etag"])
	for _, name := range []string{"id", "parentFolderId", "conversationId", "conversationIndex", "webLink"} {
		assert.NotEmpty(t, m[name], name)
	}
	assert.Len(t, m, 30, "the default properties, and nothing else")
	assert.NotContains(t, m, "internetMessageHeaders")
	assert.NotContains(t, m, "uniqueBody")
}

func TestResponseHeaders(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	a := r.get("/users/"+ada+"/messages", "Client-Request-Id", "5d0a9b52-6f5e-4fd4-9d3b-000000000001")
	for name, want := range map[string]string{
		"Client-Request-Id": "5d0a9b52-6f5e-4fd4-9d3b-000000000001",
		"OData-Version":     "4.0",
		"Cache-Control":     "private",
		"Content-Type":      "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
	} {
		assert.Equal(t, want, a.Header.Get(name), name)
	}
	assert.Len(t, a.Header.Get("Request-Id"), 36)
	assert.Contains(t, a.Header.Get("X-Ms-Ags-Diagnostic"), `"ServerInfo"`)
	_, err := time.Parse(time.RFC1123, a.Header.Get("Date"))
	assert.NoError(t, err)
	a = r.get("/users/"+ada+"/messages/x", "Client-Request-Id", "c")
	inner := a.JSON["error"].(map[string]any)["innerError"].(map[string]any)
	assert.Equal(t, "c", inner["client-request-id"])
	assert.Equal(t, a.Header.Get("Request-Id"), inner["request-id"])
	_, err = time.Parse("2006-01-02T15:04:05", inner["date"].(string))
	assert.NoError(t, err, "without a zone")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(25)
	want := make([]string, 25)
	for i := range want {
		want[i] = fmt.Sprintf("Mail %d", 24-i)
	}
	for name, tc := range map[string]struct {
		path   string
		prefer string
		pages  int
	}{
		"default":        {"messages?", "", 3},
		"top":            {"messages?$top=7", "", 4},
		"all at once":    {"messages?$top=1000", "", 1},
		"select":         {"messages?$select=subject&$top=20", "", 2},
		"folder":         {"mailFolders/inbox/messages?", "", 3},
		"folder by id":   {"mailFolders('inbox')/messages?", "", 3},
		"prefer":         {"messages?", "odata.maxpagesize=5", 3},
		"filter":         {"messages?$filter=" + url.PathEscape("receivedDateTime ge 2026-11-02T09:00:00Z"), "", 3},
		"filter, order":  {"messages?$orderby=receivedDateTime%20desc&$filter=" + url.PathEscape("receivedDateTime ge 1900-01-01T00:00:00Z"), "", 3},
		"count":          {"messages?$count=true", "", 3},
		"order alone":    {"messages?$orderby=receivedDateTime+desc", "", 3},
		"skip to begin":  {"messages?$skip=0", "", 3},
		"escaped dollar": {"messages?%24top=7", "", 4},
	} {
		t.Run(name, func(t *testing.T) {
			a := r.get("/users/"+ada+"/"+tc.path, "Prefer", tc.prefer)
			subjects, pages := r.walk(a)
			assert.Equal(t, want, subjects)
			assert.Equal(t, tc.pages, pages)
		})
	}
	a := r.list("$top", "7", "$select", "subject")
	next := a.str("@odata.nextLink")
	assert.True(t, strings.HasPrefix(next, users+ada+"/messages?"), next)
	assert.Contains(t, next, "$skip=7")
	assert.Contains(t, next, "$select=subject", "the rest of the query is repeated as it came")
}

// The link is an offset: a mail that arrives meanwhile shifts the pages, and one is seen twice.
func TestPagingShifts(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(4)
	a := r.list("$top", "2")
	r.deliver(mail("New", "a@app.example.com", ""), at(30))
	b := r.get(a.str("@odata.nextLink"))
	assert.Equal(t, []string{"Mail 3", "Mail 2"}, a.values("subject"))
	assert.Equal(t, []string{"Mail 2", "Mail 1"}, b.values("subject"))
}

func TestListQuirks(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(5)
	r.fake.Quirk(fakegraph.EmptyPage, 1)
	a := r.list("$top", "3")
	assert.Empty(t, a.values("id"))
	subjects, pages := r.walk(a)
	assert.Len(t, subjects, 5)
	assert.Equal(t, 3, pages)
	r.fake.Quirk(fakegraph.LostNextLink, -1)
	subjects, _ = r.walk(r.list("$top", "3"))
	assert.Len(t, subjects, 3)
	r.fake.Quirk(fakegraph.LostNextLink, 0)
	subjects, _ = r.walk(r.list("$top", "3"))
	assert.Len(t, subjects, 5)
}

func TestSelect(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	a := r.list("$select", "subject,FROM,internetMessageHeaders")
	assert.Equal(t, graph+"/$metadata#users('"+fakegraph.UserID(ada)+"')/messages(subject,from,internetMessageHeaders)", a.str("@odata.context"))
	m := a.JSON["value"].([]any)[0].(map[string]any)
	assert.Len(t, m, 5, "etag and id come always")
	headers := m["internetMessageHeaders"].([]any)
	assert.Contains(t, headers, map[string]any{"name": "Subject", "value": "Mail 0"})
	assert.Equal(t, "RequestBroker--ParseUri", r.list("$select", "nonsense").code())
	assert.Equal(t, "Could not find a property named 'nonsense' on type 'microsoft.graph.message'.", r.list("$select", "nonsense").message())
}

func TestCount(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(12)
	assert.EqualValues(t, 12, r.list("$count", "true", "$top", "5").JSON["@odata.count"])
	assert.NotContains(t, r.list().JSON, "@odata.count")
	a := r.get("/users/" + ada + "/messages/$count")
	assert.Equal(t, "12", a.Text)
	assert.Equal(t, "text/plain", a.Header.Get("Content-Type"))
	a = r.get("/users/" + ada + "/mailFolders/inbox/messages/$count?$filter=" + url.PathEscape("subject eq 'Mail 3'"))
	assert.Equal(t, "1", a.Text)
}

func TestOrder(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(3)
	assert.Equal(t, []string{"Mail 0", "Mail 1", "Mail 2"}, r.list("$orderby", "receivedDateTime").values("subject"))
	assert.Equal(t, []string{"Mail 0", "Mail 1", "Mail 2"}, r.list("$orderby", "subject asc").values("subject"))
	assert.Equal(t, []string{"Mail 2", "Mail 1", "Mail 0"}, r.list("$orderby", "from/emailAddress/address,subject desc").values("subject"))
	for _, bad := range []string{"nonsense", "subject down", "subject desc desc", ""} {
		assert.Equal(t, 400, r.list("$orderby", bad).Status, bad)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for _, options := range [][]string{
		{"$top", "0"}, {"$top", "1001"}, {"$top", "many"}, {"$skip", "-1"}, {"$count", "perhaps"},
		{"$nonsense", "1"}, {"$top", "1", "$top", "2"}, {"$skiptoken", "abc"},
	} {
		assert.Equal(t, 400, r.list(options...).Status, options)
	}
	assert.Equal(t, 200, r.list("top", "many").Status, "without the dollar it is no option")
}

// All folders are in /messages, the recoverable items are not.
func TestMailboxWideList(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for i, folder := range []string{mailstore.Inbox, mailstore.Junk, mailstore.Sent, mailstore.Trash, mailstore.Drafts, "Projects/2026"} {
		d := at(i)
		d.Folder = folder
		r.deliver(mail(folder, "a@app.example.com", ""), d)
	}
	assert.Len(t, r.list().values("id"), 6)
	a := r.get("/users/" + ada + "/mailFolders/deleteditems/messages")
	item := "/users/" + ada + "/messages/" + a.values("id")[0]
	require.Equal(t, 204, r.call("DELETE", item, nil).Status)
	assert.Len(t, r.list().values("id"), 5)
	assert.Equal(t, "5", r.get("/users/"+ada+"/messages/$count").Text)
}
