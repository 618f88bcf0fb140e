package imap

import (
	"bytes"
	"errors"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"bufio"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cloudmail-go/cloudmail/connector"
)

const (
	headMax = 1 << 20  // of a header are kept
	skipMax = 16 << 20 // of a header are passed over; what is larger is an attack
)

// errHead is a header that no mail has.
var errHead = errors.New("the server sends a header of more than 16 MB")

// header and messageID are the sections that listings ask for.
var (
	header    = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	messageID = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"MESSAGE-ID"}, Peek: true}
)

// listing asks for what an envelope has; section is nil for none of the header.
func listing(section *imap.FetchItemBodySection) *imap.FetchOptions {
	o := &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true, Flags: true}
	if section != nil {
		o.BodySection = []*imap.FetchItemBodySection{section}
	}
	return o
}

// item is one mail of a listing.
type item struct {
	seq      uint32
	uid      imap.UID
	received time.Time
	size     int64
	flags    []imap.Flag
	head     []byte
}

// items reads a listing to its end, and gives each mail to f. The last before a connection breaks is not given: a part
// of it may be missing. The connection is killed where the server sends more than makes sense.
func (c *conn) items(cmd *imapclient.FetchCommand, f func(item)) error {
	defer cmd.Close() // again: does nothing
	var last item
	give := func() {
		if last.uid != 0 {
			f(last)
		}
	}
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		give()
		var err error
		if last, err = c.readItem(m); err != nil {
			c.kill()
			return err
		}
	}
	err := cmd.Close()
	if err == nil || isRefusal(err) {
		give()
	}
	return err
}

// errPart is a server that tells of a mail in part, again and again.
var errPart = &connector.Error{Kind: connector.ErrUnavailable, Err: errors.New("the server does not tell all of a mail that was asked for"),
	Remedy: "others change its flags all the time: give the tests a mailbox of their own"}

// listed is items for a listing. A server may say by itself, in between, that the flags of a mail changed; where it names
// its UID, go-imap takes that for the answer and drops the answer itself. Such mails are asked for again.
func (c *conn) listed(cmd *imapclient.FetchCommand, section *imap.FetchItemBodySection, f func(item)) error {
	var rest imap.UIDSet
	whole := func(it item) {
		if it.received.IsZero() && it.head == nil {
			rest.AddNum(it.uid)
			return
		}
		f(it)
	}
	err := c.items(cmd, whole)
	for range 2 {
		if err != nil || len(rest) == 0 {
			return err
		}
		again := rest
		rest = nil
		err = c.items(c.imap.Fetch(again, listing(section)), whole)
	}
	if err == nil && len(rest) > 0 {
		return errPart
	}
	return err
}

// readItem reads one mail of a listing.
func (c *conn) readItem(m *imapclient.FetchMessageData) (item, error) {
	it := item{seq: m.SeqNum}
	for d := m.Next(); d != nil; d = m.Next() {
		switch d := d.(type) {
		case imapclient.FetchItemDataUID:
			it.uid = d.UID
		case imapclient.FetchItemDataInternalDate:
			it.received = d.Time.UTC()
		case imapclient.FetchItemDataRFC822Size:
			it.size = d.Size
		case imapclient.FetchItemDataFlags:
			it.flags = d.Flags
		case imapclient.FetchItemDataBodySection:
			head, err := readHead(c.literal(d.Literal))
			if err != nil {
				return it, err
			}
			it.head = head
		}
	}
	return it, nil
}

// readHead reads a header; what is announced is not allocated.
func readHead(l *literal) ([]byte, error) {
	if l.left > skipMax {
		return nil, errHead
	}
	head, err := io.ReadAll(io.LimitReader(l, headMax))
	if err == nil {
		_, err = io.Copy(io.Discard, l)
	}
	if len(head) == 0 {
		head = []byte("\r\n")
	}
	return head, err
}

// came reports whether a mail of a listing counts as arrived.
func (it item) came() bool {
	return !slices.Contains(it.flags, imap.FlagDeleted) && !slices.Contains(it.flags, imap.FlagDraft)
}

// print recognises the mail.
func (it item) print() string { return print(messageIDOf(it.head), it.received, it.size) }

// messageIDOf finds the Message-ID of a header.
func messageIDOf(head []byte) string {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader() // what is there counts
	return strings.TrimSpace(h.Get("Message-Id"))
}

// envelope is what the session is told.
func (it item) envelope(p place, validity uint32) connector.Envelope {
	return connector.Envelope{ID: id(p.name, validity, it.uid), Folders: []connector.Folder{p.folder}, Received: it.received, Size: it.size, Head: it.head}
}
