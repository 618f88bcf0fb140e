package memory

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// The abilities that every open mailbox has; pushing adds connector.Notifier.
var (
	_ interface {
		connector.Backend
		connector.Identifier
		connector.Limiter
		connector.Sender
		connector.Replier
		connector.Mover
		connector.Trasher
		connector.ReadSetter
		connector.Claimer
		connector.Parter
		connector.Folderer
	} = (*backend)(nil)
	_ connector.Notifier = pushing{}
)

// Identity names the mailbox with the account that was asked for.
func (b *backend) Identity() string {
	if b.server.Account == "" {
		return ""
	}
	return "memory " + b.server.Account + " " + strings.ToLower(b.server.Address)
}

// Limits returns those of the server.
func (b *backend) Limits() connector.Limits {
	l := b.server.Limits
	l.StableIDs = !b.server.UnstableIDs
	return l
}

// Send carries the mail to the mailboxes of the store and keeps a copy in Sent, with its Bcc.
func (b *backend) Send(ctx context.Context, to []string, mail io.Reader) error {
	raw, err := io.ReadAll(mail)
	if err != nil {
		return b.typed("send", err)
	}
	return b.call(ctx, "send", func(box *mailstore.Mailbox) error {
		b.carry(box, to, raw)
		return nil
	})
}

func (b *backend) carry(box *mailstore.Mailbox, to []string, raw []byte) {
	box.Deliver(raw, mailstore.Delivery{Folder: mailstore.Sent, Seen: true, NoTrace: true})
	b.server.Store.Send(b.server.Address, to, raw)
}

// SendReply is Send, and marks the mail as answered.
func (b *backend) SendReply(ctx context.Context, id string, to []string, mail io.Reader) error {
	raw, err := io.ReadAll(mail)
	if err != nil {
		return b.typed("send", err)
	}
	return b.call(ctx, "send", func(box *mailstore.Mailbox) error {
		m, err := b.find(box, id)
		if err != nil {
			return err
		}
		b.carry(box, to, raw)
		_, err = box.Update(m.Key, func(m *mailstore.Message) { m.Answered = true })
		return err
	})
}

// Move puts the mail into another folder of the mailbox.
func (b *backend) Move(ctx context.Context, id string, to connector.Folder) (newID string, err error) {
	err = b.call(ctx, "move", func(box *mailstore.Mailbox) error {
		newID, err = b.move(box, id, to)
		return err
	})
	return newID, err
}

func (b *backend) move(box *mailstore.Mailbox, id string, to connector.Folder) (string, error) {
	m, err := b.find(box, id)
	if err != nil {
		return "", err
	}
	m, err = box.Move(m.Key, string(to))
	if errors.Is(err, mailstore.ErrNoFolder) {
		return "", b.noFolder("move", to)
	}
	return b.id(m), err
}

// Trash moves the mail to the trash.
func (b *backend) Trash(ctx context.Context, id string) error {
	return b.call(ctx, "trash", func(box *mailstore.Mailbox) error {
		_, err := b.move(box, id, connector.Trash)
		return err
	})
}

// SetRead sets or clears the read flag.
func (b *backend) SetRead(ctx context.Context, id string, read bool) error {
	return b.call(ctx, "read", func(box *mailstore.Mailbox) error {
		m, err := b.find(box, id)
		if err == nil {
			_, err = box.Update(m.Key, func(m *mailstore.Message) { m.Seen = read })
		}
		return err
	})
}

// claimed starts the keyword of a claimed mail; the claimer's name follows.
const claimed = "cloudmail-claimed:"

// Claim gives the mail the keyword of its first claimer.
func (b *backend) Claim(ctx context.Context, id, by string) (won bool, err error) {
	err = b.call(ctx, "claim", func(box *mailstore.Mailbox) error {
		m, err := b.find(box, id)
		if err != nil {
			return err
		}
		m, err = box.Update(m.Key, func(m *mailstore.Message) {
			if !slices.ContainsFunc(m.Keywords, func(k string) bool { return strings.HasPrefix(k, claimed) }) {
				m.Keywords = append(m.Keywords, claimed+by)
			}
		})
		won = slices.Contains(m.Keywords, claimed+by)
		return err
	})
	return won, err
}

// Part streams the decoded content of one part.
func (b *backend) Part(ctx context.Context, id, part string) (r io.ReadCloser, err error) {
	err = b.call(ctx, "part", func(box *mailstore.Mailbox) error {
		m, err := b.find(box, id)
		if err != nil {
			return err
		}
		content, err := mailparse.Open(b.body(ctx, m.Raw), part, mailparse.Limits{})
		if err != nil {
			return b.fail("open part "+part, connector.ErrNotFound, err, "")
		}
		r = io.NopCloser(content)
		return nil
	})
	return r, err
}

// Folders lists the folders of the mailbox.
func (b *backend) Folders(ctx context.Context) (out []connector.Folder, err error) {
	err = b.call(ctx, "folders", func(box *mailstore.Mailbox) error {
		for _, f := range box.Folders() {
			out = append(out, connector.Folder(f.Path))
		}
		return nil
	})
	return out, err
}

// pushing is a backend that tells of new mail.
type pushing struct{ *backend }

// Notify returns when the mailbox changed after the cursor; it is no call of its own.
func (p pushing) Notify(ctx context.Context, after connector.Cursor) error {
	box, ok := p.server.Store.Mailbox(p.server.Address)
	seq, err := p.after(after)
	if !ok || err != nil {
		return nil // the look that follows says what is wrong
	}
	return p.typed("listen", box.Wait(ctx, seq))
}
