package imap

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// conn is one connection. It does one task at a time.
type conn struct {
	guard  *guard
	imap   *imapclient.Client
	news   atomic.Pointer[news]
	habits *habits

	folder   string // that is open; "" is none
	validity uint32 // its UIDVALIDITY
	next     imap.UID
	writable bool
	used     bool          // by a task before
	count    atomic.Uint32 // of mails in it, as far as the server told

	killed atomic.Bool
	dead   chan struct{} // closed when the connection is killed
	once   sync.Once
}

// habits are what is known of a server, by all connections to it.
type habits struct {
	// selects says that all folders are opened by SELECT. Courier 5.0 writes the UIDs of new mails down at SELECT alone: those
	// that it tells after EXAMINE, and a UIDVALIDITY, may be other ones a second later. It can be told by the UIDNEXT that it
	// leaves out, though RFC 9051 §6.3.2 wants it. Bodies are read by PEEK, so that \Recent is all that SELECT takes from others.
	selects atomic.Bool
}

// kill breaks the connection.
func (c *conn) kill() {
	c.killed.Store(true)
	c.once.Do(func() {
		close(c.dead)
		_ = c.guard.Conn.Close() // nothing is to be saved
	})
}

// shut breaks the connection, and returns when go-imap's reader of it has ended. All commands must be closed.
func (c *conn) shut() {
	c.kill()
	if c.imap != nil {
		<-c.imap.Closed()
	}
}

// broken reports whether the connection is of no more use.
func (c *conn) broken() bool {
	select {
	case <-c.imap.Closed():
		return true
	default:
		return c.killed.Load()
	}
}

// news is who wants to know how many mails the open folder has.
type news struct{ tell func(exists uint32) }

// handler takes what the server says by itself. It runs on go-imap's reader.
func (c *conn) handler() *imapclient.UnilateralDataHandler {
	tell := func(n uint32) {
		c.count.Store(n)
		if to := c.news.Load(); to != nil {
			to.tell(n)
		}
	}
	return &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				tell(*data.NumMessages)
			}
		},
		Expunge: func(uint32) { tell(max(c.count.Load(), 1) - 1) },
	}
}

// exists is how many mails the open folder has, as far as the server told.
func (c *conn) exists() uint32 { return c.count.Load() }

// has reports whether the server has a capability.
func (c *conn) has(capability imap.Cap) bool { return c.imap.Caps().Has(capability) }

// open opens a folder, if it is not open already: by EXAMINE, which changes nothing, unless it is to be changed or
// the server wants SELECT.
func (c *conn) open(folder string, writable bool) error {
	if c.folder == folder && (c.writable || !writable) {
		return nil
	}
	return c.opened(folder, c.begin(folder, writable))
}

// begin sends the command that opens a folder.
func (c *conn) begin(folder string, writable bool) *imapclient.SelectCommand {
	c.folder, c.writable = "", writable || c.habits.selects.Load()
	return c.imap.Select(folder, &imap.SelectOptions{ReadOnly: !c.writable})
}

// opened waits until a folder is open. Where a server tells of mails before that, to a command in the same
// flight that nobody listens to yet, go-imap reads no further: so the wait has an end of its own.
func (c *conn) opened(folder string, cmd *imapclient.SelectCommand) error {
	answered := make(chan error, 1)
	go func() {
		_, err := cmd.Wait()
		answered <- err
	}()
	limit := time.NewTimer(silenceSearch)
	defer limit.Stop()
	select {
	case err := <-answered:
		if err != nil {
			return err
		}
	case <-c.dead:
		return net.ErrClosed
	case <-limit.C:
		c.guard.blame(os.ErrDeadlineExceeded)
		c.kill()
		return os.ErrDeadlineExceeded
	}
	data, _ := cmd.Wait() // again: what it said
	c.folder, c.validity, c.next = folder, data.UIDValidity, data.UIDNext
	c.count.Store(data.NumMessages)
	return nil
}

// probe opens a folder, and learns from it whether the server's folders are to be opened by SELECT.
func (c *conn) probe(folder string) error {
	err := c.open(folder, false)
	if err != nil || c.next != 0 {
		return err
	}
	c.habits.selects.Store(true)
	return c.open(folder, true)
}
