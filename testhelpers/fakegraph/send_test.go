package fakegraph_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const sendMail = "/users/" + ada + "/sendMail"

// in lists the raw mails of a folder, the newest first.
func (r *rig) in(address, folder string) (raws []string) {
	box, _ := r.store.Mailbox(address)
	for _, m := range box.List(folder) {
		raws = append(raws, string(m.Raw))
	}
	return raws
}

func TestSendMail(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	a := r.post(sendMail, map[string]any{"Message": map[string]any{
		"@odata.type": "#microsoft.graph.message", "Subject": "Grüße", "Importance": "high",
		"Body":                   map[string]any{"ContentType": "HTML", "Content": "<p>Hello <b>Bob</b></p>"},
		"ToRecipients":           []any{map[string]any{"emailAddress": map[string]any{"name": "Böb", "address": bob}}},
		"BccRecipients":          people(ada),
		"ReplyTo":                people("reply@contoso.example"),
		"InternetMessageHeaders": []any{map[string]any{"name": "x-run", "value": "7"}},
		"Attachments":            []any{map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": b64("file")}},
	}})
	require.Equal(t, 202, a.Status, a.Text)
	assert.Empty(t, a.Text)
	got := r.in(bob, mailstore.Inbox)
	require.Len(t, got, 1)
	assert.NotContains(t, got[0], "Bcc:")
	for _, want := range []string{"From: <" + ada + ">\r\n", "x-run: 7\r\n", "Importance: high\r\n", "Reply-To: <reply@contoso.example>\r\n", b64("file")} {
		assert.Contains(t, got[0], want)
	}
	require.Len(t, r.in(ada, mailstore.Inbox), 1, "by Bcc")
	sent := r.get("/users/" + ada + "/mailFolders/sentitems/messages").JSON["value"].([]any)
	require.Len(t, sent, 1, "saved by default")
	m := sent[0].(map[string]any)
	assert.Equal(t, "Grüße", m["subject"])
	assert.Equal(t, true, m["isRead"])
	assert.Equal(t, "high", m["importance"])
	assert.Len(t, m["bccRecipients"], 1)
	assert.Equal(t, "Hello Bob", m["bodyPreview"])
	other := r.get("/users/" + bob + "/messages").JSON["value"].([]any)[0].(map[string]any)
	assert.Equal(t, m["internetMessageId"], other["internetMessageId"])
	assert.Empty(t, other["bccRecipients"])
	assert.Equal(t, "Böb", other["toRecipients"].([]any)[0].(map[string]any)["emailAddress"].(map[string]any)["name"])
}

func TestSaveToSentItems(t *testing.T) {
	t.Parallel()
	for value, saved := range map[any]int{true: 1, false: 0, "false": 0, "true": 1, nil: 1} {
		r := simpleRig(t)
		body := sendBody(bob, "Hi")
		if value != nil {
			body["SaveToSentItems"] = value
		}
		require.Equal(t, 202, r.post(sendMail, body).Status)
		assert.Len(t, r.in(ada, mailstore.Sent), saved, value)
	}
}

func TestSendMIME(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	raw := strings.ReplaceAll(mail("Hi", ada, "Hello")+"", "\n", "\r\n")
	raw = "Cc: " + bob + "\r\n" + raw
	wrapped := strings.Join(chunks(b64(raw), 76), "\r\n")
	a := r.post(sendMail, wrapped, "Content-Type", "text/plain")
	require.Equal(t, 202, a.Status, a.Text)
	assert.True(t, strings.HasSuffix(r.in(bob, mailstore.Inbox)[0], raw), "byte for byte")
	assert.Equal(t, raw, r.in(ada, mailstore.Sent)[0])

	a = r.post(sendMail, "not base64!", "Content-Type", "text/plain")
	assert.Equal(t, 400, a.Status)
	assert.Equal(t, "ErrorMimeContentInvalidBase64String", a.code())
	assert.Equal(t, "Invalid base64 string for MIME content.", a.message())

	r.post(sendMail, b64("To: "+bob+"\r\nSubject: Bare\r\n\r\nx"), "Content-Type", "text/plain; charset=utf-8")
	bare := r.in(bob, mailstore.Inbox)[0]
	for _, want := range []string{"From: <" + ada + ">\r\n", "Date: ", "Message-ID: <"} {
		assert.Contains(t, bare, want)
	}
}

func chunks(s string, n int) (list []string) {
	for len(s) > n {
		list, s = append(list, s[:n]), s[n:]
	}
	return append(list, s)
}

func TestRewriteMessageID(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{RewriteMessageID: true}, fakegraph.App{})
	r.post(sendMail, b64("To: "+bob+"\r\nMessage-ID:\r\n <mine@app.example.com>\r\nSubject: Hi\r\n\r\nx"), "Content-Type", "text/plain")
	got := r.in(bob, mailstore.Inbox)[0]
	assert.NotContains(t, got, "mine@app")
	assert.Contains(t, got, "Message-ID: <")
	assert.Contains(t, got, "Subject: Hi\r\n\r\nx")
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	header := func(n int, name string) []any {
		var list []any
		for i := range n {
			list = append(list, map[string]any{"name": fmt.Sprintf("%s-%d", name, i), "value": "1"})
		}
		return list
	}
	many := make([]string, 501)
	for i := range many {
		many[i] = fmt.Sprintf("u%d@contoso.example", i)
	}
	for name, tc := range map[string]struct {
		message map[string]any
		status  int
		code    string
	}{
		"no recipients":  {map[string]any{"subject": "x"}, 400, "ErrorInvalidRecipients"},
		"bad recipient":  {map[string]any{"toRecipients": people("nobody")}, 400, "ErrorInvalidRecipients"},
		"501 recipients": {map[string]any{"toRecipients": people(many...)}, 400, "ErrorRecipientLimitExceeded"},
		"another sender": {map[string]any{"toRecipients": people(bob), "from": people(bob)[0]}, 403, "ErrorSendAsDenied"},
		"own alias":      {map[string]any{"toRecipients": people(bob), "from": people("lovelace@contoso.example")[0]}, 202, ""},
		"five headers":   {map[string]any{"toRecipients": people(bob), "internetMessageHeaders": header(5, "X-h")}, 202, ""},
		"six headers":    {map[string]any{"toRecipients": people(bob), "internetMessageHeaders": header(6, "x-h")}, 400, "InvalidInternetMessageHeaderCollection"},
		"other header":   {map[string]any{"toRecipients": people(bob), "internetMessageHeaders": header(1, "List-Id")}, 400, "InvalidInternetMessageHeader"},
	} {
		a := r.post(sendMail, map[string]any{"message": tc.message})
		assert.Equal(t, tc.status, a.Status, name+": "+a.Text)
		assert.Equal(t, tc.code, a.code(), name)
	}
	assert.Equal(t, "ErrorInvalidParameter", r.post(sendMail, map[string]any{}).code())
	assert.Equal(t, "BadRequest", r.post(sendMail, "{").code())
	assert.Equal(t, "RequestBodyRead", r.post(sendMail, `{"message":{"subject":5}}`).code())
}

