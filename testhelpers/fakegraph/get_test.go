package fakegraph_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const messages = "/users/" + ada + "/messages/"

// only gives the id of the one mail with a subject.
func (r *rig) only(subject string, header ...string) string {
	r.t.Helper()
	a := r.get("/users/"+ada+"/messages?"+query("$filter", "subject eq '"+subject+"'", "$select", "id"), header...)
	require.Len(r.t, a.values("id"), 1, a.Text)
	return a.values("id")[0]
}

const immutableID = `IdType="ImmutableId"`

func TestGet(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	a := r.get(messages + r.only("Mail 0"))
	require.Equal(t, 200, a.Status)
	assert.Equal(t, "Mail 0", a.str("subject"))
	assert.Equal(t, graph+"/$metadata#users('"+fakegraph.UserID(ada)+"')/messages/$entity", a.str("@odata.context"))
	a = r.get("/users/" + ada + "/messages('" + r.only("Mail 0") + "')?$select=subject,isRead")
	assert.True(t, strings.HasSuffix(a.str("@odata.context"), "/messages(subject,isRead)/$entity"))
	assert.Len(t, a.JSON, 5)
}

// Move and copy change the normal id, an immutable one survives a move.
func TestIDs(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	normal, immutable := r.only("Mail 0"), r.only("Mail 0", "Prefer", immutableID)
	assert.NotEqual(t, normal, immutable)
	for _, id := range []string{normal, immutable} {
		assert.Equal(t, 200, r.get(messages+id).Status)
		raw, err := base64.URLEncoding.DecodeString(id)
		require.NoError(t, err, "URL-safe, with padding")
		assert.NotEmpty(t, raw)
	}
	a := r.post(messages+normal+"/move", map[string]any{"DestinationId": "archive"})
	require.Equal(t, 201, a.Status, a.Text)
	assert.NotEqual(t, normal, a.str("id"))
	assert.Equal(t, 200, r.get(messages+a.str("id")).Status)
	assert.Equal(t, 404, r.get(messages+normal).Status)
	assert.Equal(t, 200, r.get(messages+immutable).Status)
	a = r.post(messages+immutable+"/move", map[string]any{"destinationId": "inbox"}, "Prefer", immutableID)
	assert.Equal(t, immutable, a.str("id"))
	assert.Contains(t, a.Header.Values("Preference-Applied"), immutableID)
	a = r.post(messages+immutable+"/copy", map[string]any{"destinationId": "inbox"}, "Prefer", immutableID)
	assert.NotEqual(t, immutable, a.str("id"))
}

func TestIDsThatAreWrong(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(1)
	id := r.only("Mail 0")
	flipped := strings.ToLower(id[:8]) + id[8:]
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		messages + "nonsense":                       {400, "ErrorInvalidIdMalformed"},
		messages + url.PathEscape("AAMk/AD+g="):     {400, "ErrorInvalidIdMalformed"},
		messages + flipped:                          {400, "ErrorInvalidIdMalformed"},
		messages + id[:len(id)-4]:                   {400, "ErrorInvalidIdMalformed"},
		"/users/" + bob + "/messages/" + id:         {404, "ErrorItemNotFound"},
		messages + id + "/attachments/nonsense":     {400, "ErrorInvalidIdMalformed"},
		"/users/" + ada + "/mailFolders/x/messages": {400, "ErrorInvalidIdMalformed"},
	} {
		a := r.get(path)
		assert.Equal(t, want.status, a.Status, path)
		assert.Equal(t, want.code, a.code(), path)
	}
	require.NoError(t, r.box().Delete(r.box().List("")[0].Key))
	a := r.get(messages + id)
	assert.Equal(t, "The specified object was not found in the store.", a.message())
	assert.Equal(t, 404, a.Status)
}

func TestTranslateIDs(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(3)
	normal, immutable := r.only("Mail 1"), r.only("Mail 1", "Prefer", immutableID)
	translate := func(id, from, to string) string {
		a := r.post("/users/"+ada+"/translateExchangeIds", map[string]any{"inputIds": []string{id}, "sourceIdType": from, "targetIdType": to})
		require.Equal(t, 200, a.Status, a.Text)
		assert.Equal(t, []string{id}, a.values("sourceId"))
		return a.values("targetId")[0]
	}
	assert.Equal(t, immutable, translate(normal, "restId", "restImmutableEntryId"))
	assert.Equal(t, normal, translate(immutable, "restImmutableEntryId", "restId"))
	ews := translate(normal, "restId", "ewsId")
	assert.NotContains(t, ews, "-")
	assert.Equal(t, normal, translate(ews, "ewsId", "restId"))
}

