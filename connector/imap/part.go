package imap

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// errLies is a server whose parts are not those of its structure.
var errLies = errors.New("the part is not the one that the structure tells of")

// leftOut is a part whose content was not read with its mail, as the structure tells of it.
type leftOut struct {
	path     []int
	size     int64 // bytes, encoded
	kind     string
	encoding string
}

// number is the part's, as RFC 9051 §6.4.5 counts.
func (p leftOut) number() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(p.path), " ", "."), "[]")
}

// is reports whether that is the header of the part.
func (p leftOut) is(header []byte) bool {
	m, err := mail.ReadMessage(bytes.NewReader(header))
	if err != nil {
		return false
	}
	kind, _, _ := strings.Cut(m.Header.Get("Content-Type"), ";")
	kind = cmp.Or(strings.TrimSpace(kind), "text/plain")
	encoding := cmp.Or(strings.TrimSpace(m.Header.Get("Content-Transfer-Encoding")), "7bit")
	return strings.EqualFold(kind, p.kind) && strings.EqualFold(encoding, cmp.Or(p.encoding, "7bit"))
}

// Part streams the decoded content of one part. If it was left out when the mail's text was read, it alone is
// read; else, and where the server's part is not what its structure said, the mail is streamed, and all
// but the part passed over.
func (b *backend) Part(ctx context.Context, id, part string) (io.ReadCloser, error) {
	if p, ok := b.partOf(id, part); ok {
		r, err := b.alone(ctx, id, p)
		if err == nil || ctx.Err() != nil {
			return r, err
		}
	}
	src, err := b.Fetch(ctx, id, connector.DepthWhole)
	if err != nil {
		return nil, err
	}
	return b.decoded(src, src, part, part)
}

// alone reads a part and nothing else.
func (b *backend) alone(ctx context.Context, id string, p leftOut) (io.ReadCloser, error) {
	const op = "open attachment"
	m, err := b.mail(ctx, id)
	if err != nil {
		return nil, b.fail(op, err)
	}
	mime := &leaf{section: &imap.FetchItemBodySection{Peek: true, Part: p.path, Specifier: imap.PartSpecifierMIME}}
	src, o, err := b.reading(ctx, m, func(o *opened) (*connector.Source, error) {
		if err := o.conn.open(m.folder, false); err != nil {
			return nil, err
		}
		if ok, err := o.collect(m, []*leaf{mime}); err != nil || !ok || !p.is(mime.content) {
			return nil, cmp.Or(err, errLies)
		}
		return o.open(m, &imap.FetchItemBodySection{Peek: true, Part: p.path})
	})
	if err == nil && o.size != p.size {
		_ = src.Close()
		err = errLies
	}
	if err != nil {
		return nil, b.fail(op, err)
	}
	return b.decoded(io.MultiReader(bytes.NewReader(mime.content), src), src, "1", p.number())
}

// decoded is the content of a part of what is read, and closes it. number is the part's in the mail.
func (b *backend) decoded(r io.Reader, c io.Closer, part, number string) (io.ReadCloser, error) {
	content, err := mailparse.Open(r, part, mailparse.Limits{})
	if err == nil {
		return partBody{content, c}, nil
	}
	_ = c.Close() // the error says more
	if _, typed := errors.AsType[*connector.Error](err); !typed {
		err = &connector.Error{Kind: connector.ErrNotFound, Err: errors.Join(errors.New("part "+number), err)}
	}
	return nil, b.fail("open attachment", err)
}

// partBody reads one part and closes what it is in.
type partBody struct {
	io.Reader
	io.Closer
}

// keepParts remembers what was left out of a mail that was read by its parts. What is forgotten is read with its mail.
func (b *backend) keepParts(m mailID, parts []leftOut) {
	b.parts.Put(id(m.folder, m.validity, m.uid), parts)
}

// partOf finds a part that was left out.
func (b *backend) partOf(id, part string) (leftOut, bool) {
	parts, _ := b.parts.Get(id)
	for _, p := range parts {
		if p.number() == part {
			return p, true
		}
	}
	return leftOut{}, false
}
