package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/faults"
	"github.com/cloudmail-go/cloudmail/connector/graph/internal/rebuild"
)

// rawLimit is up to which size a mail is read as its bytes where only its text is asked for.
const rawLimit = 1 << 20

// Fetch opens a mail. Its header takes one request. Its text takes one too, for the bytes, or three
// where it is larger than 1 MiB: the fields and the names of the attachments. Whole, it is a stream.
func (b *backend) Fetch(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	ctx = b.begin(ctx)
	if want == connector.DepthHead {
		return b.fetchHead(ctx, id)
	}
	resp, err := b.value(ctx, "read mail", id)
	if faults.IsCode(err, "ErrorMimeContentConversionFailed") {
		return b.rebuilt(ctx, id, want)
	}
	if err != nil {
		return nil, err
	}
	if want == connector.DepthWhole {
		return &connector.Source{ReadCloser: resp, Depth: connector.DepthWhole}, nil
	}
	defer resp.Close()
	raw, size, err := readUpTo(resp, rawLimit)
	if err != nil {
		return nil, err
	}
	if size > rawLimit {
		return b.rebuilt(ctx, id, want)
	}
	return &connector.Source{ReadCloser: io.NopCloser(raw), Depth: connector.DepthWhole, Size: size}, nil
}

// readUpTo reads a stream to its end, or until it turns out to be larger than most. It keeps pieces,
// since a buffer that grows would take several times the memory.
func readUpTo(r io.Reader, most int64) (io.Reader, int64, error) {
	var pieces []io.Reader
	for size := int64(0); ; {
		piece := make([]byte, 32<<10)
		n, err := io.ReadFull(r, piece)
		pieces = append(pieces, bytes.NewReader(piece[:n]))
		if size += int64(n); err == nil && size <= most {
			continue
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF { // of ReadFull; the stream's own are typed
			err = nil
		}
		return io.MultiReader(pieces...), size, err
	}
}

// value opens the mail as bytes.
func (b *backend) value(ctx context.Context, op, id string) (io.ReadCloser, error) {
	resp, err := b.stream(ctx, op, faults.Mail, b.url("messages", id, "$value"))
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		_ = resp.Body.Close() // it is not the service's
		return nil, b.server.typed(op, &connector.Error{Kind: connector.ErrUnexpected, Err: errors.New("an HTML page came in place of the mail"),
			Remedy: "a proxy or gateway answered in the service's place: check Proxy and NoProxy"})
	}
	return b.typedBody(op, resp), nil
}

func (b *backend) typedBody(op string, resp *http.Response) io.ReadCloser {
	return body{resp.Body, func(err error) error { return b.server.typed(op, networkError(err)) }}
}

// fetchHead reads the header.
func (b *backend) fetchHead(ctx context.Context, id string) (*connector.Source, error) {
	m, err := b.message(ctx, id, headFields)
	if err != nil {
		return nil, err
	}
	f := fields(m)
	return b.source(ctx, m, connector.DepthHead, len(f.Header) == 0, io.NopCloser(bytes.NewReader(f.Head())))
}

// source describes what was read by the mail's fields.
func (b *backend) source(ctx context.Context, m models.Messageable, depth connector.Depth, rebuilt bool, r io.ReadCloser) (*connector.Source, error) {
	folder, err := b.folders.name(ctx, text(m.GetParentFolderId()))
	if err != nil {
		return nil, err
	}
	src := &connector.Source{ReadCloser: r, Depth: depth, Rebuilt: rebuilt, Folders: []connector.Folder{folder}, Size: sizeOf(m)}
	if t := m.GetReceivedDateTime(); t != nil {
		src.Received = t.UTC()
	}
	return src, nil
}

// sizeProperty is the size of the mail in the store (PidTagMessageSize).
const sizeProperty = "Integer 0x0E08"

func sizeOf(m models.Messageable) int64 {
	for _, p := range m.GetSingleValueExtendedProperties() {
		if strings.EqualFold(text(p.GetId()), sizeProperty) || strings.EqualFold(text(p.GetId()), "Integer 0xe08") {
			n, _ := strconv.ParseInt(text(p.GetValue()), 10, 64) // 0 is unknown
			return n
		}
	}
	return 0
}

// bodyFields are what a mail is rebuilt from.
var bodyFields = append(slices.Clone(headFields), "body", "hasAttachments")

