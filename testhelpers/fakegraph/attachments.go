package fakegraph

import (
	"cmp"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Reference is a link to a file in the cloud, which Outlook shows as an attachment. MIME has no
// form for it: [Fake.Link] adds one to a mail.
type Reference struct {
	Name string
	URL  string
}

// attachment is one of a message, of any kind.
type attachment struct {
	id        string
	name      string
	part      *part      // of a file or item
	reference *Reference // of a link
	number    int        // from 1 on
}

// attachments lists a message's attachments with their ids, which do not depend on their order.
func (v *view) attachments() []attachment {
	var list []attachment
	seen := map[uint64]uint64{}
	id := func(content string) string {
		h := hash64(content)
		seen[h]++ // twins differ by their number
		b := binary.BigEndian.AppendUint64([]byte(normalHead+v.mailbox), v.m.Key)
		return seal(binary.BigEndian.AppendUint64(b, h+seen[h]))
	}
	for i, p := range v.d.attachments() {
		a := attachment{part: p, name: p.fileName(i + 1), number: i + 1}
		a.id = id(a.name + p.mediaType + string(p.content[:min(64, len(p.content))]) + itoa(len(p.content)))
		list = append(list, a)
	}
	for _, r := range v.f.references(v.m.Key) {
		list = append(list, attachment{id: id(r.URL), name: r.Name, reference: &r, number: len(list) + 1})
	}
	return list
}

func (a attachment) kind() string {
	switch {
	case a.reference != nil:
		return "#microsoft.graph.referenceAttachment"
	case a.part.isItem():
		return "#microsoft.graph.itemAttachment"
	}
	return "#microsoft.graph.fileAttachment"
}

// size is what the attachment takes in the store: a bit more than the file.
func (a attachment) size() int {
	const overhead = 172
	if a.reference != nil {
		return len(a.reference.URL) + overhead
	}
	n := len(a.part.content)
	if strings.EqualFold(a.part.get("Content-Transfer-Encoding"), "base64") {
		n = n * 57 / 78 // lines of 76 characters and CRLF
	}
	return n + overhead
}

// renderAttachment writes an attachment; selected nil is everything. expand is "item" where the
// mail within is asked for.
func (v *view) renderAttachment(a attachment, selected []string, expand string) object {
	o := object{{"@odata.type", a.kind()}}
	file := a.kind() == "#microsoft.graph.fileAttachment"
	if file && selected == nil {
		o.add("@odata.mediaContentType", a.part.mediaType)
	}
	o.add("id", a.id)
	add := func(name string, get func() any) {
		derived := "microsoft.graph.fileAttachment/" + name
		if selected == nil || containsFold(selected, name) || containsFold(selected, derived) {
			o.add(name, get())
		}
	}
	add("lastModifiedDateTime", func() any { return v.f.modified(v.m) })
	add("name", func() any { return a.name })
	add("contentType", func() any { return a.contentType() })
	add("size", func() any { return a.size() })
	add("isInline", func() any { return a.part != nil && a.part.inline() })
	if file {
		add("contentId", func() any { return null(strings.Trim(a.part.get("Content-Id"), "<>")) })
		add("contentLocation", func() any { return null(a.part.get("Content-Location")) })
		add("contentBytes", func() any { return a.part.bytes() })
	}
	if expand == "item" && a.part != nil && a.part.isItem() {
		o.add("item", v.innerMessage(a.part))
	}
	return o
}

func (a attachment) contentType() any {
	if a.part == nil || a.part.isItem() {
		return nil
	}
	return a.part.mediaType
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// innerMessage renders a mail that is attached to another.
func (v *view) innerMessage(p *part) object {
	inner := &view{f: v.f, mailbox: v.mailbox, m: mailstore.Message{Key: v.m.Key, Received: v.m.Received, Seen: true}, d: parseDocument(p.bytes()), prefer: v.prefer}
	o := object{{"@odata.type", "#microsoft.graph.message"}, {"id", ""}}
	for _, prop := range propertyList {
		if slices.Contains(notDefault, prop.name) || slices.Contains([]string{"changeKey", "parentFolderId", "categories", "inferenceClassification"}, prop.name) {
			continue
		}
		if value := prop.get(inner); value != nil {
			o.add(prop.name, value)
		}
	}
	return o
}

// listAttachments is GET /messages/{id}/attachments. $filter and $search are ignored, as they are
// by the service.
func (c *call) listAttachments() (*reply, *apiError) {
	q, selected, expand, err := c.attachmentQuery()
	if err != nil {
		return nil, err
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	v := c.view(m)
	values := []object{}
	for _, a := range v.attachments() {
		values = append(values, v.renderAttachment(a, selected, expand))
	}
	body := object{{"@odata.context", c.context("messages('" + c.route.args[0] + "')/attachments")}}
	if q.count {
		body.add("@odata.count", len(values))
	}
	body.add("value", values)
	return success(body), nil
}

func (c *call) attachmentQuery() (q query, selected []string, expand string, err *apiError) {
	q = query{top: -1, skip: -1}
	if q.options, err = rawOptions(c.r.URL.RawQuery); err != nil {
		return q, nil, "", err
	}
	if err := q.readPage(); err != nil {
		return q, nil, "", err
	}
	if strings.EqualFold(q.options["$expand"], "microsoft.graph.itemAttachment/item") {
		expand = "item"
	}
	return q, selection(q.options["$select"]), expand, nil
}

// attachment finds the attachment in the path.
func (c *call) attachment() (*view, attachment, *apiError) {
	m, err := c.target()
	if err != nil {
		return nil, attachment{}, err
	}
	v := c.view(m)
	id := c.route.args[1]
	for _, a := range v.attachments() {
		if a.id == id {
			return v, a, nil
		}
	}
	if _, looksRight := unseal(id, len(normalHead)+36+16); !looksRight {
		return nil, attachment{}, malformedID()
	}
	return nil, attachment{}, notFound()
}

// getAttachment is GET …/attachments/{id}.
func (c *call) getAttachment() (*reply, *apiError) {
	_, selected, expand, err := c.attachmentQuery()
	if err != nil {
		return nil, err
	}
	v, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	context := c.context("messages('" + c.route.args[0] + "')/attachments/$entity")
	return success(append(object{{"@odata.context", context}}, v.renderAttachment(a, selected, expand)...)), nil
}

// attachmentValue is GET …/attachments/{id}/$value: the file, or the MIME of an attached mail. It
// is decoded while it is sent.
func (c *call) attachmentValue() (*reply, *apiError) {
	_, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	if a.reference != nil {
		return nil, fail(http.StatusMethodNotAllowed, "ErrorInvalidRequest", "$value is not supported for a reference attachment.")
	}
	kind := cmp.Or(a.part.mediaType, "application/octet-stream")
	if a.part.isItem() {
		kind = "text/plain"
	}
	return &reply{raw: a.part.open(), rawType: kind}, nil
}
