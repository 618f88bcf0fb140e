package fakegraph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// view makes the view of one message.
func (c *call) view(m mailstore.Message) *view {
	return &view{f: c.f, mailbox: c.guid, m: m, d: c.f.document(m), prefer: c.prefer}
}

// document gives the parsed mail, from memory if it was read before.
func (f *Fake) document(m mailstore.Message) *document {
	f.docMu.Lock()
	defer f.docMu.Unlock()
	if d, ok := f.docs[m.Key]; ok && same(d.raw, m.Raw) {
		return d
	}
	if len(f.docs) > maxDocuments {
		clear(f.docs)
	}
	d := parseDocument(m.Raw)
	f.docs[m.Key] = d
	return d
}

// maxDocuments bounds the memory of parsed mails.
const maxDocuments = 200_000

// same reports whether two slices are the same memory.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// render writes what a query selects of a message, and nothing else is computed.
func (c *call) render(v *view, q *query) object {
	o := object{{"@odata.etag", etag(v.m)}, {"id", v.id()}}
	if kind := v.odataType(); kind != "" {
		o = slices.Insert(o, 0, member{"@odata.type", kind})
	}
	for _, p := range propertyList {
		if !q.wants(p.name) || c.rights.read == readBasic && slices.Contains(hidden, p.name) {
			continue
		}
		value := p.get(v)
		if value == nil && q.selected == nil {
			continue
		}
		o.add(p.name, value)
	}
	return c.expand(o, v, q)
}

// odataType is set for what is more than a mail.
func (v *view) odataType() string {
	switch v.d.calendar() {
	case "":
		return ""
	case "REQUEST":
		return "#microsoft.graph.eventMessageRequest"
	case "REPLY":
		return "#microsoft.graph.eventMessageResponse"
	}
	return "#microsoft.graph.eventMessage"
}

func (c *call) expand(o object, v *view, q *query) object {
	if c.rights.read == readBasic {
		return o
	}
	if e, ok := q.expands("attachments"); ok {
		list := []object{}
		for _, a := range v.attachments() {
			list = append(list, v.renderAttachment(a, selection(e.options["$select"]), ""))
		}
		o.add("attachments", list)
	}
	if e, ok := q.expands("singleValueExtendedProperties"); ok {
		if list := v.extendedProperties(e.options["$filter"]); len(list) > 0 {
			o.add("singleValueExtendedProperties", list)
		}
	}
	return o
}

// selection is a $select list; nil for none.
func selection(text string) []string {
	if text == "" {
		return nil
	}
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// extendedProperties gives the MAPI properties that "id eq 'X' or id eq 'Y'" asks for.
func (v *view) extendedProperties(filter string) (list []object) {
	tokens, err := lexFilter(filter)
	if err != nil {
		return nil
	}
	for _, t := range tokens {
		if t.kind != tokString {
			continue
		}
		if value, ok := v.extended(t.text); ok {
			list = append(list, object{{"id", t.text}, {"value", value}})
		}
	}
	return list
}

// propertySetHeaders is PS_INTERNET_HEADERS: header fields by name.
const propertySetHeaders = "string {00020386-0000-0000-c000-000000000046} name "

// extended reads a MAPI property: the transport header, the size, and those that tests filter by.
// https://learn.microsoft.com/office/client-developer/outlook/mapi/mapping-canonical-property-names-to-mapi-names
func (v *view) extended(id string) (string, bool) {
	id = strings.ToLower(id)
	if name, ok := strings.CutPrefix(id, propertySetHeaders); ok {
		value := v.d.get(name)
		return decodeWords(value), value != ""
	}
	switch id {
	case "string 0x7d", "string 0x007d":
		head := len(v.m.Raw)
		if _, body := splitHeader(v.m.Raw); body != nil {
			head -= len(body)
		}
		return string(v.m.Raw[:head]), true
	case "string 0x37", "string 0x0037":
		return v.subject(), true
	case "string 0x1035":
		return v.messageID(), true
	case "integer 0x0e08", "integer 0xe08", "long 0x0e08", "long 0xe08":
		return strconv.Itoa(len(v.m.Raw)), true
	}
	return "", false
}
