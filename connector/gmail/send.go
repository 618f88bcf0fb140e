package gmail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"

	api "google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"
)

const (
	// uploadFrom is from what size on a mail is sent by upload, as Google advises.
	uploadFrom = 5 << 20
	// sendMax is the largest mail that Gmail sends.
	sendMax = 36_700_160
)

// Send hands the mail to Gmail, which reads the recipients from its header and takes Bcc out.
func (b *backend) Send(ctx context.Context, _ []string, mail io.Reader) error {
	return b.send(ctx, &api.Message{}, mail)
}

// SendReply sends in the thread of a mail. Where that mail is gone, the header alone says what is
// answered.
func (b *backend) SendReply(ctx context.Context, id string, _ []string, mail io.Reader) error {
	parent, err := b.api.Messages.Get(me, id).Format("minimal").Fields("threadId").Context(ctx).Do()
	if err != nil && !isGone(err) {
		return b.fail(ctx, "send", err)
	}
	m := &api.Message{}
	if err == nil {
		m.ThreadId = parent.ThreadId
	}
	return b.send(ctx, m, mail)
}

// send sends in one request, of which nothing is repeated.
func (b *backend) send(ctx context.Context, m *api.Message, mail io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(mail, sendMax+1))
	if err != nil {
		return b.fail(ctx, "send", err)
	}
	if len(raw) > sendMax {
		return b.set.about("send", b.set.config("the mail is larger than the 35 MB that Gmail sends", "send a smaller attachment"))
	}
	call := b.api.Messages.Send(me, m).Fields("id").Context(ctx)
	if len(raw) > uploadFrom {
		call.Media(bytes.NewReader(raw), googleapi.ContentType("message/rfc822"), googleapi.ChunkSize(0))
	} else {
		m.Raw = base64.URLEncoding.EncodeToString(raw)
	}
	_, err = call.Do()
	if err != nil {
		return b.fail(ctx, "send", err)
	}
	return nil
}

// errNoFolder is the refusal of a folder that mail cannot be moved to.
var errNoFolder = errors.New("only Gmail itself puts mail into Sent and Drafts")
