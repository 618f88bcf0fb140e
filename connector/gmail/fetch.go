package gmail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/cloudmail-go/cloudmail/connector"
)

// aheadMax is how much of a mail is read ahead for what the answer tells after it.
const aheadMax = 1 << 20

// plausible is what may be an id of Gmail's: they are hexadecimal numbers. What is none is not asked
// for, as it would change the path of the request.
var plausible = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

var errNoID = errors.New("the id is none of Gmail's")

// Fetch opens a mail, whole whatever depth is wanted: Gmail charges the same. It is decoded while
// it is read. Where the header alone is wanted, no more than the first megabyte of a larger mail is
// read. The API's sizeEstimate is an estimate, so no size is told.
func (b *backend) Fetch(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	const op = "read mail"
	if !plausible.MatchString(id) {
		return nil, &connector.Error{Op: op, Mailbox: b.set.Address, Kind: connector.ErrNotFound, Err: errNoID,
			Remedy: "was it taken from another mailbox or backend?"}
	}
	body, err := b.open(ctx, id)
	if err != nil {
		return nil, b.fail(ctx, op, err)
	}
	m := newRawMessage(body)
	r, err := m.open()
	if err == nil {
		err = b.complete(ctx, id, m, &r)
	}
	var folders []connector.Folder
	if err == nil {
		folders, err = b.folders(ctx, m.labels)
	}
	if err != nil {
		_ = body.Close()
		return nil, b.fail(ctx, op, err)
	}
	received := time.UnixMilli(m.date).UTC()
	b.dates.add(id, received)
	src := &connector.Source{
		ReadCloser: &opened{decoded: r, body: body, fail: func(err error) error { return b.fail(ctx, op, err) }},
		Depth:      connector.DepthWhole, Folders: folders, Received: received,
	}
	if want == connector.DepthHead {
		if err := cut(src); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// cut reads a mail, or what of a larger one has its header, and ends the request.
func cut(src *connector.Source) error {
	ahead, err := io.ReadAll(io.LimitReader(src, aheadMax+1))
	if len(ahead) > aheadMax {
		src.Depth = connector.DepthHead
	}
	_ = src.Close() // it was read
	src.ReadCloser = io.NopCloser(bytes.NewReader(ahead))
	return err
}

// open asks for a mail by a request of our own: the API client would hold all of it, twice.
func (b *backend) open(ctx context.Context, id string) (io.ReadCloser, error) {
	target := strings.TrimSuffix(b.set.Endpoint, "/") + "/gmail/v1/users/me/messages/" + url.PathEscape(id) +
		"?alt=json&fields=labelIds,internalDate,raw&format=raw&prettyPrint=false"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "cloudmail")
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, err
	}
	if err := googleapi.CheckResponse(resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp.Body, nil
}

// complete learns labels and date where the answer tells them after the mail, or has no labels: a
// small mail is read ahead for that, a large one costs a second request.
func (b *backend) complete(ctx context.Context, id string, m *rawMessage, r *io.Reader) error {
	if m.hasLabels && m.hasDate {
		return nil
	}
	ahead, err := io.ReadAll(io.LimitReader(*r, aheadMax+1))
	if err != nil {
		return err
	}
	rest := *r
	*r = io.MultiReader(bytes.NewReader(ahead), rest)
	if len(ahead) <= aheadMax {
		*r = bytes.NewReader(ahead)
		return m.finish()
	}
	meta, err := b.api.Messages.Get(me, id).Format("minimal").Fields("labelIds", "internalDate").Context(ctx).Do()
	if err == nil {
		m.labels, m.date = meta.LabelIds, meta.InternalDate
	}
	return err
}

// opened is a mail that is being read.
type opened struct {
	decoded io.Reader
	body    io.ReadCloser
	fail    func(error) error
}

// Read implements [io.Reader]; its errors are typed.
func (m *opened) Read(p []byte) (int, error) {
	n, err := m.decoded.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = m.fail(err)
	}
	return n, err
}

// Close ends the request.
func (m *opened) Close() error { return m.body.Close() }
