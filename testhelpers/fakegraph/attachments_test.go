package fakegraph_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

const filesMail = `From: a@app.example.com
To: ` + ada + `
Subject: Files
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/related; boundary=rel

--rel
Content-Type: text/html

<img src="cid:logo">
--rel
Content-Type: image/png; name=logo.png
Content-ID: <logo>
Content-Disposition: inline
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--rel--
--outer
Content-Type: text/plain; name="..\..\notes.txt"
Content-Disposition: attachment

some notes
--outer
Content-Type: text/plain; name=twin.txt
Content-Disposition: attachment

same
--outer
Content-Type: text/plain; name=twin.txt
Content-Disposition: attachment

same
--outer
Content-Type: message/rfc822

From: inner@app.example.com
Subject: Inner mail

inner text
--outer--
`

func TestAttachments(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	m := r.deliver(filesMail, at(0))
	r.fake.Link(m.Key, fakegraph.Reference{Name: "cloud.docx", URL: "https://contoso.example/cloud.docx"})
	id := r.only("Files")
	list := messages + id + "/attachments"
	a := r.get(list)
	require.Equal(t, 200, a.Status, a.Text)
	assert.Equal(t, []string{"logo.png", "notes.txt", "twin.txt", "twin.txt", "Inner mail", "cloud.docx"}, a.values("name"))
	file, item, link := "#microsoft.graph.fileAttachment", "#microsoft.graph.itemAttachment", "#microsoft.graph.referenceAttachment"
	assert.Equal(t, []string{file, file, file, file, item, link}, a.values("@odata.type"))
	assert.Equal(t, []string{"true", "false", "false", "false", "false", "false"}, a.values("isInline"))
	assert.Equal(t, "logo", a.values("contentId")[0])
	assert.Equal(t, b64("some notes"), a.values("contentBytes")[1])
	ids := a.values("id")
	assert.Len(t, unique(ids), 6)
	assert.Equal(t, true, r.get(messages + id).JSON["hasAttachments"])

	a = r.get(list + "?$select=id,name,size&$filter=" + url.PathEscape("nonsense eq 'is ignored'"))
	require.Equal(t, 200, a.Status, a.Text)
	assert.Len(t, a.JSON["value"].([]any)[1].(map[string]any), 4)
	a = r.get(list + "?$select=name,microsoft.graph.fileAttachment/contentId")
	assert.Equal(t, "logo", a.values("contentId")[0])

	a = r.get(list + "/" + ids[1])
	assert.Equal(t, "notes.txt", a.str("name"))
	assert.Greater(t, a.JSON["size"].(float64), 10.0)
	a = r.get(list + "/" + ids[1] + "/$value")
	assert.Equal(t, "some notes", a.Text)
	assert.Equal(t, "text/plain", a.Header.Get("Content-Type"))
	a = r.get(list + "/" + ids[0] + "/$value")
	assert.Equal(t, "\x89PNG\r\n\x1a\n", a.Text)
	a = r.get(list + "/" + ids[4] + "/$value")
	assert.True(t, strings.HasPrefix(a.Text, "From: inner@app.example.com\r\n"), a.Text)
	a = r.get(list + "/" + ids[4])
	assert.NotContains(t, a.JSON, "item")
	a = r.get(list + "/" + ids[4] + "?$expand=microsoft.graph.itemAttachment/item")
	assert.Equal(t, "Inner mail", a.JSON["item"].(map[string]any)["subject"])
	assert.Equal(t, 405, r.get(list+"/"+ids[5]+"/$value").Status)

	a = r.get(messages + id + "?$select=subject&$expand=" + url.PathEscape("attachments($select=name)"))
	assert.Len(t, a.JSON["attachments"], 6)
}

