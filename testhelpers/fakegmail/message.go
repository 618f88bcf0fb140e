package fakegmail

import (
	"bytes"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const (
	inlineText  = 1 << 20 // [9]
	inlineOther = 4 << 10 // parts that are neither text nor named
)

// reference is a mail as lists and acts show it.
func (e *entry) reference() message { return message{ID: e.id, ThreadID: e.thread} }

// labelled is a mail as the answers of acts show it.
func (e *entry) labelled() message {
	return message{ID: e.id, ThreadID: e.thread, LabelIDs: e.labels}
}

// render shows a mail in a format. The blob holds the raw form.
func (b *box) render(e *entry, m mailstore.Message, format string, names []string) (message, *blob, *apiError) {
	out := e.labelled()
	out.HistoryID = e.history
	out.InternalDate = m.Received.UnixMilli()
	out.SizeEstimate = len(m.Raw)
	tree := parseMail(m.Raw, "", 0, "text/plain")
	snippet := tree.snippet()
	out.Snippet = &snippet
	switch strings.ToLower(format) {
	case "", "full":
		payload := b.payload(tree, e.key)
		out.Payload = &payload
	case "metadata":
		out.Payload = &part{MimeType: tree.mediaType, Headers: filterFields(tree.decodedFields(), names)}
	case "minimal":
	case "raw":
		raw := newBlob(bytes.NewReader(m.Raw))
		out.Raw = raw.mark
		return out, raw, nil
	default:
		return out, nil, badValue("format", "type.googleapis.com/gmail.api.v1.GetMessageRequest.Format", format)
	}
	return out, nil, nil
}

func filterFields(fields []header, names []string) []header {
	if len(names) == 0 {
		return fields
	}
	var kept []header
	for _, f := range fields {
		for _, name := range names {
			if strings.EqualFold(f.Name, name) {
				kept = append(kept, f)
				break
			}
		}
	}
	return kept
}

// payload shows a part and what is below it.
func (b *box) payload(p *mimePart, key uint64) part {
	out := part{
		PartID:   &p.id,
		MimeType: p.mediaType,
		Filename: &p.filename,
		Headers:  p.decodedFields(),
		Body:     b.content(p, key),
	}
	for _, child := range p.parts {
		out.Parts = append(out.Parts, b.payload(child, key))
	}
	return out
}

// content shows the data of a part. Small text without a file name comes inline and in UTF-8; all
// that is named or big comes by an attachment id, in the bytes and the charset of the mail.
func (b *box) content(p *mimePart, key uint64) *body {
	if p.multipart() {
		return &body{}
	}
	most := inlineOther
	if p.text() {
		if most = b.opts.InlineText; most == 0 {
			most = inlineText
		}
	}
	size := p.size()
	if p.filename != "" || size > most || p.mediaType == "message/rfc822" {
		return &body{AttachmentID: attachmentID(key, p.id), Size: size}
	}
	data := p.decoded()
	if p.text() {
		data = toUTF8(data, p.params["charset"])
	}
	return &body{Size: len(data), Data: base64URL(data)}
}

// getMessage is users.messages.get.
func getMessage(c *call) (answer, *apiError) {
	format := c.query.Get("format")
	if refusal := c.metadataOnly(format); refusal != nil {
		return answer{}, refusal
	}
	e, m, refusal := c.box.get(c.r.PathValue("id"))
	if refusal != nil {
		return answer{}, refusal
	}
	out, raw, refusal := c.box.render(e, m, format, c.query["metadataHeaders"])
	if refusal != nil {
		return answer{}, refusal
	}
	return answer{value: out, blob: raw}, nil
}

// metadataOnly holds what gmail.metadata forbids, also beside broader scopes.
func (c *call) metadataOnly(format string) *apiError {
	if !contains(c.grant.scopes, ScopeMetadata) {
		return nil
	}
	switch strings.ToLower(format) {
	case "", "full":
		return forbidden("forbidden", "Metadata scope doesn't allow format FULL")
	case "raw":
		return forbidden("forbidden", "Metadata scope doesn't allow format RAW")
	}
	return nil
}

// getAttachment is users.messages.attachments.get: the bytes of the part as they are in the mail,
// without the transfer encoding.
func getAttachment(c *call) (answer, *apiError) {
	_, m, refusal := c.box.get(c.r.PathValue("message"))
	if refusal != nil {
		return answer{}, refusal
	}
	key, partID, ok := parseAttachmentID(c.r.PathValue("id"))
	if !ok || key != m.Key {
		return answer{}, invalid("Invalid attachment token")
	}
	p := parseMail(m.Raw, "", 0, "text/plain").find(partID)
	if p == nil {
		return answer{}, notFound()
	}
	data := newBlob(p.content())
	return answer{value: body{Size: p.size(), Data: data.mark}, blob: data}, nil
}

// getProfile is users.getProfile.
func getProfile(c *call) (answer, *apiError) {
	return answer{value: c.box.profile()}, nil
}
