package connectortest

import (
	"fmt"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Names of the mailboxes of [FromStore].
const (
	Address = "qa@example.com"
	Peer    = "peer@example.com"
	Extra   = "Projects"
)

// FromStore makes an instance of a fake that is a front end of the store: it adds the mailboxes
// [Address] and [Peer] and fills in what mail and other people do. The caller adds Server and the
// faults that its fake has.
func FromStore(store *mailstore.Store) *Instance {
	box, peer := store.Add(Address), store.Add(Peer)
	_ = box.CreateFolder(Extra) // it may be there already
	each := func(messageID string, do func(mailstore.Message)) {
		for _, m := range box.List("") {
			if idOf(m.Raw) == messageID {
				do(m)
			}
		}
	}
	return &Instance{
		Deliver: func(raw []byte) { box.Deliver(raw, mailstore.Delivery{From: sender, Rcpt: Address}) },
		Place:   func(raw []byte, f connector.Folder, at time.Time) { place(box, raw, f, at) },
		Extra:   Extra,
		Move: func(id string, to connector.Folder) {
			each(id, func(m mailstore.Message) { _, _ = box.Move(m.Key, string(to)) })
		},
		Delete: func(id string) { each(id, func(m mailstore.Message) { _ = box.Delete(m.Key) }) },
		Touch: func(id string) {
			each(id, func(m mailstore.Message) {
				_, _ = box.Update(m.Key, func(m *mailstore.Message) { m.Seen, m.Flagged = !m.Seen, !m.Flagged })
			})
		},
		Snapshot: func() []State { return snapshot(box) },
		Peer:     Peer,
		PeerMail: func() [][]byte {
			var out [][]byte
			for _, m := range peer.List(mailstore.Inbox) {
				out = append(out, m.Raw)
			}
			return out
		},
	}
}

// place delivers into a folder.
func place(box *mailstore.Mailbox, raw []byte, f connector.Folder, at time.Time) {
	box.Deliver(raw, mailstore.Delivery{Folder: string(f), Received: at, From: sender, Rcpt: Address, Draft: f == connector.Drafts})
}

// snapshot tells of every mail of a mailbox, in order of arrival.
func snapshot(box *mailstore.Mailbox) []State {
	var out []State
	for _, m := range box.List("") {
		out = append(out, State{MessageID: idOf(m.Raw), Folder: connector.Folder(m.Folder), Read: m.Seen,
			Flags: fmt.Sprint(m.Seen, m.Flagged, m.Answered, m.Draft, m.Keywords)})
	}
	return out
}

// idOf finds the Message-ID of a letter.
func idOf(raw []byte) string {
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Message-ID") {
			return strings.Trim(strings.TrimSpace(value), "<>")
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	return ""
}
