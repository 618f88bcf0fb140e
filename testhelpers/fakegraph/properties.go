package fakegraph

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// view is a message as one request sees it: the stored mail, what it says, and the forms that the
// request's Prefer header asks for.
type view struct {
	f       *Fake
	mailbox string // GUID
	m       mailstore.Message
	d       *document
	prefer  preferences
}

// Marks are keywords by which the state that only Outlook knows is kept in the store, so that it
// is copied, moved and logged with the mail. They are no categories.
const (
	markComplete   = "$Complete"
	markOther      = "$Other"
	markImportance = "$Importance="
)

// propertyList has every property of a message in the order of the service's answers.
var propertyList = []struct {
	name string
	get  func(*view) any
}{
	{"createdDateTime", func(v *view) any { return v.m.Received }},
	{"lastModifiedDateTime", func(v *view) any { return v.f.modified(v.m) }},
	{"changeKey", func(v *view) any { return changeKey(v.m) }},
	{"categories", func(v *view) any { return categories(v.m) }},
	{"receivedDateTime", func(v *view) any { return v.m.Received }},
	{"sentDateTime", func(v *view) any { return v.sent() }},
	{"hasAttachments", func(v *view) any { return v.hasAttachments() }},
	{"internetMessageId", func(v *view) any { return v.messageID() }},
	{"subject", func(v *view) any { return v.subject() }},
	{"bodyPreview", func(v *view) any { return v.d.preview() }},
	{"importance", func(v *view) any { return v.importance() }},
	{"parentFolderId", func(v *view) any { return folderID(v.mailbox, v.m.Folder) }},
	{"conversationId", func(v *view) any { return conversationID(v.mailbox, v.root()) }},
	{"conversationIndex", func(v *view) any { return v.conversationIndex() }},
	{"isDeliveryReceiptRequested", func(v *view) any { return v.receipt("Return-Receipt-To") }},
	{"isReadReceiptRequested", func(v *view) any { return v.d.get("Disposition-Notification-To") != "" }},
	{"isRead", func(v *view) any { return v.m.Seen }},
	{"isDraft", func(v *view) any { return v.m.Draft }},
	{"webLink", func(v *view) any { return v.webLink() }},
	{"inferenceClassification", func(v *view) any { return v.inference() }},
	{"body", func(v *view) any { return v.body() }},
	{"uniqueBody", func(v *view) any { return v.body() }},
	{"sender", func(v *view) any { return v.person("Sender", "From") }},
	{"from", func(v *view) any { return v.person("From", "Sender") }},
	{"toRecipients", func(v *view) any { return v.people("To") }},
	{"ccRecipients", func(v *view) any { return v.people("Cc") }},
	{"bccRecipients", func(v *view) any { return v.people("Bcc") }},
	{"replyTo", func(v *view) any { return v.people("Reply-To") }},
	{"internetMessageHeaders", func(v *view) any { return v.headers() }},
	{"flag", func(v *view) any { return object{{"flagStatus", v.flag()}} }},
}

// notDefault are the properties that an answer has only when $select asks.
var notDefault = []string{"internetMessageHeaders", "uniqueBody"}

// hidden are the properties that Mail.ReadBasic does not show.
var hidden = []string{"body", "bodyPreview", "uniqueBody"}

// propertyName finds the canonical name of a top-level property; case does not matter.
func propertyName(name string) (string, bool) {
	for _, p := range propertyList {
		if strings.EqualFold(p.name, name) {
			return p.name, true
		}
	}
	for _, other := range []string{"id", "attachments", "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions"} {
		if strings.EqualFold(other, name) {
			return other, true
		}
	}
	return "", false
}

func categories(m mailstore.Message) []string {
	return slices.DeleteFunc(slices.Clone(m.Keywords), func(k string) bool { return strings.HasPrefix(k, "$") })
}

func (v *view) id() string { return messageID(v.mailbox, v.m, v.prefer.immutable) }

func (v *view) sent() time.Time {
	if t := parseDate(v.d.get("Date")); !t.IsZero() {
		return t
	}
	return v.m.Received
}

func (v *view) hasAttachments() bool {
	return v.d.hasAttachments() || len(v.f.references(v.m.Key)) > 0
}

// messageID is the mail's own; Exchange gives one to a mail that has none.
func (v *view) messageID() string {
	return cmp.Or(v.d.get("Message-ID"), "<"+guid("message:"+v.id())+"@mail.contoso.example>")
}

func (v *view) subject() string { return decodeWords(v.d.get("Subject")) }

func (v *view) importance() string {
	for _, k := range v.m.Keywords {
		if level, ok := strings.CutPrefix(k, markImportance); ok {
			return level
		}
	}
	return v.d.importance()
}

// importance follows the header fields of RFC 2156 and the X-Priority of old mail programs.
func (d *document) importance() string {
	switch strings.ToLower(d.get("Importance")) {
	case "high", "low":
		return strings.ToLower(d.get("Importance"))
	}
	switch priority, _, _ := strings.Cut(d.get("X-Priority"), " "); priority {
	case "1", "2":
		return "high"
	case "4", "5":
		return "low"
	}
	return "normal"
}

// root names the thread: the first mail it goes back to.
func (v *view) root() string {
	for _, name := range []string{"References", "In-Reply-To"} {
		if ids := strings.Fields(v.d.get(name)); len(ids) > 0 {
			return ids[0]
		}
	}
	return v.messageID()
}

func (v *view) conversationIndex() any {
	if index := v.d.get("Thread-Index"); index != "" {
		return index
	}
	b := []byte(v.root())
	for len(b) < 16 {
		b = append(b, 0)
	}
	return append([]byte{1, 1, 0xdb, 0x2d, 0, 0}, b[:16]...)
}

func (v *view) receipt(name string) any { return v.d.get(name) != "" }

func (v *view) webLink() string {
	id := strings.NewReplacer("=", "%3D").Replace(v.id())
	return "https://outlook.office365.com/owa/?ItemID=" + id + "&exvsurl=1&viewmodel=ReadMessageItem"
}

func (v *view) inference() string {
	if slices.Contains(v.m.Keywords, markOther) {
		return "other"
	}
	return "focused"
}

func (v *view) flag() string {
	switch {
	case slices.Contains(v.m.Keywords, markComplete):
		return "complete"
	case v.m.Flagged:
		return "flagged"
	}
	return "notFlagged"
}

func emailAddress(a address) object {
	return object{{"emailAddress", object{{"name", cmp.Or(a.name, a.addr)}, {"address", a.addr}}}}
}

// person is the first address of the first field that has one; null if there is none.
func (v *view) person(fields ...string) any {
	for _, name := range fields {
		if list := parseAddresses(v.d.get(name)); len(list) > 0 {
			return emailAddress(list[0])
		}
	}
	return nil
}

func (v *view) people(name string) []object {
	list := []object{}
	for _, f := range v.d.fields {
		if strings.EqualFold(f.name, name) {
			for _, a := range parseAddresses(f.value) {
				list = append(list, emailAddress(a))
			}
		}
	}
	return list
}

func (v *view) headers() []object {
	list := []object{}
	for _, f := range v.d.fields {
		list = append(list, object{{"name", f.name}, {"value", f.value}})
	}
	return list
}
