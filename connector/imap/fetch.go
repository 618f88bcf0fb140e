package imap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cloudmail-go/cloudmail/connector"
)

// aheadMax is how much of a mail is read at once, so that its connection is free again.
const aheadMax = 1 << 20

var (
	errNoMail = errors.New("the server has no such mail")
	errNoID   = errors.New("the id is none of this mailbox")
	body      = &imap.FetchItemBodySection{Peek: true}
)

// Fetch opens a mail: the header alone, the text, or all of it. A small mail is read at once, and so is
// the text of a large one, by its parts; all of a large one is read from the server as the caller reads,
// on a connection of its own until it is closed.
func (b *backend) Fetch(ctx context.Context, id string, want connector.Depth) (*connector.Source, error) {
	const op = "read mail"
	m, err := b.mail(ctx, id)
	if err != nil {
		return nil, b.fail(op, err)
	}
	section := map[connector.Depth]*imap.FetchItemBodySection{connector.DepthHead: header, connector.DepthText: beginning, connector.DepthWhole: body}[want]
	src, _, err := b.reading(ctx, m, func(o *opened) (*connector.Source, error) {
		src, err := o.open(m, section)
		if err == nil && o.cut != nil {
			src, err = o.rest(m, src)
		}
		return src, err
	})
	if _, ok := errors.AsType[partsError](err); ok && ended(err) {
		return b.Fetch(ctx, id, connector.DepthWhole)
	}
	if err != nil {
		return nil, b.fail(op, err)
	}
	if want == connector.DepthHead {
		src.Depth = connector.DepthHead
	}
	return src, nil
}

// reading reads from a mail on a connection, which is given back when the source is closed or do fails. The
// connection breaks when the context ends.
func (b *backend) reading(ctx context.Context, m mailID, do func(*opened) (*connector.Source, error)) (*connector.Source, *opened, error) {
	c, err := b.pool.get(ctx, m.folder)
	if err != nil {
		return nil, nil, err
	}
	if !b.pool.begin() {
		b.pool.put(c)
		return nil, nil, net.ErrClosed
	}
	defer b.pool.tasks.Done()
	o := &opened{backend: b, conn: c, stop: context.AfterFunc(ctx, c.kill)}
	c.guard.begin(silenceBody, budgetBody)
	src, err := do(o)
	if err == nil {
		return src, o, nil
	}
	if ended(err) {
		c.kill()
	}
	_ = o.Close()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	return nil, nil, c.guard.why(err)
}

// mail takes an id apart. One from before the folder's UIDs began anew is looked for.
func (b *backend) mail(ctx context.Context, id string) (mailID, error) {
	m, ok := parseID(id)
	if _, known := b.table.named(m.folder); !ok || !known {
		return m, &connector.Error{Kind: connector.ErrNotFound, Err: errNoID, Remedy: "was it taken from another mailbox or backend?"}
	}
	return m, nil
}

// opened is a mail that is being read.
type opened struct {
	backend *backend
	conn    *conn
	cmd     *imapclient.FetchCommand
	literal *literal // that the caller reads; nil: none
	stop    func() bool
	again   bool   // it was asked for twice
	size    int64  // of the content, as the server announced it
	cut     []byte // the beginning of a mail that goes on

	once    sync.Once
	closing atomic.Bool
	reading sync.Mutex // held by Read
}

// partsError is why a mail could not be read by its parts. Where the connection broke over it, as over a
// structure that cannot be read, the mail is read whole on another one.
type partsError struct{ error }

func (e partsError) Unwrap() error { return e.error }

// rest reads the text of a mail that is longer than its beginning, or all of it.
func (o *opened) rest(m mailID, src *connector.Source) (*connector.Source, error) {
	done, err := o.texts(m, src, o.cut)
	o.cut = nil
	switch {
	case err != nil:
		return nil, partsError{err}
	case done:
		return src, o.Close()
	}
	return o.open(m, body)
}