// message reads the fields of a mail.
func (b *backend) message(ctx context.Context, id string, list []string) (m models.Messageable, err error) {
	query := &users.ItemMessagesMessageItemRequestBuilderGetQueryParameters{Select: list}
	if slices.Contains(list, "body") {
		query.Expand = []string{"singleValueExtendedProperties($filter=id eq '" + sizeProperty + "')"}
	}
	_, err = b.call(ctx, "read mail", faults.Mail, func(ctx context.Context) (err error) {
		m, err = b.user.Messages().ByMessageId(id).Get(ctx, &users.ItemMessagesMessageItemRequestBuilderGetRequestConfiguration{
			Headers: prefer("outlook.allow-unsafe-html"), QueryParameters: query})
		if err == nil && (m == nil || text(m.GetId()) == "") {
			err = errNothing
		}
		return err
	})
	return m, err
}

// attached is an attachment of a mail that was rebuilt.
type attached struct {
	id, name, kind, cid string
	inline, item, link  bool
}

// rebuilt makes a mail of its fields: with its attachments where all is wanted, else with their
// names.
func (b *backend) rebuilt(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	m, err := b.message(ctx, id, bodyFields)
	if err != nil {
		return nil, err
	}
	files, err := b.attachments(ctx, id)
	if err != nil {
		return nil, err
	}
	mail := fields(m)
	if body := m.GetBody(); body != nil {
		mail.Text = text(body.GetContent())
		mail.HTML = body.GetContentType() != nil && *body.GetContentType() == models.HTML_BODYTYPE
	}
	for _, a := range files {
		mail.Files = append(mail.Files, b.file(ctx, id, a, want == connector.DepthWhole))
	}
	return b.source(ctx, m, want, true, mail.Open())
}

// file is an attachment as a part of the rebuilt mail. A link to the cloud has no content.
func (b *backend) file(ctx context.Context, id string, a attached, whole bool) rebuild.File {
	f := rebuild.File{Name: a.name, Type: a.kind, ContentID: a.cid, Inline: a.inline, Item: a.item}
	if whole && !a.link {
		f.Open = func() (io.ReadCloser, error) { return b.content(ctx, id, a) }
	}
	return f
}

// attachments lists the attachments, and remembers them as the parts of the rebuilt mail.
func (b *backend) attachments(ctx context.Context, id string) ([]attached, error) {
	list, err := b.attachmentList(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []attached
	for _, a := range list {
		out = append(out, newAttached(a))
	}
	b.parts.put(id, out)
	return out, nil
}

func newAttached(a models.Attachmentable) attached {
	out := attached{id: text(a.GetId()), name: text(a.GetName()), kind: text(a.GetContentType()), inline: a.GetIsInline() != nil && *a.GetIsInline()}
	switch t := a.(type) {
	case models.FileAttachmentable:
		out.cid = text(t.GetContentId())
	case models.ItemAttachmentable:
		out.item = true
	case *models.ReferenceAttachment:
		out.link = true
	}
	return out
}

// attachmentFields leaves the content out. The content id is of files only.
var attachmentFields = []string{"id", "name", "contentType", "size", "isInline", "microsoft.graph.fileAttachment/contentId"}

// attachmentList reads all pages of the list.
func (b *backend) attachmentList(ctx context.Context, id string) (out []models.Attachmentable, err error) {
	conf := &users.ItemMessagesItemAttachmentsRequestBuilderGetRequestConfiguration{Headers: prefer(),
		QueryParameters: &users.ItemMessagesItemAttachmentsRequestBuilderGetQueryParameters{Select: attachmentFields}}
	for next := ""; ; {
		var page models.AttachmentCollectionResponseable
		_, err := b.call(ctx, "list attachments", faults.Mail, func(ctx context.Context) (err error) {
			builder := b.user.Messages().ByMessageId(id).Attachments()
			if next != "" {
				builder = builder.WithUrl(next) // good for one attempt: the SDK empties it when it builds the request
			}
			page, err = builder.Get(ctx, conf)
			if err == nil && page == nil {
				err = errNothing
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, page.GetValue()...)
		if next = text(page.GetOdataNextLink()); next == "" {
			return out, nil
		}
		conf.QueryParameters = nil
	}
}

// content opens one attachment: the file's bytes, or the attached mail as MIME.
func (b *backend) content(ctx context.Context, id string, a attached) (io.ReadCloser, error) {
	const op = "open attachment"
	if a.link {
		return nil, b.server.typed(op, &connector.Error{Kind: errors.ErrUnsupported, Err: errors.New(a.name + " is a link to a file in the cloud"),
			Remedy: "the mail does not hold its content"})
	}
	resp, err := b.stream(ctx, op, faults.Mail, b.url("messages", id, "attachments", a.id, "$value"))
	if err != nil {
		return nil, err
	}
	return b.typedBody(op, resp), nil
}
