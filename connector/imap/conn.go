package imap

import (
	"sync"
	"sync/atomic"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// conn is one connection. It does one task at a time.
type conn struct {
	guard *guard
	imap  *imapclient.Client
	news  atomic.Pointer[news]

	folder   string // that is open; "" is none
	validity uint32 // its UIDVALIDITY
	next     imap.UID
	writable bool
	used     bool          // by a task before
	count    atomic.Uint32 // of mails in it, as far as the server told

	killed atomic.Bool
	once   sync.Once
}

// kill breaks the connection.
func (c *conn) kill() {
	c.killed.Store(true)
	c.once.Do(func() { _ = c.guard.Conn.Close() }) // nothing is to be saved
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

// open opens a folder, if it is not open already: by EXAMINE, which changes nothing, unless it is to be
// changed.
func (c *conn) open(folder string, writable bool) error {
	if c.folder == folder && (c.writable || !writable) {
		return nil
	}
	return c.opened(folder, writable, c.begin(folder, writable))
}

// begin sends the command that opens a folder.
func (c *conn) begin(folder string, writable bool) *imapclient.SelectCommand {
	c.folder = ""
	return c.imap.Select(folder, &imap.SelectOptions{ReadOnly: !writable})
}

// opened waits until a folder is open.
func (c *conn) opened(folder string, writable bool, cmd *imapclient.SelectCommand) error {
	data, err := cmd.Wait()
	if err != nil {
		return err
	}
	c.folder, c.writable, c.validity, c.next = folder, writable, data.UIDValidity, data.UIDNext
	c.count.Store(data.NumMessages)
	return nil
}
