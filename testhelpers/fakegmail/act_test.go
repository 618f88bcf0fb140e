package fakegmail_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// labelsOf are the labels of a mail, as get shows them.
func (w *world) labelsOf(id string) []any {
	w.t.Helper()
	list, _ := w.get("/messages/" + id + "?format=minimal")["labelIds"].([]any)
	return list
}

func (w *world) one() string {
	w.t.Helper()
	w.deliver([]byte(mail))
	return ids(w.get("/messages"), "messages")[0]
}

func TestModify(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.one()
	label := w.ok("/labels", map[string]any{"name": "qa/run-1"})["id"].(string)
	m := w.ok("/messages/"+id+"/modify", map[string]any{"addLabelIds": []string{label, "STARRED"}, "removeLabelIds": []string{"UNREAD", "INBOX"}})
	assert.Equal(t, map[string]any{"id": id, "threadId": id, "labelIds": []any{"STARRED", label}}, m)
	stored := w.box.List("")[0]
	assert.Equal(t, mailstore.Archive, stored.Folder)
	assert.True(t, stored.Seen)
	assert.True(t, stored.Flagged)
	assert.Equal(t, []string{"qa/run-1"}, stored.Keywords, "a keyword of the store is the name of a label")

	w.ok("/messages/"+id+"/modify", map[string]any{"addLabelIds": []string{"SPAM", "IMPORTANT"}})
	assert.Equal(t, []any{"STARRED", "SPAM", "IMPORTANT", label}, w.labelsOf(id))
	w.ok("/messages/"+id+"/modify", map[string]any{"addLabelIds": []string{"INBOX"}, "removeLabelIds": []string{label}})
	assert.Equal(t, []any{"STARRED", "IMPORTANT", "INBOX"}, w.labelsOf(id), "the inbox drives spam away")

	for text, body := range map[string]string{
		"No label add or removes specified":               `{}`,
		"Invalid label: SENT":                             `{"addLabelIds":["SENT"]}`,
		"Invalid label: Label_99":                         `{"addLabelIds":["Label_99"]}`,
		"Cannot both add and remove the same label":       `{"addLabelIds":["SPAM"],"removeLabelIds":["SPAM"]}`,
		"Unknown name \\\"labels\\\": Cannot find field.": `{"labels":["SPAM"]}`,
		"Invalid JSON payload received.":                  `{`,
	} {
		r := w.post("/messages/"+id+"/modify", body)
		assert.Equal(t, http.StatusBadRequest, r.status, body)
		assert.Contains(t, r.body, text)
	}
	assert.Equal(t, http.StatusNotFound, w.post("/messages/19a0000009000009/modify", `{"addLabelIds":["SPAM"]}`).status)
}

func TestTrashAndUntrash(t *testing.T) {
	t.Parallel()
	for inbox, want := range map[bool][]any{false: {"UNREAD", "Label_1"}, true: {"UNREAD", "Label_1", "INBOX"}} {
		w := newWorld(t, &fakegmail.Options{UntrashToInbox: inbox})
		w.box.Deliver([]byte(mail), mailstore.Delivery{NoTrace: true, Keywords: []string{"keep"}})
		id := ids(w.get("/messages"), "messages")[0]
		m := w.ok("/messages/"+id+"/trash", nil)
		assert.Equal(t, []any{"UNREAD", "TRASH", "Label_1"}, m["labelIds"], "INBOX goes, the others stay")
		w.ok("/messages/"+id+"/trash", nil)
		assert.Equal(t, want, w.ok("/messages/"+id+"/untrash", nil)["labelIds"])
	}
}

func TestTrashOfSentMailIsStillSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.put(mailstore.Sent, "x", w.box.Deliver([]byte(mail), mailstore.Delivery{}).Received)
	id := ids(w.get("/messages?labelIds=SENT"), "messages")[0]
	w.ok("/messages/"+id+"/trash", nil)
	assert.Contains(t, w.labelsOf(id), "SENT")
	w.ok("/messages/"+id+"/untrash", nil)
	assert.Equal(t, mailstore.Sent, w.box.List(mailstore.Sent)[0].Folder)
}

func TestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a, b := w.one(), w.one()
	in := map[string]any{"ids": []string{a, b, "19a0000009000009"}, "removeLabelIds": []string{"UNREAD"}}
	r := w.post("/messages/batchModify", in)
	require.Equal(t, http.StatusNoContent, r.status, r.body)
	assert.Empty(t, r.body)
	assert.Equal(t, []any{"INBOX"}, w.labelsOf(b))

	assert.Equal(t, http.StatusNoContent, w.post("/messages/batchDelete", map[string]any{"ids": []string{a, b}}).status)
	assert.Empty(t, w.get("/messages")["messages"])
	assert.Equal(t, http.StatusBadRequest, w.post("/messages/batchDelete", "{}").status)
	assert.Equal(t, http.StatusBadRequest, w.post("/messages/batchDelete", map[string]any{"ids": make([]string, 1001)}).status)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l := w.ok("/labels", map[string]any{"name": "Run 1", "labelListVisibility": "labelHide", "color": map[string]any{"textColor": "#000000"}})
	assert.Equal(t, map[string]any{"id": "Label_1", "name": "Run 1", "type": "user", "labelListVisibility": "labelHide",
		"messageListVisibility": "show", "color": map[string]any{"textColor": "#000000"}}, l)
	r := w.post("/labels", `{"name":"run 1"}`)
	assert.Equal(t, http.StatusConflict, r.status)
	assert.Equal(t, "Label name exists or conflicts", dig(t, r.tree(t), "error", "message"))
	assert.Equal(t, "ABORTED", dig(t, r.tree(t), "error", "status"))
	assert.Equal(t, http.StatusBadRequest, w.post("/labels", `{"name":" "}`).status)
	assert.Equal(t, http.StatusBadRequest, w.post("/labels", `{"name":"Inbox"}`).status)

	require.NoError(t, w.box.CreateFolder("Made elsewhere"))
	names := map[string]bool{}
	for _, x := range w.get("/labels")["labels"].([]any) {
		names[x.(map[string]any)["name"].(string)] = true
		assert.NotContains(t, x, "messagesTotal", "counts come by get only")
	}
	for _, name := range []string{"INBOX", "UNREAD", "CATEGORY_PERSONAL", "Run 1", "Made elsewhere"} {
		assert.True(t, names[name], name)
	}
	w.one()
	inbox := w.get("/labels/INBOX")
	for _, count := range []string{"messagesTotal", "messagesUnread", "threadsTotal", "threadsUnread"} {
		assert.Equal(t, 1.0, inbox[count], count)
	}
	assert.Equal(t, http.StatusNotFound, w.do("GET", me+"/labels/Label_77", "", nil).status)
}

func TestLabelRenameAndDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.box.Deliver([]byte(mail), mailstore.Delivery{NoTrace: true, Folder: "Old"})
	w.box.Deliver([]byte(mail), mailstore.Delivery{NoTrace: true, Keywords: []string{"Old"}})
	id := dig(t, w.get("/labels"), "labels", 15, "id").(string)
	start := w.mark()
	r := w.do(http.MethodPatch, me+"/labels/"+id, "application/json", strings.NewReader(`{"name":"New"}`))
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.Len(t, w.get("/messages?labelIds=" + id)["messages"], 2)
	assert.Len(t, w.box.List("New"), 1)
	_, there := w.box.Folder("Old")
	assert.False(t, there)
	for _, record := range w.get("/history?startHistoryId=" + start)["history"].([]any) {
		assert.NotContains(t, record, "labelsRemoved", "a label keeps its id")
	}

	require.Equal(t, http.StatusNoContent, w.do(http.MethodDelete, me+"/labels/"+id, "", nil).status)
	assert.Len(t, w.get("/messages")["messages"], 2, "the mails stay")
	assert.Equal(t, http.StatusBadRequest, w.do("GET", me+"/messages?labelIds="+id, "", nil).status)
	assert.Equal(t, http.StatusBadRequest, w.do(http.MethodDelete, me+"/labels/INBOX", "", nil).status)
}

func TestThreads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.deliver(letter("one", "Subject: Plan", "Message-ID: <1@x>"))
	w.deliver(letter("other", "Subject: Else", "Message-ID: <2@x>", "In-Reply-To: <1@x>"))
	w.deliver(letter("two", "Subject: Re: AW: plan", "Message-ID: <3@x>", "References: <0@x> <1@x>"))
	list := w.get("/threads")
	require.Len(t, list["threads"], 2, "a reply joins if its subject is the same")
	assert.Equal(t, "two", dig(t, list, "threads", 0, "snippet"))
	id := ids(list, "threads")[0]

	th := w.get("/threads/" + id + "?format=minimal")
	require.Len(t, th["messages"], 2)
	assert.Equal(t, id, dig(t, th, "messages", 0, "id"), "a thread has the id of its first mail")
	assert.Equal(t, id, dig(t, th, "messages", 1, "threadId"))
	assert.Equal(t, http.StatusBadRequest, w.do("GET", me+"/threads/"+id+"?format=raw", "", nil).status)
	assert.Len(t, w.get("/threads?maxResults=1")["threads"], 1)
	next := w.get("/threads?maxResults=1")["nextPageToken"].(string)
	assert.NotEqual(t, id, ids(w.get("/threads?maxResults=1&pageToken="+next), "threads")[0])

	w.ok("/threads/"+id+"/modify", `{"removeLabelIds":["UNREAD"]}`)
	assert.Len(t, w.get("/messages?labelIds=UNREAD")["messages"], 1)
	w.ok("/threads/"+id+"/trash", nil)
	assert.Len(t, w.get("/messages")["messages"], 1)
	w.ok("/threads/"+id+"/untrash", nil)
	assert.Len(t, w.get("/messages")["messages"], 3)
	assert.Equal(t, http.StatusNoContent, w.do(http.MethodDelete, me+"/threads/"+id, "", nil).status)
	assert.Equal(t, http.StatusNotFound, w.do("GET", me+"/threads/"+id, "", nil).status)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.store.Add(qa, "sales@example.com")
	list := w.get("/settings/sendAs")
	assert.Equal(t, qa, dig(t, list, "sendAs", 0, "sendAsEmail"))
	assert.Equal(t, true, dig(t, list, "sendAs", 0, "isPrimary"))
	assert.Equal(t, "", dig(t, list, "sendAs", 1, "replyToAddress"), "written also where it is empty")
	assert.Equal(t, "sales@example.com", w.get("/settings/sendAs/sales@example.com")["sendAsEmail"])
	for _, path := range []string{"imap", "pop", "vacation", "filters"} {
		w.get("/settings/" + path)
	}
	for _, path := range []string{"/watch", "/stop"} {
		r := w.post(path, "{}")
		assert.Equal(t, http.StatusNotImplemented, r.status)
		assert.Contains(t, r.body, "not part of this fake")
	}
}
