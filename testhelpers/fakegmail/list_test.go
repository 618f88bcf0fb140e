package fakegmail_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// subjects are those of the mails that a list finds, the newest first.
func (w *world) subjects(params string) (out []string) {
	w.t.Helper()
	for _, id := range ids(w.get("/messages?"+params), "messages") {
		m := w.get("/messages/" + id + "?format=metadata&metadataHeaders=Subject")
		out = append(out, dig(w.t, m, "payload", "headers", 0, "value").(string))
	}
	return out
}

func (w *world) put(folder, subject string, received time.Time) {
	w.box.Deliver(letter("text", "Subject: "+subject, "From: a@contoso.example"),
		mailstore.Delivery{Folder: folder, Received: received, NoTrace: true})
}

func TestListRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	assert.Equal(t, map[string]any{"resultSizeEstimate": 0.0}, w.get("/messages"), "no key for an empty list")
	at := time.Now().Add(-time.Hour)
	w.put(mailstore.Inbox, "inbox", at.Add(3*time.Minute))
	w.put(mailstore.Sent, "sent", at.Add(2*time.Minute))
	w.put(mailstore.Drafts, "draft", at.Add(time.Minute))
	w.put(mailstore.Junk, "junk", at.Add(5*time.Minute))
	w.put(mailstore.Trash, "trash", at.Add(4*time.Minute))
	w.put("Projects", "project", at)
	for params, want := range map[string][]string{
		"":                                {"inbox", "sent", "draft", "project"},
		"includeSpamTrash=true":           {"junk", "trash", "inbox", "sent", "draft", "project"},
		"labelIds=INBOX":                  {"inbox"},
		"labelIds=SPAM":                   {"junk"},
		"labelIds=UNREAD&labelIds=TRASH":  {"trash"},
		"labelIds=INBOX&labelIds=STARRED": nil,
		"labelIds=Label_1":                {"project"},
		"q=in:anywhere":                   {"junk", "trash", "inbox", "sent", "draft", "project"},
		"q=in:spam":                       {"junk"},
		"q=in:inbox":                      {"inbox"},
		"q=label:projects":                {"project"},
		"q=is:unread%20-in:sent":          {"inbox", "draft", "project"},
		"q=trash":                         nil,
		"maxResults=2":                    {"inbox", "sent"},
	} {
		assert.Equal(t, want, w.subjects(params), params)
	}
	assert.Equal(t, 201.0, w.get("/messages?maxResults=1")["resultSizeEstimate"])
}