func TestValue(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	m := r.deliver(mail("Raw", "a@app.example.com", "grüße"), at(0))
	a := r.get(messages + r.only("Raw") + "/$value")
	assert.Equal(t, 200, a.Status)
	assert.Equal(t, "text/plain", a.Header.Get("Content-Type"))
	assert.Equal(t, string(m.Raw), a.Text)
}

const multipartMail = `From: a@app.example.com
To: ` + ada + `
Subject: =?iso-8859-1?Q?Gr=FC=DFe?=
Date: Mon, 02 Nov 2026 09:15:29 +0000
Message-ID: <m@app.example.com>
X-Custom: kept
DKIM-Signature: v=1; bh=abc
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--inner
Content-Type: text/html; charset=utf-8

<p onclick="x()">Hello <b>Ada</b><script>evil()</script></p><a href="https://app.example.com/go">go</a>
--inner--
--outer
Content-Type: application/pdf; name="=?utf-8?Q?Rechnung_=C3=BC.pdf?="
Content-Disposition: attachment; filename*=utf-8''Rechnung%20%C3%BC.pdf
Content-Transfer-Encoding: base64

cGRmIGJ5dGVz
--outer--
`

func TestRegeneratedValue(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{Regenerate: true}, fakegraph.App{})
	r.deliver(multipartMail, at(0))
	id := r.only("Grüße")
	value := r.get(messages + id + "/$value").Text
	for _, want := range []string{"X-Custom: kept\r\n", "DKIM-Signature: v=1; bh=abc\r\n", "X-MS-Has-Attach: yes\r\n", "Message-ID: <m@app.example.com>\r\n", "Content-Type: multipart/mixed;"} {
		assert.Contains(t, value, want)
	}
	assert.NotContains(t, value, "--outer")
	assert.NotContains(t, value, "Gr=FC=DFe\r\n--")
	plain := "From: a@app.example.com\nSubject: Plain\n\nHello\n"
	r.deliver(plain, at(1))
	value = r.get(messages + r.only("Plain") + "/$value").Text
	assert.Contains(t, value, b64("Hello\r\n"))

	again := simpleRig(t) // what was regenerated says the same
	again.deliver(strings.ReplaceAll(r.get(messages+id+"/$value").Text, "\r\n", "\n"), mailstore.Delivery{NoTrace: true, Received: at(0).Received})
	a, b := r.get(messages+id), again.get(messages+again.only("Grüße"))
	for _, name := range []string{"subject", "bodyPreview", "from", "toRecipients", "sentDateTime", "internetMessageId", "hasAttachments"} {
		assert.Equal(t, a.JSON[name], b.JSON[name], name)
	}
}