// A mail to nobody comes back as a bounce; the answer to the request was still 202.
func TestBounce(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	require.Equal(t, 202, r.post(sendMail, sendBody("nobody@contoso.example", "Hi")).Status)
	assert.Contains(t, r.in(ada, mailstore.Inbox)[0], "report-type=delivery-status")
}

func TestSendDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &fakegraph.Options{SentDelay: 2 * time.Second, DeliveryDelay: 5 * time.Second}, fakegraph.App{})
		id := r.draft("Draft")
		require.Equal(t, 202, r.post(sendMail, sendBody(bob, "Hi")).Status)
		require.Equal(t, 202, r.post(messages+id+"/send", nil).Status)
		assert.Empty(t, r.in(ada, mailstore.Sent))
		time.Sleep(3 * time.Second)
		assert.Len(t, r.in(ada, mailstore.Sent), 2)
		assert.Empty(t, r.in(bob, mailstore.Inbox))
		time.Sleep(3 * time.Second)
		assert.Len(t, r.in(bob, mailstore.Inbox), 2)
	})
}

func TestSendRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := simpleRig(t)
		for range 30 {
			require.Equal(t, 202, r.post(sendMail, sendBody(bob, "Hi")).Status)
		}
		time.Sleep(20 * time.Second)
		a := r.post(sendMail, sendBody(bob, "Hi"))
		assert.Equal(t, 429, a.Status)
		assert.Equal(t, "ErrorSubmissionQuotaExceeded", a.code())
		assert.Equal(t, "40", a.Header.Get("Retry-After"))
		time.Sleep(40 * time.Second)
		assert.Equal(t, 202, r.post(sendMail, sendBody(bob, "Hi")).Status)
	})
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	a := r.post("/users/"+ada+"/messages", map[string]any{"subject": "One", "toRecipients": people(bob), "isRead": false, "categories": []string{"Red"}})
	require.Equal(t, 201, a.Status, a.Text)
	assert.Equal(t, true, a.JSON["isDraft"])
	assert.Equal(t, false, a.JSON["isRead"])
	assert.Equal(t, []any{"Red"}, a.JSON["categories"])
	id, key := a.str("id"), a.str("changeKey")
	immutable := r.only("One", "Prefer", immutableID)
	a = r.call("PATCH", messages+id, map[string]any{
		"subject": "Two", "body": map[string]any{"contentType": "text", "content": "text"}, "ccRecipients": people(ada), "replyTo": people(bob), "internetMessageId": "<two@contoso.example>",
	})
	require.Equal(t, 200, a.Status, a.Text)
	assert.NotEqual(t, key, a.str("changeKey"))
	assert.Equal(t, "Two", a.str("subject"))
	assert.Equal(t, "<two@contoso.example>", a.str("internetMessageId"))
	assert.Len(t, a.JSON["ccRecipients"], 1)
	assert.Len(t, a.JSON["toRecipients"], 1, "what is not named stays")

	require.Equal(t, 202, r.post(messages+id+"/send", nil).Status)
	assert.Len(t, r.in(bob, mailstore.Inbox), 1)
	assert.Equal(t, 404, r.get(messages+id).Status, "it moved")
	a = r.get(messages+immutable, "Prefer", immutableID)
	assert.Equal(t, false, a.JSON["isDraft"])
	assert.Len(t, r.in(ada, mailstore.Drafts), 0)
	assert.Equal(t, 400, r.post(messages+immutable+"/send", nil).Status, "sent already")

	a = r.post("/users/"+ada+"/mailFolders/inbox/messages", map[string]any{"subject": "Here"})
	assert.Equal(t, r.get("/users/"+ada+"/mailFolders/inbox").str("id"), a.str("parentFolderId"))
	assert.Equal(t, "ErrorInvalidRecipients", r.post(messages+a.str("id")+"/send", nil).code())
	a = r.post("/users/"+ada+"/messages", b64("Subject: MIME\r\n\r\nx"), "Content-Type", "text/plain")
	assert.Equal(t, 201, a.Status)
	assert.Equal(t, "MIME", a.str("subject"))
}