func TestListPages(t *testing.T) {
	t.Parallel()
	for _, short := range []bool{false, true} {
		w := newWorld(t, &fakegmail.Options{ShortPages: short, UserUnits: -1})
		for i := range 7 {
			w.put(mailstore.Inbox, fmt.Sprint(i), time.Now())
		}
		var all []string
		pages, token := 0, ""
		for {
			list := w.get("/messages?q=in:inbox&maxResults=3" + token)
			all = append(all, ids(list, "messages")...)
			pages++
			if list["nextPageToken"] == nil {
				break
			}
			token = "&pageToken=" + url.QueryEscape(list["nextPageToken"].(string))
			w.put(mailstore.Inbox, "in between", time.Now())
		}
		assert.Len(t, all, 7, "mail that comes while one turns pages shifts nothing")
		assert.Equal(t, map[bool]int{false: 3, true: 5}[short], pages)
		assert.Len(t, slices.Compact(all), 7)
		r := w.do("GET", me+"/messages?q=in:sent"+token, "", nil)
		assert.Equal(t, http.StatusBadRequest, r.status)
		assert.Contains(t, r.body, "Invalid pageToken")
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	received := time.Date(2026, 8, 7, 12, 0, 0, 0, time.UTC) // 1786104000
	w.box.Deliver([]byte("From: John Foo_Bar <john.doe+shop@contoso.example>\r\nTo: qa+tag1@example.com\r\nCc: boss@example.com\r\n"+
		"Subject: Order [ABC-123] & more, caf\xc3\xa9\r\nMessage-ID: <x.1@contoso.example>\r\nList-Id: <news.contoso.example>\r\n"+
		"Delivered-To: qa@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"+
		"Your invoice is attached. The total is 5.00 euro.\r\n--b\r\nContent-Type: application/pdf; name=\"Invoice 42.pdf\"\r\n\r\nxx\r\n--b--\r\n"),
		mailstore.Delivery{NoTrace: true, Received: received, Flagged: true})
	for q, found := range map[string]bool{
		"":                                     true,
		"john":                                 true,
		"joh":                                  false, // words, not parts of words
		"from:john":                            true,
		"from:shop":                            true, // a tag is a word of its own
		"from:foo":                             false,
		"from:foo_bar":                         true,
		"from:contoso.example":                 true,
		"from:example.contoso":                 false,
		"from:(john shop)":                     true,
		"from:{nobody john}":                   true,
		"to:qa+tag1@example.com":               true,
		"to:qa@example.com":                    true,
		"to:tag2":                              false,
		"to:boss":                              true,
		"cc:boss@example.com":                  true,
		"bcc:boss":                             false,
		"subject:\"[ABC-123]\"":                true,
		"subject:(ABC 123)":                    true,
		"subject:\"123 ABC\"":                  false,
		"subject:abc-123":                      true,
		"subject:invoice":                      false,
		"CAFÉ":                                 true,
		"invoice attached":                     true,
		"\"invoice attached\"":                 false,
		"\"invoice is attached\"":              true,
		"nobody OR invoice":                    true,
		"nobody OR nothing":                    false,
		"from:nobody OR from:john subject:abc": true,
		"from:john -subject:abc":               false,
		"invoice AROUND 3 total":               true,
		"your AROUND 2 euro":                   false,
		"rfc822msgid:x.1@contoso.example":      true,
		"rfc822msgid:<x.1@contoso.example>":    true,
		"rfc822msgid:x.2@contoso.example":      false,
		"list:news.contoso.example":            true,
		"deliveredto:qa@example.com":           true,
		"filename:pdf":                         true,
		"filename:\"invoice 42\"":              true,
		"filename:docx":                        false,
		"has:attachment":                       true,
		"has:userlabels":                       false,
		"is:starred is:unread":                 true,
		"is:read":                              false,
		"after:1786104000":                     true,
		"after:1786104001":                     false,
		"before:1786104000":                    false,
		"before:1786104001":                    true,
		"after:2026/08/07":                     true, // midnight PST is 08:00 UTC
		"before:2026/8/8 after:2026/8/6":       true,
		"before:2026/08/07":                    false,
		"older_than:1d":                        true,
		"newer_than:1d":                        false,
		"newer_than:100y":                      true,
		"larger:1K":                            false,
		"smaller:1M":                           true,
		"size:100":                             true,
		"category:promotions":                  false,
		"nosuch:order":                         false, // no operator: a phrase
		"subject:order)":                       true,
	} {
		t.Run(q, func(t *testing.T) {
			list := w.get("/messages?q=" + url.QueryEscape(q))
			assert.Equal(t, found, list["messages"] != nil)
		})
	}
}

func TestQuerySwitches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{ToOnly: true, PlusTagIsOneWord: true, AfterExclusive: true, NoHours: true})
	w.box.Deliver(letter("x", "To: qa+tag@example.com", "Cc: boss@example.com"),
		mailstore.Delivery{NoTrace: true, Received: time.Unix(1786104000, 0)})
	for q, found := range map[string]bool{
		"to:boss": false, "cc:boss": true, "to:qa": false, "to:qa+tag@example.com": true,
		"after:1786104000": false, "after:1786103999": true, "older_than:1h": false,
	} {
		assert.Equal(t, found, w.get("/messages?q=" + url.QueryEscape(q))["messages"] != nil, q)
	}
}

// The index lags; history, labelIds and get do not.
func TestSearchLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{SearchLag: time.Minute})
		start := w.mark()
		w.deliver([]byte(mail))
		assert.Empty(t, w.get("/messages?q=subject:hello")["messages"])
		assert.Len(t, w.get("/messages?labelIds=INBOX")["messages"], 1)
		assert.NotEmpty(t, w.get("/history?startHistoryId=" + start)["history"])
		time.Sleep(time.Minute)
		list := w.get("/messages?q=subject:hello")
		require.Len(t, list["messages"], 1)

		w.ok("/messages/"+ids(list, "messages")[0]+"/modify", map[string]any{"addLabelIds": []string{"STARRED"}})
		assert.Len(t, w.get("/messages?labelIds=STARRED")["messages"], 1)
		assert.Empty(t, w.get("/messages?q=is:starred")["messages"])
		time.Sleep(time.Minute)
		assert.Len(t, w.get("/messages?q=is:starred")["messages"], 1)
	})
}

func FuzzQuery(f *testing.F) {
	for _, q := range []string{`from:a OR {b "c d"} -(e f)`, `subject:(`, `"`, `a AROUND`, `}{)(`, `-`, `newer_than:`, `label:"`} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1})
		w.deliver([]byte(mail))
		r := w.do("GET", me+"/messages?q="+url.QueryEscape(q), "", nil)
		require.Equal(t, http.StatusOK, r.status, r.body)
	})
}

func FuzzMail(f *testing.F) {
	f.Add([]byte(mail))
	f.Add([]byte(mixed))
	f.Fuzz(func(t *testing.T, raw []byte) {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1})
		w.deliver(raw)
		id := ids(w.get("/messages"), "messages")[0]
		w.get("/messages/" + id)
		require.Equal(t, string(raw), decode(t, orEmpty(w.get("/messages/" + id + "?format=raw")["raw"])))
	})
}

func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}
