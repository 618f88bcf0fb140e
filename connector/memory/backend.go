package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// backend is one open mailbox.
type backend struct {
	server Server
	watch  []connector.Folder
	faults *Faults

	mu     sync.Mutex
	secret func() string // a closure, so that it does not print
}

// call makes one request: it presents the secret, takes its time, and acts on the mailbox. A
// refused secret is replaced by a fresh one, once.
func (b *backend) call(ctx context.Context, op string, do func(*mailstore.Mailbox) error) error {
	b.mu.Lock()
	secret := b.secret()
	b.mu.Unlock()
	err := b.request(ctx, op, secret, do)
	if !errors.Is(err, connector.ErrAuth) || b.faults.accepts(secret) {
		return err
	}
	if secret, err = b.renew(ctx, secret); err != nil {
		return err
	}
	return b.request(ctx, op, secret, do)
}

// renew replaces a refused secret, unless another call did already.
func (b *backend) renew(ctx context.Context, refused string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if secret := b.secret(); secret != refused {
		return secret, nil
	}
	fresh, err := b.credential(ctx, refused)
	if err == nil {
		b.secret = func() string { return fresh }
	}
	return fresh, err
}

// request is one call with one secret.
func (b *backend) request(ctx context.Context, op, secret string, do func(*mailstore.Mailbox) error) error {
	if err := b.faults.travel(ctx); err != nil {
		return b.typed(op, err)
	}
	err := b.faults.enter(op)
	if err == nil {
		err = b.act(op, secret, do)
	}
	if late := b.faults.travel(ctx); err == nil {
		err = late
	}
	return b.typed(op, err)
}

// act is what the service does with a request that reached it.
func (b *backend) act(op, secret string, do func(*mailstore.Mailbox) error) error {
	if !b.faults.accepts(secret) {
		return b.refused()
	}
	box, ok := b.server.Store.Mailbox(b.server.Address)
	if !ok {
		return b.fail(op, connector.ErrNoMailbox, errors.New("the store has no such address"), "add it with Store.Add")
	}
	return do(box)
}

// End returns the sequence number of the latest change as a cursor.
func (b *backend) End(ctx context.Context) (c connector.Cursor, err error) {
	err = b.call(ctx, "end", func(box *mailstore.Mailbox) error {
		c = b.cursor(box, box.Seq())
		return nil
	})
	return c, err
}

// cursor makes a cursor of a sequence number.
func (b *backend) cursor(box *mailstore.Mailbox, seq uint64) connector.Cursor {
	now := time.Now()
	c := connector.Cursor{Token: fmt.Sprintf("%d.%d", b.faults.age(), seq), At: now}
	if b.server.BareCursors {
		return c
	}
	later := map[uint64]bool{}
	for _, change := range box.Changes(seq) {
		later[change.Message.Key] = change.Kind == mailstore.Added || later[change.Message.Key]
	}
	c.Known = []string{}
	for _, m := range box.Since("", now.Add(-known)) {
		if !later[m.Key] {
			c.Known = append(c.Known, b.id(m))
		}
	}
	return c
}

// known is how far back a cursor lists what was there, as the contract asks.
const known = 15 * time.Minute

// after reads a cursor: the sequence number, or ErrCursorLost.
func (b *backend) after(c connector.Cursor) (uint64, error) {
	var epoch int
	var seq uint64
	if _, err := fmt.Sscanf(c.Token, "%d.%d", &epoch, &seq); err != nil || epoch != b.faults.age() {
		return 0, b.fail("look for mail", connector.ErrCursorLost, nil, "")
	}
	return seq, nil
}

// Arrivals reads the mailbox's log.
func (b *backend) Arrivals(ctx context.Context, after connector.Cursor) (envs []connector.Envelope, next connector.Cursor, err error) {
	err = b.call(ctx, "arrivals", func(box *mailstore.Mailbox) error {
		seq, err := b.after(after)
		if err != nil {
			return err
		}
		came, end, err := b.came(box, seq)
		next = b.cursor(box, end)
		for i, gone := 0, b.faults.take(len(came)); i < len(came); i++ {
			envs = append(envs, b.envelope(came[i]))
			if i < gone {
				_ = box.Delete(came[i].Key) // gone already is as good
			}
		}
		return err
	})
	return envs, next, err
}

// came lists the mails that came into a watched folder after a sequence number, as they are now,
// and how far the log was read. The error says that it was not read to its end.
func (b *backend) came(box *mailstore.Mailbox, seq uint64) (out []mailstore.Message, end uint64, err error) {
	end = seq
	for _, c := range box.Changes(seq) {
		m, ok := box.Get(c.Message.Key)
		if ok && (c.Kind == mailstore.Added || c.Kind == mailstore.Moved) && b.watches(m) {
			if len(out) > 0 && b.faults.cuts() {
				return out, end, &fault{kind: connector.ErrUnavailable}
			}
			out = append(out, m)
		}
		end = c.Seq
	}
	return out, end, nil
}

// envelope is what a listing tells about a mail.
func (b *backend) envelope(m mailstore.Message) connector.Envelope {
	e := connector.Envelope{ID: b.id(m), Folders: []connector.Folder{connector.Folder(m.Folder)}, Received: m.Received, Size: int64(len(m.Raw))}
	if !b.server.BareEnvelopes {
		e.Head = head(m.Raw)
	}
	return e
}

// head returns the header of a mail, the empty line included.
func head(raw []byte) []byte {
	n := 0
	for line := range bytes.Lines(raw) {
		n += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	return raw[:n:n]
}

// id names a mail: its key, and its place where ids do not survive a move.
func (b *backend) id(m mailstore.Message) string {
	if b.server.UnstableIDs {
		return fmt.Sprintf("%d.%d.%s", m.Key, m.UID, m.Folder)
	}
	return strconv.FormatUint(m.Key, 10)
}

// find returns the mail of an id.
func (b *backend) find(box *mailstore.Mailbox, id string) (mailstore.Message, error) {
	var key uint64
	_, _ = fmt.Sscanf(id, "%d", &key) // what is no number finds nothing: keys begin at 1
	m, ok := box.Get(key)
	if !ok || b.id(m) != id {
		return m, fmt.Errorf("id %q: %w", id, mailstore.ErrNotFound)
	}
	return m, nil
}

// Fetch opens a mail: the header alone, or all of it.
func (b *backend) Fetch(ctx context.Context, id string, want connector.Depth) (src *connector.Source, err error) {
	err = b.call(ctx, "fetch", func(box *mailstore.Mailbox) error {
		m, err := b.find(box, id)
		if err != nil {
			return err
		}
		src = &connector.Source{Depth: connector.DepthWhole, Folders: []connector.Folder{connector.Folder(m.Folder)},
			Received: m.Received, Size: int64(len(m.Raw))}
		raw := m.Raw
		if want == connector.DepthHead {
			raw, src.Depth = head(raw), connector.DepthHead
		}
		src.ReadCloser = b.body(ctx, raw)
		return nil
	})
	return src, err
}

// body streams bytes as slowly as the faults ask.
func (b *backend) body(ctx context.Context, raw []byte) io.ReadCloser {
	if b.faults.bodyDelay() == 0 {
		return io.NopCloser(bytes.NewReader(raw))
	}
	return &slowBody{pause: func() error { return pause(ctx, b.faults.bodyDelay()) }, rest: raw}
}

// slowBody takes its time for each piece.
type slowBody struct {
	pause func() error
	rest  []byte
}

func (r *slowBody) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	if err := r.pause(); err != nil {
		return 0, err
	}
	n := copy(p[:min(len(p), 64<<10)], r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *slowBody) Close() error { return nil }
