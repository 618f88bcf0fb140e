package fakegmail_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func raw64(raw []byte) map[string]any {
	return map[string]any{"raw": base64.URLEncoding.EncodeToString(raw)}
}

func TestSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	boss := w.store.Add("boss@example.com")
	out := w.ok("/messages/send", raw64(letter("hello", "To: Boss <boss@example.com>, Boss <boss+2@example.com>",
		"Bcc: hidden@example.com", "Subject: Hi")))
	assert.Equal(t, []any{"SENT"}, out["labelIds"])
	require.Len(t, boss.List(""), 1)
	got := string(boss.List("")[0].Raw)
	assert.NotContains(t, got, "Bcc")
	assert.Contains(t, got, "From: qa@example.com\r\n", "a missing From is the user")
	assert.Contains(t, got, "by gmailapi.google.com")
	assert.Contains(t, got, "@mail.gmail.com>\r\n", "a missing Message-ID is made")

	sent := w.get("/messages/" + out["id"].(string) + "?format=raw")
	assert.Contains(t, decode(t, sent["raw"]), "Bcc: hidden@example.com", "the sender's copy keeps it")
	assert.Len(t, w.get("/messages?labelIds=INBOX")["messages"], 1, "the bounce for the unknown recipient")
}

func TestSelfSentMailIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	out := w.ok("/messages/send", raw64(letter("hello", "To: qa+tag@example.com", "Subject: Hi")))
	assert.Equal(t, []any{"UNREAD", "SENT", "INBOX"}, out["labelIds"])
	assert.Len(t, w.get("/messages")["messages"], 1)
	assert.Contains(t, string(w.box.List(mailstore.Inbox)[0].Raw), "Delivered-To: qa+tag@example.com")
}

func TestSendRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for text, body := range map[string]any{
		"Recipient address required": raw64(letter("x", "Subject: nobody")),
		"Invalid To header":          raw64(letter("x", "To: not an address")),
		"Base64 decoding failed":     map[string]any{"raw": "***"},
		"'raw' RFC822 payload":       map[string]any{"snippet": "x"},
	} {
		r := w.post("/messages/send", body)
		assert.Equal(t, http.StatusBadRequest, r.status, text)
		assert.Contains(t, r.body, text)
	}
	both := base64.StdEncoding.EncodeToString(letter("???>>>", "To: qa@example.com"))
	assert.Equal(t, http.StatusOK, w.post("/messages/send", map[string]any{"raw": both}).status, "both alphabets are taken")
}

func TestSendRewrites(t *testing.T) {
	t.Parallel()
	mail := letter("x", "From: fake@contoso.example", "To: boss@example.com", "Message-ID: <own@x>")
	for name, c := range map[string]struct {
		o    fakegmail.Options
		want []string
	}{
		"default": {want: []string{"From: qa@example.com\r\n", "X-Google-Original-From: fake@contoso.example", "Message-ID: <own@x>"}},
		"kept":    {o: fakegmail.Options{KeepFrom: true}, want: []string{"\r\nFrom: fake@contoso.example"}},
		"new id": {o: fakegmail.Options{ReplaceMessageID: true},
			want: []string{"@mail.gmail.com>", "X-Google-Original-Message-ID: <own@x>"}},
	} {
		w := newWorld(t, &c.o)
		boss := w.store.Add("boss@example.com")
		w.ok("/messages/send", raw64(mail))
		for _, want := range c.want {
			assert.Contains(t, string(boss.List("")[0].Raw), want, name)
		}
	}
}

func TestSendIntoAThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.deliver(letter("one", "Subject: Plan", "Message-ID: <1@x>", "From: boss@example.com"))
	id := ids(w.get("/messages"), "messages")[0]
	for _, c := range []struct {
		lines []string
		joins bool
	}{
		{[]string{"Subject: Re: Plan", "In-Reply-To: <1@x>"}, true},
		{[]string{"Subject: Other", "In-Reply-To: <1@x>"}, false},
		{[]string{"Subject: Re: Plan"}, false},
	} {
		body := raw64(letter("x", append(c.lines, "To: qa@example.com")...))
		body["threadId"] = id
		assert.Equal(t, c.joins, w.ok("/messages/send", body)["threadId"] == id, c.lines)
	}
}

func TestInsertAndImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.box.Route(func(mailstore.Message) string { return mailstore.Junk })
	label := w.ok("/labels", `{"name":"qa"}`)["id"]
	now, then := time.Now().Add(-time.Minute).UnixMilli(), int64(1786096800000) // the mail's Date
	for _, c := range []struct {
		path   string
		labels []any
		want   []any
		dated  int64
	}{
		{"/messages", nil, nil, now},
		{"/messages", []any{"INBOX", "UNREAD"}, []any{"UNREAD", "INBOX"}, now},
		{"/messages?internalDateSource=dateHeader", []any{label, "SENT"}, []any{"SENT", label}, then},
		{"/messages/import", []any{"INBOX"}, []any{"SPAM"}, then},
		{"/messages/import?neverMarkSpam=true", []any{"INBOX"}, []any{"INBOX"}, then},
		{"/messages/import?internalDateSource=receivedTime", []any{"STARRED"}, []any{"STARRED"}, now},
	} {
		body := raw64([]byte(mail))
		body["labelIds"] = c.labels
		out := w.ok(c.path, body)
		m := w.get("/messages/" + out["id"].(string) + "?format=raw")
		if c.want == nil {
			assert.NotContains(t, m, "labelIds", "only in All Mail")
		} else {
			assert.Equal(t, c.want, m["labelIds"], c.path)
		}
		assert.Equal(t, mail, decode(t, m["raw"]), "nothing is added")
		var date int64
		_, err := fmt.Sscan(m["internalDate"].(string), &date)
		require.NoError(t, err)
		assert.Equal(t, c.dated == then, date == then, c.path)
	}
	bad := raw64([]byte(mail))
	bad["labelIds"] = []string{"Label_9"}
	assert.Equal(t, http.StatusBadRequest, w.post("/messages", bad).status)
	assert.Equal(t, http.StatusBadRequest, w.post("/messages?internalDateSource=x", raw64([]byte(mail))).status)
}

const uploads = api + "/upload/gmail/v1/users/me"

func TestUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	r := w.do("POST", uploads+"/messages?uploadType=media", "message/rfc822", strings.NewReader(mail))
	require.Equal(t, http.StatusOK, r.status, r.body)

	related := "--b\r\nContent-Type: application/json\r\n\r\n{\"labelIds\":[\"INBOX\"]}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + mail + "\r\n--b--"
	r = w.do("POST", uploads+"/messages/import?uploadType=multipart&neverMarkSpam=true", "multipart/related; boundary=b", strings.NewReader(related))
	require.Equal(t, http.StatusOK, r.status, r.body)
	m := w.get("/messages/" + r.tree(t)["id"].(string) + "?format=raw")
	assert.Equal(t, mail, decode(t, m["raw"]))
	assert.Equal(t, []any{"INBOX"}, m["labelIds"])

	for contentType, status := range map[string]int{"text/plain": 400, "message/rfc822": 200} {
		r = w.do("POST", uploads+"/messages?uploadType=media", contentType, strings.NewReader(mail))
		assert.Equal(t, status, r.status, contentType)
	}
	assert.Equal(t, http.StatusBadRequest, w.do("POST", uploads+"/messages?uploadType=nix", "message/rfc822", strings.NewReader(mail)).status)
	big := bytes.NewReader(make([]byte, 36700160+1))
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.do("POST", uploads+"/messages/send?uploadType=media", "message/rfc822", big).status)
}

