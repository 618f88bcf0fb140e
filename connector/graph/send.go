package graph

import (
	"context"
	"encoding/base64"
	"io"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/outgoing"
)

// mimeLimit is how large a mail may be in one request: Graph takes 4 MB of base64.
const mimeLimit = 3 << 20

// Send hands the mail over: as MIME in one request, which keeps a copy in Sent Items. One larger
// than 3 MiB becomes a draft whose attachments follow one by one, those over 3 MiB in pieces; with
// [Office365.NoSentCopy] it is given by its fields. The mail's header, not to, decides who gets it.
func (b *backend) Send(ctx context.Context, _ []string, mail io.Reader) error {
	raw, err := io.ReadAll(mail)
	if err != nil {
		return b.server.typed("send", &connector.Error{Kind: connector.ErrUnavailable, Err: err})
	}
	switch {
	case b.server.NoSentCopy:
		return b.sendFields(ctx, raw)
	case len(raw) > mimeLimit:
		return b.sendLarge(b.begin(ctx), raw)
	}
	return b.sendMIME(ctx, raw)
}

// SendReply is Send: the References field of the mail keeps the thread.
func (b *backend) SendReply(ctx context.Context, _ string, to []string, mail io.Reader) error {
	return b.Send(ctx, to, mail)
}

// errorMappings tell the SDK how to read an error.
var errorMappings = abstractions.ErrorMappings{"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue}

func (b *backend) sendMIME(ctx context.Context, raw []byte) error {
	_, err := b.call(ctx, "send", faults.Sending, func(ctx context.Context) error {
		info, err := b.user.SendMail().ToPostRequestInformation(ctx, users.NewItemSendMailPostRequestBody(), &users.ItemSendMailRequestBuilderPostRequestConfiguration{Headers: prefer()})
		if err != nil {
			return err
		}
		asMIME(info, raw)
		return b.adapter.SendNoContent(ctx, info, errorMappings)
	})
	return err
}

// asMIME replaces the JSON of a request by a mail in base64.
func asMIME(info *abstractions.RequestInformation, raw []byte) {
	info.Headers.Remove("Content-Type")
	info.SetStreamContentAndContentType(base64.StdEncoding.AppendEncode(nil, raw), "text/plain")
}

// sendLarge makes a draft of the mail without its attachments, adds them, and sends it. The draft
// is left in Drafts if that breaks off, for someone to see.
func (b *backend) sendLarge(ctx context.Context, raw []byte) error {
	body, files, err := outgoing.Split(raw)
	if err != nil || len(body) > mimeLimit {
		return b.server.typed("send", &connector.Error{Kind: connector.ErrConfig, Err: err, Remedy: "the mail without its attachments must be smaller than 3 MiB"})
	}
	draft, err := b.draft(ctx, body)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := b.attach(ctx, draft, f); err != nil {
			return err
		}
	}
	_, err = b.call(ctx, "send", faults.Sending, func(ctx context.Context) error {
		return b.user.Messages().ByMessageId(draft).Send().Post(ctx, &users.ItemMessagesItemSendRequestBuilderPostRequestConfiguration{Headers: prefer()})
	})
	return err
}

// draft stores a mail in Drafts and returns its id.
func (b *backend) draft(ctx context.Context, raw []byte) (id string, err error) {
	_, err = b.call(ctx, "send", faults.Claiming, func(ctx context.Context) error {
		info, err := b.user.Messages().ToPostRequestInformation(ctx, models.NewMessage(), &users.ItemMessagesRequestBuilderPostRequestConfiguration{Headers: prefer()})
		if err != nil {
			return err
		}
		asMIME(info, raw)
		got, err := b.adapter.Send(ctx, info, models.CreateMessageFromDiscriminatorValue, errorMappings)
		if err != nil {
			return err
		}
		m, ok := got.(models.Messageable)
		if !ok || m == nil || text(m.GetId()) == "" {
			return errNothing
		}
		id = text(m.GetId())
		return nil
	})
	return id, err
}

// sendFields sends by fields, which is the only way without a copy in Sent Items.
func (b *backend) sendFields(ctx context.Context, raw []byte) error {
	if len(raw) > mimeLimit {
		return b.server.typed("send", &connector.Error{Kind: connector.ErrConfig, Remedy: "with NoSentCopy a mail must be smaller than 3 MiB"})
	}
	m, err := outgoing.Read(raw)
	if err != nil {
		return b.server.typed("send", &connector.Error{Kind: connector.ErrConfig, Err: err})
	}
	body := users.NewItemSendMailPostRequestBody()
	body.SetMessage(fieldsOf(m))
	body.SetSaveToSentItems(new(bool))
	_, err = b.call(ctx, "send", faults.Sending, func(ctx context.Context) error {
		return b.user.SendMail().Post(ctx, body, &users.ItemSendMailRequestBuilderPostRequestConfiguration{Headers: prefer()})
	})
	return err
}

// fieldsOf makes Graph's message of a mail.
func fieldsOf(m *outgoing.Mail) models.Messageable {
	out := models.NewMessage()
	out.SetSubject(&m.Subject)
	if m.MessageID != "" {
		out.SetInternetMessageId(&m.MessageID)
	}
	body, kind := models.NewItemBody(), models.TEXT_BODYTYPE
	if m.HTML {
		kind = models.HTML_BODYTYPE
	}
	body.SetContent(&m.Text)
	body.SetContentType(&kind)
	out.SetBody(body)
	out.SetToRecipients(recipients(m.To))
	out.SetCcRecipients(recipients(m.Cc))
	out.SetBccRecipients(recipients(m.Bcc))
	var headers []models.InternetMessageHeaderable
	for _, f := range m.Header {
		h := models.NewInternetMessageHeader()
		h.SetName(&f.Name)
		h.SetValue(&f.Value)
		headers = append(headers, h)
	}
	out.SetInternetMessageHeaders(headers)
	out.SetSingleValueExtendedProperties(threadOf(m))
	var files []models.Attachmentable
	for _, f := range m.Files {
		files = append(files, fileOf(f))
	}
	out.SetAttachments(files)
	return out
}

// threadOf keeps a reply in its thread, by the properties that In-Reply-To and References are
// stored in (PidTagInReplyToId, PidTagInternetReferences).
func threadOf(m *outgoing.Mail) []models.SingleValueLegacyExtendedPropertyable {
	var out []models.SingleValueLegacyExtendedPropertyable
	for _, p := range [][2]string{{"String 0x1042", m.InReplyTo}, {"String 0x1039", m.References}} {
		if p[1] == "" {
			continue
		}
		prop := models.NewSingleValueLegacyExtendedProperty()
		prop.SetId(&p[0])
		prop.SetValue(&p[1])
		out = append(out, prop)
	}
	return out
}

func recipients(list []outgoing.Address) []models.Recipientable {
	var out []models.Recipientable
	for _, a := range list {
		addr, r := models.NewEmailAddress(), models.NewRecipient()
		addr.SetAddress(&a.Addr)
		if a.Name != "" {
			addr.SetName(&a.Name)
		}
		r.SetEmailAddress(addr)
		out = append(out, r)
	}
	return out
}
