package mailstore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Deliver stores a copy of raw and returns the mail as stored. The zero Delivery makes it a
// fresh, unread mail of now, in the folder that the mailbox's route says. A folder that is not
// there is made.
//
// Unless d.NoTrace is set, what a mail server adds on final delivery stands in front (RFC 5321
// §4.4), with CRLF line ends: Return-Path with d.From, Delivered-To with d.Rcpt or else the
// mailbox's address, and Received. All the rest of Raw is raw byte for byte.
func (m *Mailbox) Deliver(raw []byte, d Delivery) Message {
	stamped := d.Received.IsZero()
	msg := &Message{
		Folder:   d.Folder,
		Received: wall(d.Received),
		From:     d.From,
		Rcpt:     d.Rcpt,
		Seen:     d.Seen,
		Flagged:  d.Flagged,
		Draft:    d.Draft,
		Keywords: sorted(d.Keywords),
	}
	msg.Raw = m.trace(raw, msg, d.NoTrace)
	if msg.Folder == "" {
		msg.Folder = m.destination(*msg)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if stamped { // again, under the lock: so that Received rises with Seq
		msg.Received = wall(time.Time{})
	}
	m.insert(msg)
	return *msg
}

// Route sets the function that says which folder takes a delivered mail when its Delivery names
// none, as a junk filter or an inbox rule does: a path, or "" for the inbox. It sees the mail
// before it is stored, without Key, UID and Seq, and runs under no lock; nil ends routing.
func (m *Mailbox) Route(f func(Message) string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.route = f
}

func (m *Mailbox) destination(msg Message) string {
	m.mu.Lock()
	route := m.route
	m.mu.Unlock()
	if route == nil {
		return Inbox
	}
	return cmp.Or(route(msg), Inbox)
}

// trace returns a copy of raw, with the trace fields of a final delivery unless bare.
func (m *Mailbox) trace(raw []byte, msg *Message, bare bool) []byte {
	if bare {
		return bytes.Clone(raw)
	}
	rcpt := cmp.Or(msg.Rcpt, m.address)
	_, domain, _ := cutAddress(m.address)
	head := fmt.Sprintf("Return-Path: <%s>\r\nDelivered-To: %s\r\n"+
		"Received: from localhost by %s with LMTP\r\n\tfor <%s>; %s\r\n",
		oneLine(msg.From), oneLine(rcpt), cmp.Or(domain, "localhost"), oneLine(rcpt),
		msg.Received.Format(time.RFC1123Z))
	return slices.Concat([]byte(head), raw)
}

// oneLine keeps an address from ending its header line.
func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

// wall is t in UTC and without the monotonic clock, so that equal times are equal values; a zero
// t is now.
func wall(t time.Time) time.Time {
	if t.IsZero() {
		t = time.Now()
	}
	return t.Round(0).UTC()
}

// sorted copies keywords into their stored form.
func sorted(keywords []string) []string {
	if len(keywords) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(keywords)))
}
