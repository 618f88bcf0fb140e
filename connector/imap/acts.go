package imap

import (
	"context"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// SetRead sets or clears \Seen.
func (b *backend) SetRead(ctx context.Context, id string, read bool) error {
	_, err := b.change(ctx, id, func(c *conn, m mailID) (string, error) {
		op := imap.StoreFlagsDel
		if read {
			op = imap.StoreFlagsAdd
		}
		return id, c.flag(m.uid, op, imap.FlagSeen)
	})
	if err != nil {
		return b.fail("set read flag", err)
	}
	return nil
}

// Move puts the mail into another folder, where it gets a new id.
func (b *backend) Move(ctx context.Context, id string, to connector.Folder) (string, error) {
	return b.move(ctx, "move", id, to)
}

// Trash moves the mail to the trash.
func (b *backend) Trash(ctx context.Context, id string) error {
	_, err := b.move(ctx, "trash", id, connector.Trash)
	return err
}

func (b *backend) move(ctx context.Context, op, id string, to connector.Folder) (string, error) {
	if err := b.server.checkFolder(op, to); err != nil {
		return id, err
	}
	dest, err := b.lookup(ctx, op, to)
	if err != nil {
		return id, err
	}
	newID, err := b.change(ctx, id, func(c *conn, m mailID) (string, error) {
		if m.folder == dest.name {
			return id, nil
		}
		return c.move(m, dest.name)
	})
	if err != nil {
		return id, b.fail(op, err)
	}
	return newID, nil
}

// change opens a mail's folder for writing, sees that the mail is there, and does something to it.
func (b *backend) change(ctx context.Context, id string, do func(*conn, mailID) (string, error)) (string, error) {
	m, err := b.mail(ctx, id)
	if err != nil {
		return id, err
	}
	id, _, err = useOnce(ctx, b.pool, m.folder, silenceBody, func(c *conn) (string, error) {
		c.folder = "" // opened anew: so that what is gone is not shown
		if err := c.open(m.folder, true); err != nil {
			return id, err
		}
		if c.validity != m.validity {
			return id, gone(errValidity)
		}
		there := false
		err := c.items(c.imap.Fetch(imap.UIDSetNum(m.uid), &imap.FetchOptions{UID: true}), func(it item) { there = there || it.uid == m.uid })
		if err != nil {
			return id, err
		}
		if !there {
			return id, gone(errNoMail)
		}
		return do(c, m)
	})
	return id, err
}

// flag sets or clears a flag.
func (c *conn) flag(uid imap.UID, op imap.StoreFlagsOp, flag imap.Flag) error {
	return c.imap.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
}

// move moves a mail, by MOVE (RFC 6851) if the server has it, else by a copy whose original is flagged
// \Deleted and expunged. EXPUNGE without UIDPLUS (RFC 4315) would take along whatever others flagged:
// then it is done only if there is nothing else.
func (c *conn) move(m mailID, to string) (string, error) {
	from, err := c.imap.Status(to, &imap.StatusOptions{UIDNext: true, UIDValidity: true}).Wait()
	if err != nil {
		return "", err
	}
	uids := imap.UIDSetNum(m.uid)
	like, err := c.like(uids)
	if err != nil {
		return "", err
	}
	if c.has(imap.CapMove) {
		data, err := c.imap.Move(uids, to).Wait()
		if err != nil {
			return "", err
		}
		dest, _ := data.DestUIDs.(imap.UIDSet)
		return c.arrived(to, data.UIDValidity, dest, from, like)
	}
	data, err := c.imap.Copy(uids, to).Wait()
	if err != nil {
		return "", err
	}
	if err := c.flag(m.uid, imap.StoreFlagsAdd, imap.FlagDeleted); err != nil {
		return "", err
	}
	if err := c.expunge(m.uid); err != nil {
		return "", err
	}
	return c.arrived(to, data.UIDValidity, data.DestUIDs, from, like)
}

// expunge removes a mail that is flagged \Deleted, and no other.
func (c *conn) expunge(uid imap.UID) error {
	if c.has(imap.CapUIDPlus) {
		return c.imap.UIDExpunge(imap.UIDSetNum(uid)).Close()
	}
	data, err := c.imap.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return err
	}
	if only, ok := single(data.All); !ok || only != uid { // not by all of them: a server may tell of every number
		return nil // it stays, flagged, as other clients leave it
	}
	return c.imap.Expunge().Close()
}

// single is the number of a set that has one alone.
func single(set imap.NumSet) (imap.UID, bool) {
	uids, _ := set.(imap.UIDSet)
	if len(uids) != 1 || uids[0].Start != uids[0].Stop {
		return 0, false
	}
	return uids[0].Start, true
}

// like tells how a mail is known again where the server does not tell its new UID.
func (c *conn) like(uids imap.UIDSet) (like item, err error) {
	if !c.has(imap.CapUIDPlus) {
		err = c.listed(c.imap.Fetch(uids, listing(messageID)), messageID, func(it item) { like = it })
	}
	return like, err
}

// arrived is the id that a mail has after a move: from COPYUID, else that of the last one like it that came to the
// folder since.
func (c *conn) arrived(to string, validity uint32, uids imap.UIDSet, before *imap.StatusData, like item) (string, error) {
	if uid, ok := single(uids); ok && validity != 0 {
		return id(to, validity, uid), nil
	}
	if err := c.open(to, false); err != nil {
		return "", err
	}
	last := imap.UID(0)
	err := c.listed(c.imap.Fetch(newer(before.UIDNext), listing(messageID)), messageID, func(it item) {
		if like.uid == 0 || it.size == like.size && messageIDOf(it.head) == messageIDOf(like.head) {
			last = max(last, it.uid)
		}
	})
	if err == nil && last == 0 {
		err = gone(errNoMail)
	}
	return id(to, c.validity, last), err
}
