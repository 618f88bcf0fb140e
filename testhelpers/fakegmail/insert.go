package fakegmail

import (
	"encoding/base64"
	"net/mail"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const largestInsert = 157286400 // bytes; the discovery document's maxSize

// incoming is a mail that a call brings: as JSON, with raw in base64url, or as an upload.
type incoming struct {
	message
	raw    []byte
	fields []header
}

// mail reads the mail of send, insert and import.
func (c *call) mail() (in incoming, refusal *apiError) {
	if refusal := c.decode(&in.message); refusal != nil {
		return in, refusal
	}
	return c.incoming(in.message)
}

// incoming joins the JSON part with the upload.
func (c *call) incoming(m message) (in incoming, refusal *apiError) {
	in.message, in.raw = m, c.media
	if in.raw == nil {
		if in.raw, refusal = decodeRaw(m.Raw); refusal != nil {
			return in, refusal
		}
	}
	if len(in.raw) == 0 {
		return in, invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
	}
	head, _ := splitHead(in.raw)
	in.fields = parseFields(head)
	return in, nil
}

// decodeRaw takes both alphabets of base64, with and without padding.
func decodeRaw(s string) ([]byte, *apiError) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	b, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		e := badValue("message.raw", "TYPE_BYTES", "…")
		e.message = "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed"
		return nil, e
	}
	return b, nil
}

func base64URL(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

// insertMessage is users.messages.insert: straight into the mailbox, dated now.
func insertMessage(c *call) (answer, *apiError) { return c.insert("receivedTime", false) }

// importMessage is users.messages.import: looked at by the junk filter where it comes to the inbox,
// and dated by its Date header.
func importMessage(c *call) (answer, *apiError) {
	return c.insert("dateHeader", !c.boolean("neverMarkSpam"))
}

func (c *call) insert(dateSource string, scan bool) (answer, *apiError) {
	if c.boolean("deleted") {
		return answer{}, forbidden("forbidden", "Deleted messages can only be created for Vault users")
	}
	in, refusal := c.mail()
	if refusal != nil {
		return answer{}, refusal
	}
	for _, id := range in.LabelIDs {
		if !c.box.labels.exists(id) {
			return answer{}, invalid("Invalid label: %s", id)
		}
	}
	received, refusal := c.internalDate(dateSource, in.fields)
	if refusal != nil {
		return answer{}, refusal
	}
	d := c.box.delivery(in.LabelIDs, scan)
	d.Received = received
	m := c.box.m.Deliver(in.raw, d)
	c.box.join(m.Key, in)
	c.box.sync()
	return answer{value: c.box.entries[m.Key].labelled()}, nil
}

// delivery says where a mail with these labels comes in. Without a folder the junk filter of the
// mailbox decides.
func (b *box) delivery(labels []string, scan bool) mailstore.Delivery {
	p := b.labels.placeOf(labels, mailstore.Archive)
	if scan && p.folder == mailstore.Inbox {
		p.folder = ""
	}
	return mailstore.Delivery{Folder: p.folder, Keywords: p.keywords, Seen: p.seen,
		Flagged: p.flagged, Draft: p.isDraft, NoTrace: true}
}

// internalDate is now, or what the Date header says.
func (c *call) internalDate(source string, fields []header) (time.Time, *apiError) {
	if asked := c.query.Get("internalDateSource"); asked != "" {
		source = asked
	}
	switch source {
	case "receivedTime":
		return time.Now(), nil
	case "dateHeader":
		t, err := mail.ParseDate(fieldOf(fields, "Date"))
		if err != nil {
			return time.Now(), nil
		}
		return t, nil
	}
	return time.Time{}, badValue("internal_date_source",
		"type.googleapis.com/gmail.api.v1.InternalDateSource", source)
}

// stopped answers watch and stop, which this fake does not do.
func stopped(*call) (answer, *apiError) { return answer{}, notImplemented("push (watch and stop)") }