func TestReplies(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	carol := r.store.Add("carol@contoso.example")
	r.deliver("From: Bob <"+bob+">\nTo: "+ada+", carol@contoso.example\nCc: "+ada+"\nSubject: Question\nMessage-ID: <q@app.example.com>\n"+
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>original</p>\n--b\nContent-Disposition: attachment; filename=a.txt\n\nfile\n--b--\n", at(0))
	id := r.only("Question")

	require.Equal(t, 202, r.post(messages+id+"/reply", map[string]any{"Comment": "My <answer>"}).Status)
	a := r.get("/users/" + bob + "/messages")
	m := a.JSON["value"].([]any)[0].(map[string]any)
	assert.Equal(t, "RE: Question", m["subject"])
	assert.Contains(t, m["body"].(map[string]any)["content"], "My &lt;answer&gt;")
	assert.Contains(t, m["body"].(map[string]any)["content"], "original")
	assert.Equal(t, false, m["hasAttachments"])
	assert.Contains(t, r.in(bob, mailstore.Inbox)[0], "In-Reply-To: <q@app.example.com>\r\n")
	assert.Equal(t, m["conversationId"], r.get("/users/" + bob + "/messages").JSON["value"].([]any)[0].(map[string]any)["conversationId"])
	assert.True(t, r.box().List(mailstore.Inbox)[0].Answered)
	assert.Len(t, r.in(ada, mailstore.Sent), 1)
	assert.Empty(t, carol.List(""))

	require.Equal(t, 202, r.post(messages+id+"/replyAll", map[string]any{"message": map[string]any{"subject": "Other", "body": map[string]any{"contentType": "text", "content": "only this"}}}).Status)
	require.Len(t, carol.List(""), 1)
	assert.Contains(t, string(carol.List("")[0].Raw), "Subject: Other\r\n")
	assert.Len(t, r.in(ada, mailstore.Inbox), 1, "not to oneself")

	require.Equal(t, 202, r.post(messages+id+"/forward", map[string]any{"Comment": "FYI", "ToRecipients": people("carol@contoso.example")}).Status)
	forwarded := string(carol.List("")[0].Raw)
	assert.Contains(t, forwarded, "Subject: FW: Question\r\n")
	assert.Contains(t, forwarded, "filename=a.txt")
	assert.Equal(t, "ErrorInvalidRecipients", r.post(messages+id+"/forward", map[string]any{"comment": "FYI"}).code())

	both := map[string]any{"comment": "x", "message": map[string]any{"body": map[string]any{"content": "y"}}}
	assert.Equal(t, 400, r.post(messages+id+"/reply", both).Status)
	for action, subject := range map[string]string{"createReply": "RE: Question", "createReplyAll": "RE: Question", "createForward": "FW: Question"} {
		assert.Equal(t, 400, r.post(messages+id+"/"+action, both).Status)
		a := r.post(messages+id+"/"+action, nil)
		require.Equal(t, 201, a.Status, a.Text)
		assert.Equal(t, subject, a.str("subject"))
		assert.Equal(t, true, a.JSON["isDraft"])
		to := map[string]int{"createReply": 1, "createReplyAll": 2, "createForward": 0}[action]
		assert.Len(t, a.JSON["toRecipients"], to, action)
	}
	assert.Len(t, r.in(ada, mailstore.Drafts), 3)
}
