package fakegraph

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// createMessage is POST /messages: a draft, from JSON or MIME.
func (c *call) createMessage() (*reply, *apiError) {
	folder, err := c.scope()
	if err != nil {
		return nil, err
	}
	folder = cmp.Or(folder, mailstore.Drafts)
	if c.isMIME() {
		raw, err := c.decodeMIME()
		if err != nil {
			return nil, err
		}
		return c.saveDraft(raw, folder, &inMessage{}), nil
	}
	var in inMessage
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	l := newLetter(c.self())
	if err := c.f.apply(l, &in); err != nil {
		return nil, err
	}
	return c.saveDraft(l.build(), folder, &in), nil
}

func (c *call) saveDraft(raw []byte, folder string, in *inMessage) *reply {
	m := c.box.Deliver(raw, mailstore.Delivery{
		Folder:   folder,
		Seen:     in.IsRead == nil || *in.IsRead,
		Draft:    true,
		NoTrace:  true,
		Flagged:  in.flagged(false),
		Keywords: in.marks(nil),
	})
	return c.single(m, &whole, http.StatusCreated)
}

func (in *inMessage) flagged(before bool) bool {
	if in.Flag == nil {
		return before
	}
	return strings.EqualFold(in.Flag.FlagStatus, "flagged")
}

// patchMessage is PATCH /messages/{id}. What the mail itself says can be changed on drafts only.
func (c *call) patchMessage() (*reply, *apiError) {
	var in inMessage
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	if want := c.r.Header.Get("If-Match"); want != "" && want != "*" && want != etag(m) {
		e := known("ErrorIrresolvableConflict")
		e.status = http.StatusPreconditionFailed
		return nil, e
	}
	raw := m.Raw
	if name := in.content(); name != "" {
		if !m.Draft {
			return nil, fail(http.StatusBadRequest, "ErrorInvalidPropertySet", "Set action is invalid for property '%s'.", name)
		}
		l := letterOf(c.f.document(m))
		if err := c.f.apply(l, &in); err != nil {
			return nil, err
		}
		raw = l.build()
	}
	changed, failed := c.box.Update(m.Key, func(u *mailstore.Message) {
		if in.IsRead != nil {
			u.Seen = *in.IsRead
		}
		u.Flagged = in.flagged(u.Flagged)
		u.Keywords = in.marks(u.Keywords)
		u.Raw = raw
	})
	if failed != nil {
		return nil, notFound()
	}
	c.f.touch(m.Key)
	return c.single(changed, &whole, http.StatusOK), nil
}

// content names a property of the request that belongs to the mail itself, "" if there is none.
func (in *inMessage) content() string {
	for name, given := range map[string]bool{
		"subject": in.Subject != nil, "body": in.Body != nil, "toRecipients": in.ToRecipients != nil,
		"ccRecipients": in.CcRecipients != nil, "bccRecipients": in.BccRecipients != nil, "replyTo": in.ReplyTo != nil,
		"from": in.From != nil, "sender": in.Sender != nil, "internetMessageId": in.InternetMessageID != nil,
		"internetMessageHeaders":     len(in.InternetMessageHeaders) > 0,
		"isReadReceiptRequested":     in.IsReadReceiptRequested != nil,
		"isDeliveryReceiptRequested": in.IsDeliveryReceiptRequested != nil,
	} {
		if given {
			return name
		}
	}
	return ""
}

// rewrite changes a draft's content.
func (c *call) rewrite(m mailstore.Message, change func(*letter)) (mailstore.Message, *apiError) {
	if !m.Draft {
		return m, fail(http.StatusBadRequest, "ErrorInvalidOperation", "The item is not a draft.")
	}
	l := letterOf(c.f.document(m))
	change(l)
	raw := l.build()
	changed, err := c.box.Update(m.Key, func(u *mailstore.Message) { u.Raw = raw })
	if err != nil {
		return m, notFound()
	}
	c.f.touch(m.Key)
	return changed, nil
}

// sendDraft is POST /messages/{id}/send: the draft goes to Sent Items.
func (c *call) sendDraft() (*reply, *apiError) {
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	if !m.Draft {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidOperation", "The item is not a draft.")
	}
	to, err := c.checkSend(m.Raw)
	if err != nil {
		return nil, err
	}
	if _, failed := c.box.Update(m.Key, func(u *mailstore.Message) { u.Draft, u.Seen = false, true }); failed != nil {
		return nil, notFound()
	}
	c.f.after(c.f.o.SentDelay, func() {
		_, _ = c.box.Move(m.Key, mailstore.Sent) // deleted meanwhile
	})
	c.transport(m.Raw, to)
	return accepted(), nil
}

// addAttachment is POST /messages/{id}/attachments, for files below 3 MB.
func (c *call) addAttachment() (*reply, *apiError) {
	var in inAttachment
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.ContentBytes) >= uploadMinimum {
		return nil, known("ErrorMessageSizeExceeded")
	}
	m, err := c.target()
	if err != nil {
		return nil, err
	}
	file, err := c.f.file(in)
	if err != nil {
		return nil, err
	}
	m, err = c.rewrite(m, func(l *letter) { l.files = append(l.files, file) })
	if err != nil {
		return nil, err
	}
	v := c.view(m)
	all := v.attachments()
	context := c.context("messages('" + c.route.args[0] + "')/attachments/$entity")
	return &reply{status: http.StatusCreated, body: append(object{{"@odata.context", context}}, v.renderAttachment(lastAdded(all, file), nil, "")...)}, nil
}

// lastAdded finds a new attachment again: building may put the inline ones in front.
func lastAdded(all []attachment, file letterFile) attachment {
	for _, a := range slices.Backward(all) {
		if a.part != nil && a.part.inline() == file.inline {
			return a
		}
	}
	return all[len(all)-1]
}

// deleteAttachment is DELETE …/attachments/{id}.
func (c *call) deleteAttachment() (*reply, *apiError) {
	v, a, err := c.attachment()
	if err != nil {
		return nil, err
	}
	if _, err := c.rewrite(v.m, func(l *letter) { l.files = slices.Delete(l.files, a.number-1, a.number) }); err != nil {
		return nil, err
	}
	return noContent(), nil
}
