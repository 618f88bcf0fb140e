package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/outgoing"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
)

// The sizes of https://learn.microsoft.com/graph/outlook-large-attachments
const (
	uploadFrom = 3 << 20
	chunk      = 3 << 20 // of at most 4 MB; a multiple of 320 KiB is not asked for here
)

// attach adds a file to a draft.
func (b *backend) attach(ctx context.Context, draft string, f outgoing.File) error {
	if len(f.Data) >= uploadFrom {
		return b.upload(ctx, draft, f)
	}
	_, err := b.call(ctx, "send", faults.Claiming, func(ctx context.Context) error {
		_, err := b.user.Messages().ByMessageId(draft).Attachments().Post(ctx, fileOf(f), &users.ItemMessagesItemAttachmentsRequestBuilderPostRequestConfiguration{Headers: prefer()})
		return err
	})
	return err
}

func fileOf(f outgoing.File) models.Attachmentable {
	a := models.NewFileAttachment()
	a.SetName(&f.Name)
	a.SetContentType(&f.Type)
	a.SetContentBytes(f.Data)
	if f.ContentID != "" {
		inline := true
		a.SetContentId(&f.ContentID)
		a.SetIsInline(&inline)
	}
	return a
}

// upload adds a large file, piece by piece.
func (b *backend) upload(ctx context.Context, draft string, f outgoing.File) error {
	to, err := b.uploadSession(ctx, draft, f)
	if err != nil {
		return err
	}
	for from := 0; from < len(f.Data); from += chunk {
		if err := b.put(ctx, to, f.Data, from, min(from+chunk, len(f.Data))); err != nil {
			return err
		}
	}
	return nil
}

// uploadSession asks where the pieces go.
func (b *backend) uploadSession(ctx context.Context, draft string, f outgoing.File) (string, error) {
	item, kind, size := models.NewAttachmentItem(), models.FILE_ATTACHMENTTYPE, int64(len(f.Data))
	item.SetAttachmentType(&kind)
	item.SetName(&f.Name)
	item.SetContentType(&f.Type)
	item.SetSize(&size)
	in := users.NewItemMessagesItemAttachmentsCreateUploadSessionPostRequestBody()
	in.SetAttachmentItem(item)
	var session models.UploadSessionable
	_, err := b.call(ctx, "send", faults.Claiming, func(ctx context.Context) (err error) {
		session, err = b.user.Messages().ByMessageId(draft).Attachments().CreateUploadSession().Post(ctx, in,
			&users.ItemMessagesItemAttachmentsCreateUploadSessionRequestBuilderPostRequestConfiguration{Headers: prefer()})
		if err == nil && (session == nil || text(session.GetUploadUrl()) == "") {
			err = errNothing
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return text(session.GetUploadUrl()), nil
}

// put sends one piece, without a token: the address is the permission, and it is another host's.
func (b *backend) put(ctx context.Context, to string, data []byte, from, end int) error {
	const op = "send"
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" {
		return b.server.typed(op, &connector.Error{Kind: connector.ErrUnexpected, Err: errors.New("the upload address is no https address")})
	}
	if err := b.held(ctx, op); err != nil {
		return err
	}
	ctx, rec := wire.Watch(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(data[from:end]))
	if err != nil {
		return b.server.typed(op, &connector.Error{Kind: connector.ErrUnexpected, Err: errors.New("the upload address is malformed")})
	}
	req.Header.Set("Accept", wire.AnyType)
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, end-1, len(data)))
	resp, err := b.uploader(u.Hostname()).Do(req)
	if err != nil {
		return b.failed(ctx, op, faults.Sending, rec, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return b.failed(ctx, op, faults.Sending, rec, errors.New(resp.Status))
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return b.failed(ctx, op, faults.Sending, rec, err)
	}
	return nil
}

// uploader is a client that may go to the host of an upload: Graph's own, or Outlook's.
func (b *backend) uploader(host string) *http.Client {
	guard := *b.http.Transport.(*wire.Guard)
	for _, known := range []string{"outlook.office.com", "outlook.office365.com", "outlook.office365.us", "partner.outlook.cn"} {
		if strings.EqualFold(host, known) || strings.HasSuffix(strings.ToLower(host), "."+known) {
			guard.Hosts = append([]string{host}, guard.Hosts...)
		}
	}
	return &http.Client{Transport: &guard, CheckRedirect: noRedirect}
}
