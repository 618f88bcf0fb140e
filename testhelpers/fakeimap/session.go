package fakeimap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// session is one connection; imapserver calls it from one goroutine at a time, but for Idle.
type session struct {
	server *Server
	conn   *imapserver.Conn
	box    *mailstore.Mailbox
	view   *view // of the open folder; nil is none
}

var _ interface {
	imapserver.SessionMove
	imapserver.SessionSASL
} = (*session)(nil)

// Close does nothing: what there is belongs to the store.
func (x *session) Close() error { return nil }

// inbox is the one name that is the same for all servers.
const inbox = "INBOX"

// pathOf is the store's name of a folder, nameOf the protocol's.
func pathOf(name string) string {
	if strings.EqualFold(name, inbox) {
		return mailstore.Inbox
	}
	return name
}

func nameOf(path string) string {
	if path == mailstore.Inbox {
		return inbox
	}
	return path
}

// errNoFolder is what a client gets for a folder that is not there.
var errNoFolder = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "there is no such folder"}

func (x *session) folder(name string) (mailstore.Folder, error) {
	f, ok := x.box.Folder(pathOf(name))
	if !ok {
		return f, errNoFolder
	}
	return f, nil
}

// Select opens a folder.
func (x *session) Select(name string, o *imap.SelectOptions) (*imap.SelectData, error) {
	if err := x.fail("SELECT"); err != nil {
		return nil, err
	}
	f, err := x.folder(name)
	if err != nil {
		return nil, err
	}
	x.view = newView(x.box, f, o.ReadOnly)
	flags := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	return &imap.SelectData{Flags: flags, PermanentFlags: append(flags, imap.FlagWildcard), NumMessages: uint32(len(x.view.mails)),
		UIDNext: imap.UID(f.UIDNext), UIDValidity: f.UIDValidity}, nil
}

// Unselect closes the folder.
func (x *session) Unselect() error {
	x.view = nil
	return nil
}

// Create makes a folder.
func (x *session) Create(name string, _ *imap.CreateOptions) error {
	if err := x.fail("CREATE"); err != nil {
		return err
	}
	err := x.box.CreateFolder(pathOf(strings.TrimSuffix(name, "/")))
	if errors.Is(err, mailstore.ErrFolderExists) {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlreadyExists, Text: "the folder exists"}
	}
	return refusal(err)
}

// Delete removes a folder.
func (x *session) Delete(name string) error { return refusal(x.box.DeleteFolder(pathOf(name))) }

// Rename is not done.
func (x *session) Rename(string, string, *imap.RenameOptions) error {
	return no("this server renames nothing")
}

// Subscribe does nothing: every folder is shown.
func (x *session) Subscribe(string) error { return nil }

// Unsubscribe does nothing.
func (x *session) Unsubscribe(string) error { return nil }

// refusal makes an error of the store one of the protocol.
func refusal(err error) error {
	if err != nil {
		return no(err.Error())
	}
	return nil
}

// uses are the attributes of the well-known folders (RFC 6154).
var uses = map[string]imap.MailboxAttr{mailstore.Junk: imap.MailboxAttrJunk, mailstore.Sent: imap.MailboxAttrSent,
	mailstore.Drafts: imap.MailboxAttrDrafts, mailstore.Trash: imap.MailboxAttrTrash, mailstore.Archive: imap.MailboxAttrArchive}

// List lists folders.
func (x *session) List(w *imapserver.ListWriter, ref string, patterns []string, o *imap.ListOptions) error {
	if err := x.fail("LIST"); err != nil {
		return err
	}
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	for _, f := range x.box.Folders() {
		name := nameOf(f.Path)
		if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(name, '/', ref, p) }) {
			continue
		}
		data := &imap.ListData{Delim: '/', Mailbox: name}
		if use, ok := uses[f.Path]; ok && !slices.Contains(x.server.options.Without, string(imap.CapSpecialUse)) {
			data.Attrs = append(data.Attrs, use)
		} else if o.SelectSpecialUse {
			continue
		}
		if o.ReturnStatus != nil {
			data.Status = statusOf(f, o.ReturnStatus)
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

// Status tells of a folder without opening it.
func (x *session) Status(name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	if err := x.fail("STATUS"); err != nil {
		return nil, err
	}
	f, err := x.folder(name)
	if err != nil {
		return nil, err
	}
	return statusOf(f, o), nil
}

func statusOf(f mailstore.Folder, o *imap.StatusOptions) *imap.StatusData {
	total, unseen := uint32(f.Total), uint32(f.Unread)
	d := &imap.StatusData{Mailbox: nameOf(f.Path), UIDNext: imap.UID(f.UIDNext), UIDValidity: f.UIDValidity}
	if o.NumMessages {
		d.NumMessages = &total
	}
	if o.NumUnseen {
		d.NumUnseen = &unseen
	}
	return d
}

// Append stores a mail.
func (x *session) Append(name string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	if err := x.fail("APPEND"); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the mail: %w", err)
	}
	f, err := x.folder(name)
	if err != nil {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "there is no such folder"}
	}
	var m mailstore.Message
	setFlags(&m, o.Flags)
	m = x.box.Deliver(raw, mailstore.Delivery{Folder: f.Path, Received: o.Time, NoTrace: true, Seen: m.Seen, Flagged: m.Flagged,
		Draft: m.Draft, Keywords: m.Keywords})
	return &imap.AppendData{UID: imap.UID(m.UID), UIDValidity: f.UIDValidity}, nil
}

// Poll tells what happened to the open folder.
func (x *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if x.view == nil {
		return nil
	}
	return x.view.update(w, allowExpunge)
}

// Idle tells what happens, until the client ends it.
func (x *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := x.fail("IDLE"); err != nil {
		return err
	}
	seq := x.box.Seq()
	for {
		if err := x.Poll(w, true); err != nil {
			return err
		}
		if x.box.Wait(ctx, seq) != nil {
			return nil
		}
		seq = x.box.Seq()
	}
}
