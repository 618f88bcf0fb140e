package pop3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// backend is one open mailbox. It has one connection at a time, since most servers open a maildrop
// for one client.
type backend struct {
	server Server
	sender *smtp.Sender // nil: it cannot send
	turn   *semaphore.Weighted
	secret *link.Secret

	mu     sync.Mutex
	parked *conn // open and idle; the timer closes it
	timer  *time.Timer
	closed bool
	noted  map[string]bool // the ids that the ledger has; nil: not known
	ending sync.WaitGroup  // one for each parked connection
}

// sending is a backend that can send.
type sending struct{ *backend }

// Send submits the mail by SMTP.
func (s sending) Send(ctx context.Context, to []string, mail io.Reader) error {
	return s.sender.Send(ctx, to, mail)
}

var (
	_ interface {
		connector.Backend
		connector.Identifier
		connector.Limiter
		connector.Folderer
	} = (*backend)(nil)
	_ connector.Sender = sending{}
)

func newBackend(s Server) *backend {
	return &backend{server: s, turn: semaphore.NewWeighted(1), secret: &link.Secret{Password: s.Password, Token: s.Token}}
}

// Identity names the maildrop and who logs in.
func (b *backend) Identity() string {
	s := b.server
	if s.Dial != nil || s.Ledger != nil {
		return ""
	}
	return strings.ToLower(fmt.Sprintf("pop3 %s:%d %s %s", s.Host, s.Port, s.User, s.Address))
}

// Limits are those of a maildrop that one client opens at a time.
func (b *backend) Limits() connector.Limits {
	return connector.Limits{Look: 1, Fetch: 1, InFlight: 1}
}

// Folders lists the inbox, which is all that POP3 shows.
func (b *backend) Folders(context.Context) ([]connector.Folder, error) {
	return []connector.Folder{connector.Inbox}, nil
}

// checkWatch refuses folders that can never have mail here. Junk is let pass, since it is among the
// folders that are watched by default.
func (b *backend) checkWatch(watch []connector.Folder) error {
	for _, f := range watch {
		if f != connector.Inbox && f != connector.Junk && f != connector.Anywhere {
			return b.server.config(fmt.Sprintf("the mailbox has no folder %q", string(f)), "POP3 shows the inbox alone: watch Inbox, or connect by IMAP")
		}
	}
	return nil
}

// reuse says whether a call may go on with a connection that served another.
type reuse bool

const (
	afresh reuse = false // what came since the login is not visible in it
	again  reuse = true
)

// linger is how long a connection stays open for the next call: a mail that was just listed is
// often read at once. A look never uses it, and others may want the maildrop.
const linger = 500 * time.Millisecond

// use runs do with a connection that is logged in. A connection on which something failed is not
// used again.
func (b *backend) use(ctx context.Context, op string, how reuse, do func(*conn) error) error {
	if err := b.turn.Acquire(ctx, 1); err != nil {
		return b.server.fail(ctx, op, err)
	}
	defer b.turn.Release(1)
	c, err := b.take(ctx, how)
	if err != nil {
		return b.server.fail(ctx, op, err)
	}
	err = c.line.During(ctx, func() error { return do(c) })
	_, refused := errors.AsType[*RefusalError](err)
	_, own := errors.AsType[*connector.Error](err) // such as the ledger's
	if err == nil || refused || own {
		b.park(c)
	} else {
		c.hangUp()
	}
	return b.server.fail(ctx, op, err)
}

// take returns the parked connection, or a new one.
func (b *backend) take(ctx context.Context, how reuse) (*conn, error) {
	c := b.unpark()
	if c != nil && how == again {
		c.reused = true
		return c, nil
	}
	if c != nil {
		_ = c.quit() // nothing was asked of the server that it could still do
	}
	return b.connect(ctx)
}

// connect logs in. A secret that is refused is asked for afresh, once.
func (b *backend) connect(ctx context.Context) (*conn, error) {
	value, err := b.secret.Get(ctx, "")
	if err != nil {
		return nil, err
	}
	c, err := b.enter(ctx, value)
	if !refusedSecret(err) {
		return c, err
	}
	fresh, again := b.secret.Get(ctx, value)
	if again != nil {
		return nil, link.Worse(err, again)
	}
	return b.enter(ctx, fresh)
}

// enter connects and logs in with one secret.
func (b *backend) enter(ctx context.Context, value string) (*conn, error) {
	c, err := b.server.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.line.During(ctx, func() error { return b.server.login(c, value) }); err != nil {
		c.hangUp()
		return nil, err
	}
	return c, nil
}

// refusedSecret reports whether another secret may be accepted.
func refusedSecret(err error) bool {
	r, ok := errors.AsType[*RefusalError](err)
	return ok && errors.Is(r.explain().Kind, connector.ErrAuth)
}

// park keeps a connection for a moment.
func (b *backend) park(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || c.line.Broken() {
		c.hangUp()
		return
	}
	b.parked = c
	b.ending.Add(1)
	b.timer = time.AfterFunc(linger, func() {
		if b.drop(c) {
			_ = c.quit()
			b.ending.Done()
		}
	})
}

// drop takes a connection out of its place, if it is still there.
func (b *backend) drop(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.parked != c || c == nil {
		return false
	}
	b.parked = nil
	return true
}

// unpark takes the parked connection, if there is one.
func (b *backend) unpark() *conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.parked
	if c == nil {
		return nil
	}
	b.timer.Stop()
	b.parked = nil
	b.ending.Done()
	return c
}

// Close ends the idle connection and waits until it has. What is being read goes on.
func (b *backend) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	if c := b.unpark(); c != nil {
		_ = c.quit()
	}
	b.ending.Wait()
	return nil
}
