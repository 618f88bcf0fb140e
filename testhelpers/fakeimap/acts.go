package fakeimap

import (
	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// errReadOnly is what a client gets that changes a folder opened by EXAMINE.
var errReadOnly = no("the folder is open for reading alone")

// Store changes flags.
func (x *session) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	if err := x.fail("STORE"); err != nil {
		return err
	}
	if x.view.readOnly {
		return errReadOnly
	}
	return x.view.each(set, func(seq uint32, m mailstore.Message) error {
		m, err := x.box.Update(m.Key, func(m *mailstore.Message) {
			if flags.Op == imap.StoreFlagsSet {
				m.Seen, m.Flagged, m.Answered, m.Draft, m.Keywords = false, false, false, false, nil
			}
			changeFlags(m, flags.Flags, flags.Op != imap.StoreFlagsDel)
		})
		if err != nil {
			return refusal(err)
		}
		x.view.mu.Lock()
		x.view.mails[seq-1] = m
		x.view.mu.Unlock()
		if flags.Silent {
			return nil
		}
		return x.tell(w.CreateMessage(seq), m, &imap.FetchOptions{Flags: true})
	})
}

// Expunge removes the mails that are flagged \Deleted; all of them, or those of a set. What is gone is
// told with the end of the command.
func (x *session) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if err := x.fail("EXPUNGE"); err != nil {
		return err
	}
	if x.view.readOnly {
		return errReadOnly
	}
	set := imap.UIDSet{imap.UIDRange{Start: 1}}
	if uids != nil {
		set = *uids
	}
	return x.view.each(set, func(_ uint32, m mailstore.Message) error {
		if !deleted(m) {
			return nil
		}
		return refusal(x.box.Delete(m.Key))
	})
}

// Copy puts second mails into another folder.
func (x *session) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	return x.transfer("COPY", set, dest, x.box.Copy)
}

// Move puts mails into another folder.
func (x *session) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	if x.view.readOnly {
		return errReadOnly
	}
	data, err := x.transfer("MOVE", set, dest, x.box.Move)
	if err != nil || len(data.SourceUIDs) == 0 {
		return err
	}
	return w.WriteCopyData(data)
}

func (x *session) transfer(command string, set imap.NumSet, dest string, do func(uint64, string) (mailstore.Message, error)) (*imap.CopyData, error) {
	if err := x.fail(command); err != nil {
		return nil, err
	}
	f, ok := x.box.Folder(pathOf(dest))
	if !ok {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "there is no such folder"}
	}
	data := &imap.CopyData{UIDValidity: f.UIDValidity}
	err := x.view.each(set, func(_ uint32, m mailstore.Message) error {
		moved, err := do(m.Key, f.Path)
		if err != nil {
			return refusal(err)
		}
		data.SourceUIDs.AddNum(imap.UID(m.UID))
		data.DestUIDs.AddNum(imap.UID(moved.UID))
		return nil
	})
	return data, err
}
