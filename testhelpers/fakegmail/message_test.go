package fakegmail_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func decode(t *testing.T, v any) string {
	t.Helper()
	b, err := base64.URLEncoding.DecodeString(v.(string))
	require.NoError(t, err)
	return string(b)
}

const mixed = "Received: from a\r\n\tby b\r\nReceived: from c\r\n" +
	"From: =?ISO-8859-1?Q?Caf=E9?= <cafe@contoso.example>\r\nTo: qa@example.com\r\n" +
	"Subject: =?UTF-8?B?Q2Fmw6kg4oSWMQ==?=\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\npreamble\r\n" +
	"--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n" +
	"--b2\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCaf=E9 & it's <b>\r\n" +
	"--b2\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Caf&eacute;</p>\r\n--b2--\r\n" +
	"--b1\r\nContent-Type: text/plain; charset=ISO-8859-1; name=\"a.txt\"\r\n" +
	"Content-Disposition: attachment; filename=\"=?UTF-8?Q?=C3=A4.txt?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\nQ2Fm\r\n6Q==\r\n" +
	"--b1--\r\n"

func TestGetFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	at := time.Date(2026, 8, 7, 9, 0, 0, 5e6, time.UTC)
	w.box.Deliver([]byte(mixed), mailstore.Delivery{NoTrace: true, Received: at, Keywords: []string{"qa/run-1", "IMPORTANT"}})
	id := ids(w.get("/messages"), "messages")[0]
	m := w.get("/messages/" + id)

	assert.Equal(t, id, m["threadId"])
	assert.Regexp(t, `^[0-9a-f]{16}$`, id)
	assert.Equal(t, "1786093200005", m["internalDate"])
	assert.IsType(t, "", m["historyId"])
	assert.Equal(t, float64(len(mixed)), m["sizeEstimate"])
	assert.Equal(t, []any{"UNREAD", "IMPORTANT", "Label_1", "INBOX"}, m["labelIds"])
	assert.Equal(t, "Café &amp; it&#39;s &lt;b&gt;", m["snippet"])

	p := m["payload"]
	assert.Equal(t, "", dig(t, p, "partId"))
	assert.Equal(t, "", dig(t, p, "filename"))
	assert.Equal(t, "multipart/mixed", dig(t, p, "mimeType"))
	assert.Equal(t, map[string]any{"size": 0.0}, dig(t, p, "body"))
	assert.Equal(t, "from a\tby b", dig(t, p, "headers", 0, "value"), "unfolded")
	assert.Equal(t, "from c", dig(t, p, "headers", 1, "value"), "in wire order, with duplicates")
	assert.Equal(t, "Café <cafe@contoso.example>", dig(t, p, "headers", 2, "value"))
	assert.Equal(t, "Café №1", dig(t, p, "headers", 4, "value"))

	assert.Equal(t, "0", dig(t, p, "parts", 0, "partId"))
	plain := dig(t, p, "parts", 0, "parts", 0)
	assert.Equal(t, "0.0", dig(t, plain, "partId"))
	assert.Equal(t, "Café & it's <b>", decode(t, dig(t, plain, "body", "data")), "inline text is UTF-8")
	assert.Equal(t, "text/plain; charset=ISO-8859-1", dig(t, plain, "headers", 0, "value"), "and its header says otherwise")

	file := dig(t, p, "parts", 1)
	assert.Equal(t, "ä.txt", dig(t, file, "filename"))
	assert.Nil(t, dig(t, file, "body", "data"))
	assert.Equal(t, 4.0, dig(t, file, "body", "size"))
	attachment := dig(t, file, "body", "attachmentId").(string)
	again := dig(t, w.get("/messages/"+id), "payload", "parts", 1, "body", "attachmentId").(string)
	assert.NotEqual(t, attachment, again, "attachment ids change with each look")
	for _, a := range []string{attachment, again} {
		out := w.get("/messages/" + id + "/attachments/" + a)
		assert.Equal(t, "Caf\xe9", decode(t, out["data"]), "attachments are raw bytes in their charset")
		assert.Equal(t, 4.0, out["size"])
	}
	assert.Equal(t, http.StatusBadRequest, w.do("GET", me+"/messages/"+id+"/attachments/nix", "", nil).status)
}

func TestGetOtherFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.deliver([]byte(mixed))
	id := ids(w.get("/messages"), "messages")[0]

	raw := w.get("/messages/" + id + "?format=raw")
	assert.Equal(t, mixed, decode(t, raw["raw"]))
	assert.NotContains(t, raw, "payload")

	minimal := w.get("/messages/" + id + "?format=minimal")
	assert.ElementsMatch(t, []string{"id", "threadId", "labelIds", "snippet", "historyId", "internalDate", "sizeEstimate"}, keys(minimal))

	meta := w.get("/messages/" + id + "?format=metadata&metadataHeaders=subject&metadataHeaders=FROM")
	assert.ElementsMatch(t, []string{"mimeType", "headers"}, keys(meta["payload"].(map[string]any)))
	assert.Len(t, dig(t, meta, "payload", "headers"), 2)

	masked := w.get("/messages/" + id + "?format=raw&fields=id,raw")
	assert.ElementsMatch(t, []string{"id", "raw"}, keys(masked))
	assert.Equal(t, mixed, decode(t, masked["raw"]))

	nested := w.get("/messages/" + id + "?fields=payload(headers/name,parts(partId,body/size))")
	assert.Equal(t, []string{"payload"}, keys(nested))
	assert.Equal(t, map[string]any{"name": "Received"}, dig(t, nested, "payload", "headers", 0))
	assert.ElementsMatch(t, []string{"partId", "body"}, keys(dig(t, nested, "payload", "parts", 0).(map[string]any)))

	r := w.do("GET", me+"/messages/"+id+"?format=nix", "", nil)
	assert.Equal(t, http.StatusBadRequest, r.status)
}

func keys(m map[string]any) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestPrettyPrint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	pretty := w.do("GET", me+"/profile", "", nil).body
	assert.Contains(t, pretty, "{\n  \"emailAddress\": \"qa@example.com\",\n")
	plain := w.do("GET", me+"/profile?alt=json&prettyPrint=false", "", nil).body
	assert.Contains(t, plain, `{"emailAddress":"qa@example.com","messagesTotal":0,"threadsTotal":0,"historyId":"`)
}

func TestBigTextComesByAttachmentID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{InlineText: 1000})
	for size, inline := range map[int]bool{900: true, 1100: false} {
		w.deliver(letter(strings.Repeat("x", size), "Subject: big", "To: qa@example.com"))
		id := ids(w.get("/messages"), "messages")[0]
		body := dig(t, w.get("/messages/"+id), "payload", "body").(map[string]any)
		assert.Equal(t, inline, body["data"] != nil)
		if inline {
			continue
		}
		data := w.get("/messages/" + id + "/attachments/" + url.PathEscape(body["attachmentId"].(string)))["data"]
		assert.Len(t, decode(t, data), size+2)
	}
}

func TestForwardedMailIsOneAttachmentWithParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	inner := "Subject: inner\r\n\r\nhello\r\n"
	w.deliver([]byte("Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
		"Content-Type: message/rfc822\r\n\r\n" + inner + "\r\n--b--\r\n"))
	id := ids(w.get("/messages"), "messages")[0]
	p := dig(t, w.get("/messages/"+id), "payload", "parts", 0)
	assert.Equal(t, "message/rfc822", dig(t, p, "mimeType"))
	assert.Equal(t, "0.0", dig(t, p, "parts", 0, "partId"))
	data := w.get("/messages/" + id + "/attachments/" + dig(t, p, "body", "attachmentId").(string))["data"]
	assert.Equal(t, inner, decode(t, data))
}

func TestBrokenMailIsStillMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, raw := range []string{
		"",
		"no header at all",
		"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nnever closed",
		"Content-Type: text/plain; charset=nix\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\xff",
		"Subject: \xff\xfe =?nix?Q?x?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ=\r\n",
	} {
		w.deliver([]byte(raw))
		id := ids(w.get("/messages"), "messages")[0]
		assert.NotNil(t, w.get("/messages/" + id)["payload"], "%q", raw)
	}
}