func TestValueThatCannotBeConverted(t *testing.T) {
	t.Parallel()
	const opaque = "From: a@app.example.com\nSubject: Opaque\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n"
	const bounce = "From: mailer-daemon@app.example.com\nSubject: Bounce\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\n\nfailed\n--b\nContent-Type: message/rfc822\n\nSubject: signed\nContent-Type: multipart/signed; boundary=c\n\n--c--\n--b--\n"
	for convert, status := range map[bool]int{false: 500, true: 200} {
		r := newRig(t, &fakegraph.Options{ConvertSMIME: convert}, fakegraph.App{})
		r.deliver(opaque, at(0))
		r.deliver(bounce, at(1))
		for _, subject := range []string{"Opaque", "Bounce"} {
			id := r.only(subject)
			for range 2 {
				a := r.get(messages + id + "/$value")
				assert.Equal(t, status, a.Status)
				if !convert {
					assert.Equal(t, "ErrorMimeContentConversionFailed", a.code())
				}
			}
			assert.Equal(t, 200, r.get(messages+id).Status, "the JSON works")
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(multipartMail, at(0))
	r.deliver(mail("Plain", "a@app.example.com", "1 < 2\nnext"), at(1))
	body := func(subject string, prefer ...string) (kind, content string) {
		var header []string
		for _, p := range prefer {
			header = append(header, "Prefer", p)
		}
		a := r.get(messages+r.only(subject)+"?$select=body", header...)
		for _, p := range prefer {
			assert.Contains(t, strings.Join(a.Header.Values("Preference-Applied"), ", "), p)
		}
		b := a.JSON["body"].(map[string]any)
		return b["contentType"].(string), b["content"].(string)
	}
	kind, content := body("Grüße")
	assert.Equal(t, "html", kind)
	assert.True(t, strings.HasPrefix(content, "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">"), content)
	assert.Contains(t, content, "<b>Ada</b>")
	assert.NotContains(t, content, "evil")
	assert.NotContains(t, content, "onclick")
	_, content = body("Grüße", "outlook.allow-unsafe-html")
	assert.Contains(t, content, "evil()")
	kind, content = body("Grüße", `outlook.body-content-type="text"`)
	assert.Equal(t, "text", kind)
	assert.Equal(t, "Hello Ada\r\ngo<https://app.example.com/go>", content)
	kind, content = body("Plain")
	assert.Equal(t, "text", kind)
	assert.Equal(t, "1 < 2\r\nnext\r\n", content)
	kind, content = body("Plain", immutableID+`, outlook.body-content-type="html"`)
	assert.Equal(t, "html", kind)
	assert.Contains(t, content, "1 &lt; 2<br>\r\nnext")
}

func TestPlainBodyAsHTML(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{PlainBodyAsHTML: true}, fakegraph.App{})
	r.deliver(mail("Plain", "a@app.example.com", "x"), at(0))
	body := r.get(messages + r.only("Plain")).JSON["body"].(map[string]any)
	assert.Equal(t, "html", body["contentType"])
	assert.Contains(t, body["content"], "converted from text")
}

func TestPreviewIsShort(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(mail("Long", "a@app.example.com", strings.Repeat("ü ", 400)), at(0))
	assert.Equal(t, 255, len([]rune(r.get(messages+r.only("Long")).str("bodyPreview"))))
}

func TestMeetingMails(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for method, want := range map[string]any{
		"REQUEST": "#microsoft.graph.eventMessageRequest", "REPLY": "#microsoft.graph.eventMessageResponse", "CANCEL": "#microsoft.graph.eventMessage",
	} {
		r.deliver("From: a@app.example.com\nSubject: "+method+"\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\ntext\n--b\n"+
			"Content-Type: text/calendar; method="+method+"\n\nBEGIN:VCALENDAR\n--b--\n", at(0))
		a := r.get(messages + r.only(method))
		assert.Equal(t, want, a.JSON["@odata.type"])
		assert.Equal(t, false, a.JSON["hasAttachments"])
	}
	r.fill(1)
	assert.NotContains(t, r.get(messages+r.only("Mail 0")).JSON, "@odata.type")
}

func TestExtendedProperties(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	m := r.deliver("X-Ticket: T-7\n"+mail("Ext", "a@app.example.com", "x"), at(0))
	a := r.get(messages + r.only("Ext") + "?$select=subject&$expand=" + url.PathEscape(
		"singleValueExtendedProperties($filter=id eq 'Integer 0x0E08' or id eq 'String 0x007D' or id eq 'String {00020386-0000-0000-C000-000000000046} Name x-ticket' or id eq 'String 0x9999')"))
	require.Equal(t, 200, a.Status, a.Text)
	got := map[string]string{}
	for _, p := range a.JSON["singleValueExtendedProperties"].([]any) {
		got[p.(map[string]any)["id"].(string)] = p.(map[string]any)["value"].(string)
	}
	assert.Len(t, got, 3)
	assert.Equal(t, "T-7", got["String {00020386-0000-0000-C000-000000000046} Name x-ticket"])
	assert.Contains(t, got["String 0x007D"], "Delivered-To: "+ada)
	assert.Equal(t, len(m.Raw), atoi(got["Integer 0x0E08"]))
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

func TestControlCharacters(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{RawControlChars: true}, fakegraph.App{})
	r.deliver(mail("Bell", "a@app.example.com", "ring \x07 and \\u0007"), at(0))
	text := r.get(messages + r.only("Bell") + "?$select=body").Text
	assert.Contains(t, text, "ring \x07 and \\\\u0007")
}

// Two mails of a thread share the conversation, others do not.
func TestConversations(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(2)
	r.deliver("References: <Mail.0@app.example.com>\n"+mail("Re Mail 0", "a@app.example.com", "x"), at(5))
	conversation := func(subject string) string { return r.get(messages + r.only(subject)).str("conversationId") }
	assert.Equal(t, conversation("Mail 0"), conversation("Re Mail 0"))
	assert.NotEqual(t, conversation("Mail 0"), conversation("Mail 1"))
}