// open asks for the mail and reads up to its content. The folder is opened anew, in the same flight:
// where it lies open already, a server may still show what is gone (RFC 2180).
func (o *opened) open(m mailID, section *imap.FetchItemBodySection) (*connector.Source, error) {
	c := o.conn
	opening := c.begin(m.folder, false)
	o.cmd = c.imap.Fetch(imap.UIDSetNum(m.uid), &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true,
		BodySection: []*imap.FetchItemBodySection{section}})
	if err := c.opened(m.folder, opening); err != nil {
		return nil, err
	}
	if c.validity != m.validity {
		return nil, gone(errValidity)
	}
	src := &connector.Source{Depth: connector.DepthWhole}
	if p, ok := o.backend.table.named(m.folder); ok {
		src.Folders = []connector.Folder{p.folder}
	}
	found, came := false, false
	for d := o.cmd.Next(); d != nil && !found; {
		var err error
		came = true
		if found, err = o.items(d, src); err != nil {
			return nil, err
		}
		if !found {
			d = o.cmd.Next()
		}
	}
	if found {
		return src, nil
	}
	if err := o.cmd.Close(); err != nil {
		return nil, err
	}
	if came && !o.again { // flags that the server told by itself: see listed
		o.again = true
		return o.open(m, section)
	}
	return nil, gone(errNoMail)
}

// items reads what is told about the mail, up to its content and what stands behind it.
func (o *opened) items(m *imapclient.FetchMessageData, src *connector.Source) (bool, error) {
	found := false
	for d := m.Next(); d != nil; d = m.Next() {
		switch d := d.(type) {
		case imapclient.FetchItemDataInternalDate:
			src.Received = d.Time.UTC()
		case imapclient.FetchItemDataRFC822Size:
			src.Size = d.Size
		case imapclient.FetchItemDataBodySection:
			found = true
			streams, err := o.content(o.conn.literal(d.Literal), d.Section.Partial != nil, src)
			if err != nil || streams {
				return true, err
			}
		}
	}
	if !found {
		return false, nil
	}
	if err := o.cmd.Close(); err != nil && !isRefusal(err) { // what came may not be all that was asked for
		return true, err
	}
	if o.cut != nil {
		return true, nil
	}
	return true, o.Close()
}

// content reads a small mail, or the beginning of one, and prepares a large one to be streamed.
func (o *opened) content(l *literal, partial bool, src *connector.Source) (streams bool, err error) {
	o.size = l.left
	if partial && o.size >= textFirst {
		o.cut, err = io.ReadAll(io.LimitReader(l, textFirst))
		return false, err
	}
	if o.size > aheadMax {
		o.literal, src.ReadCloser = l, o
		return true, nil
	}
	raw, err := io.ReadAll(l)
	src.ReadCloser = io.NopCloser(bytes.NewReader(raw))
	return false, err
}

// errClosed is a mail that the caller closed, before reading or meanwhile.
var errClosed = &connector.Error{Kind: connector.ErrUnavailable, Err: os.ErrClosed, Remedy: "the mail was closed while it was read"}

// Read implements [io.Reader]; its errors are typed.
func (o *opened) Read(p []byte) (int, error) {
	o.reading.Lock()
	defer o.reading.Unlock()
	if o.closing.Load() {
		return 0, o.backend.fail("read mail", errClosed)
	}
	n, err := o.literal.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		if err = o.conn.guard.why(err); o.closing.Load() {
			err = errClosed
		}
		err = o.backend.fail("read mail", err)
	}
	return n, err
}

// Close gives the connection back. One whose mail was not read to its end is broken: that costs less
// than the rest of the mail. It may be called beside Read, which then ends.
func (o *opened) Close() error {
	o.once.Do(func() {
		if o.closing.Store(true); !o.reading.TryLock() {
			o.conn.kill()
			o.reading.Lock()
		}
		defer o.reading.Unlock()
		if o.literal != nil && o.literal.left > 0 {
			o.conn.kill()
		}
		if o.cmd != nil {
			_ = o.cmd.Close() // what it would say, reading said
		}
		o.stop()
		o.conn.guard.end()
		o.backend.pool.put(o.conn)
	})
	return nil
}

// gone is what a mail is that is not there.
func gone(cause error) error {
	return &connector.Error{Kind: connector.ErrNotFound, Err: cause, Remedy: "was it deleted or moved?"}
}