func unique(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

// Inline files alone do not make a mail one with attachments.
func TestInlineOnly(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver("Subject: Inline\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n--b\n"+
		"Content-Type: image/png\nContent-ID: <a>\n\nx\n--b--\n", at(0))
	assert.Equal(t, false, r.get(messages + r.only("Inline")).JSON["hasAttachments"])
	assert.Equal(t, []string{"true"}, r.get(messages+r.only("Inline")+"/attachments").values("isInline"))
}

// draft makes an empty one and gives its id.
func (r *rig) draft(subject string) string {
	r.t.Helper()
	a := r.post("/users/"+ada+"/messages", map[string]any{"subject": subject, "toRecipients": people(bob), "body": map[string]any{"contentType": "html", "content": "<p>x</p>"}})
	require.Equal(r.t, 201, a.Status, a.Text)
	return a.str("id")
}

func TestAddAttachments(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	id := r.draft("Draft")
	list := messages + id + "/attachments"
	a := r.post(list, map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "Name": "ü.txt", "ContentBytes": b64("file"), "contentType": "text/plain"})
	require.Equal(t, 201, a.Status, a.Text)
	assert.Equal(t, "ü.txt", a.str("name"))
	assert.Equal(t, "file", r.get(list+"/"+a.str("id")+"/$value").Text)
	first := a.str("id")
	a = r.post(list, map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "i.png", "contentBytes": b64("png"), "isInline": true, "contentId": "i"})
	assert.Equal(t, "i.png", a.str("name"))
	a = r.post(list, map[string]any{"@odata.type": "#microsoft.graph.itemAttachment", "item": map[string]any{"@odata.type": "#microsoft.graph.message", "subject": "Inner"}})
	assert.Equal(t, "Inner", a.str("name"))
	assert.Len(t, r.get(list).values("id"), 3)
	require.Equal(t, 204, r.call("DELETE", list+"/"+first, nil).Status)
	assert.Equal(t, []string{"i.png", "Inner"}, r.get(list).values("name"))

	for name, body := range map[string]map[string]any{
		"no type": {"name": "x", "contentBytes": ""},
		"no name": {"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": ""},
		"no b64":  {"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": "%"},
	} {
		assert.Equal(t, 400, r.post(list, body).Status, name)
	}
	large := map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": base64.StdEncoding.EncodeToString(make([]byte, 3<<20))}
	assert.Equal(t, 413, r.post(list, large).Status)
	r.fill(1)
	assert.Equal(t, 400, r.post(messages+r.only("Mail 0")+"/attachments", map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": "x", "contentBytes": ""}).Status, "not a draft")
}

func (r *rig) put(address, contentRange string, chunk []byte, header ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPut, address, bytes.NewReader(chunk))
	require.NoError(r.t, err)
	req.Header.Set("Content-Range", contentRange)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

func TestUploadSession(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	id := r.draft("Large")
	content := bytes.Repeat([]byte("0123456789abcdef"), 5<<16) // 5 MiB
	total := len(content)
	a := r.post(messages+id+"/attachments/createUploadSession", map[string]any{"AttachmentItem": map[string]any{"attachmentType": "file", "name": "large.bin", "size": total}})
	require.Equal(t, 201, a.Status, a.Text)
	assert.Equal(t, []any{"0-"}, a.JSON["nextExpectedRanges"])
	assert.NotEmpty(t, a.str("expirationDateTime"))
	to := a.str("uploadUrl")
	assert.True(t, strings.HasPrefix(to, "https://outlook.office.com/api/v2.0/"), to)

	half := 3 << 20
	ranged := func(from, until int) string { return fmt.Sprintf("bytes %d-%d/%d", from, until-1, total) }
	assert.Equal(t, 401, r.put(to, ranged(0, half), content[:half], "Authorization", "Bearer "+r.token).Status, "the address is the permission")
	assert.Equal(t, 416, r.put(to, ranged(half, total), content[half:]).Status, "out of order")
	assert.Equal(t, 416, r.put(to, ranged(0, 10), content[:half]).Status)
	assert.Equal(t, 416, r.put(to, "", content[:half]).Status)
	assert.Equal(t, 413, r.put(to, ranged(0, total), content).Status, "more than 4 MB")
	a = r.put(to, ranged(0, half), content[:half])
	require.Equal(t, 200, a.Status, a.Text)
	assert.Equal(t, []any{fmt.Sprint(half)}, a.JSON["nextExpectedRanges"])
	assert.Equal(t, []any{fmt.Sprint(half) + "-"}, r.get(to, "Authorization", "").JSON["nextExpectedRanges"])
	a = r.put(to, ranged(half, total), content[half:])
	require.Equal(t, 201, a.Status, a.Text)
	assert.Contains(t, a.Header.Get("Location"), "/Attachments('")
	assert.Equal(t, 404, r.put(to, ranged(0, half), content[:half]).Status, "the session is over")

	list := r.get(messages + id + "/attachments?$select=id,name")
	require.Equal(t, []string{"large.bin"}, list.values("name"))
	assert.Equal(t, string(content), r.get(messages+id+"/attachments/"+list.values("id")[0]+"/$value").Text)
	require.Equal(t, 202, r.post(messages+id+"/send", nil).Status)
}

func TestUploadSessionRules(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	id := r.draft("Large")
	session := func(kind, name string, size int) answer {
		return r.post(messages+id+"/attachments/createUploadSession", map[string]any{"attachmentItem": map[string]any{"attachmentType": kind, "name": name, "size": size}})
	}
	assert.Equal(t, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", session("file", "x", 100).code())
	assert.Equal(t, 413, session("file", "x", 151<<20).Status)
	assert.Equal(t, 400, session("item", "x", 4<<20).Status)
	to := session("file", "x", 4<<20).str("uploadUrl")
	assert.Equal(t, 204, r.call("DELETE", to, nil, "Authorization", "").Status)
	assert.Equal(t, 404, r.get(to, "Authorization", "").Status)
}
