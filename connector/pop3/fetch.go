package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// Fetch reads the header by TOP, or the whole mail. A connection that was open already may
// be too old to know the mail, or to know that it is gone: then a new one is asked.
func (b *backend) Fetch(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	for {
		var src *connector.Source
		var stale, gone bool
		err := b.use(ctx, "fetch", again, func(c *conn) (err error) {
			src, err = b.source(ctx, c, id, want)
			_, refused := errors.AsType[*RefusalError](err)
			stale = c.reused && (refused || src == nil && err == nil)
			gone = !c.reused && (src == nil && err == nil || refusedMail(err))
			return err
		})
		if stale && ctx.Err() == nil {
			b.discard()
			continue
		}
		if gone {
			return nil, b.server.fail(ctx, "fetch", &connector.Error{Op: "fetch", Kind: connector.ErrNotFound,
				Err: fmt.Errorf("no mail has the id %q", link.Shorten(id)), Remedy: "was it deleted or moved?"})
		}
		return src, err
	}
}

// refusedMail reports whether the server does not show a mail that it listed.
func refusedMail(err error) bool {
	r, ok := errors.AsType[*RefusalError](err)
	return ok && errors.Is(r.explain().Kind, connector.ErrUnexpected) && r.Code == ""
}

// discard closes the idle connection.
func (b *backend) discard() {
	if c := b.unpark(); c != nil {
		_ = c.quit()
	}
}

// source reads a mail in a connection; nil without an error: it is not listed there.
func (b *backend) source(ctx context.Context, c *conn, id string, want connector.Depth) (*connector.Source, error) {
	if err := b.list(ctx, c); err != nil {
		return nil, err
	}
	at, ok := c.drop.at[id]
	if !ok {
		return nil, nil
	}
	e := c.drop.mails[at]
	src := &connector.Source{Depth: connector.DepthWhole, Folders: []connector.Folder{connector.Inbox}, Size: e.size}
	var raw []byte
	var err error
	if want == connector.DepthHead && c.can("TOP") {
		src.Depth = connector.DepthHead
		err = c.heads([]entry{e}, func(_ entry, head []byte) { raw = head })
		if err == nil && raw == nil {
			return nil, nil
		}
	} else {
		raw, err = c.whole(e, b.server.MaxMail)
		if err == nil {
			err = b.noteWhole(ctx, c.drop, id, raw)
		}
	}
	if err != nil {
		return nil, err
	}
	src.Received = received(head(raw))
	src.ReadCloser = io.NopCloser(bytes.NewReader(raw))
	return src, nil
}

// head is the header of a mail, the empty line included.
func head(raw []byte) []byte {
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		return raw[:i+4]
	}
	return raw
}