func TestResumableUpload(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		w := newWorld(t, nil)
		r := w.do("POST", uploads+"/messages?uploadType=resumable&internalDateSource=dateHeader", "application/json",
			strings.NewReader(`{"labelIds":["INBOX"]}`))
		require.Equal(t, http.StatusOK, r.status, r.body)
		place := r.header.Get("Location")
		require.True(t, strings.HasPrefix(place, uploads+"/messages?"), place)
		put := func(span, data string) response {
			verb := map[bool]string{false: http.MethodPost, true: http.MethodPut}[plain]
			req, err := http.NewRequestWithContext(t.Context(), verb, place, strings.NewReader(data))
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+w.token)
			req.Header.Set("Content-Range", span)
			if !plain {
				req.Header.Set("X-GUploader-No-308", "yes")
			}
			return w.send(req)
		}
		half := len(mail) / 2
		for _, c := range [][2]string{{fmt.Sprintf("bytes 0-%d/*", half-1), mail[:half]}, {fmt.Sprintf("bytes */%d", len(mail)), ""}} {
			r = put(c[0], c[1])
			assert.Equal(t, map[bool]int{false: 200, true: 308}[plain], r.status)
			assert.Equal(t, map[bool]string{false: "308", true: ""}[plain], r.header.Get("X-Http-Status-Code-Override"))
			assert.Equal(t, fmt.Sprintf("bytes=0-%d", half-1), r.header.Get("Range"))
		}
		assert.Equal(t, http.StatusBadRequest, put("bytes 9-1/*", "x").status)
		r = put(fmt.Sprintf("bytes %d-%d/%d", half, len(mail)-1, len(mail)), mail[half:])
		require.Equal(t, http.StatusOK, r.status, r.body)
		m := w.get("/messages/" + r.tree(t)["id"].(string) + "?format=raw")
		assert.Equal(t, mail, decode(t, m["raw"]))
		assert.Equal(t, "1786096800000", m["internalDate"])
		assert.Equal(t, []any{"INBOX"}, m["labelIds"])
		assert.Equal(t, http.StatusNotFound, put("bytes */*", "").status, "done")
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	boss := w.store.Add("boss@example.com")
	d := w.ok("/drafts", map[string]any{"message": raw64(letter("v1", "To: boss@example.com", "Subject: D"))})
	id := d["id"].(string)
	first := dig(t, d, "message", "id")
	assert.Equal(t, []any{"DRAFT"}, dig(t, d, "message", "labelIds"))
	assert.Equal(t, []string{id}, ids(w.get("/drafts"), "drafts"))
	assert.Len(t, w.get("/messages")["messages"], 1, "drafts are in the list of messages")

	body, err := http.NewRequestWithContext(t.Context(), http.MethodPut, me+"/drafts/"+id,
		strings.NewReader(`{"message":{"raw":"`+base64.URLEncoding.EncodeToString(letter("v2", "To: boss@example.com"))+`"}}`))
	require.NoError(t, err)
	body.Header.Set("Authorization", "Bearer "+w.token)
	r := w.send(body)
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.Equal(t, id, r.tree(t)["id"], "the draft keeps its id")
	assert.NotEqual(t, first, dig(t, r.tree(t), "message", "id"), "the mail inside does not")
	assert.Contains(t, dig(t, w.get("/drafts/"+id), "message", "snippet"), "v2")

	sent := w.ok("/drafts/send", map[string]any{"id": id})
	assert.Equal(t, []any{"SENT"}, sent["labelIds"])
	assert.Len(t, boss.List(""), 1)
	assert.Equal(t, http.StatusNotFound, w.do("GET", me+"/drafts/"+id, "", nil).status)
	w.put(mailstore.Drafts, "elsewhere", time.Now())
	other := ids(w.get("/drafts"), "drafts")
	require.Len(t, other, 1, "a draft of another door has an id too")
	assert.Equal(t, http.StatusNoContent, w.do(http.MethodDelete, me+"/drafts/"+other[0], "", nil).status)
	assert.Empty(t, w.get("/drafts")["drafts"])
}

// 60 mails a minute; what is too much comes later.
func TestReceivingLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1, ReceiveLimit: 3})
		boss := w.store.Add("boss@example.com")
		for range 5 {
			w.ok("/messages/send", raw64(letter("x", "To: boss@example.com")))
		}
		assert.Len(t, boss.List(""), 3)
		assert.ErrorIs(t, w.fake.Accept("boss@example.com"), fakegmail.ErrReceivingTooFast)
		time.Sleep(time.Minute)
		w.get("/profile")
		assert.Len(t, boss.List(""), 5)
	})
}
