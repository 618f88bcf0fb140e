package mailstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// standard are the folders of every mailbox, in the order in which they are listed.
var standard = [...]string{Inbox, Junk, Sent, Drafts, Trash, Archive}

// Folder tells about one folder of a mailbox.
type Folder struct {
	Path        string // levels separated by "/"
	UIDValidity uint32 // a folder made again, or reset, has a greater one (RFC 9051 §2.3.1.1)
	UIDNext     uint32 // the UID of the next mail that comes
	Total       int    // mails in it, those of subfolders not counted
	Unread      int    // of these, the ones not Seen
}

// folder is a folder's state; it stands under the lock of its mailbox.
type folder struct {
	path     string
	validity uint32
	next     uint32
	unread   int
	times    index
	uids     index
}

// take adds a message under a new UID.
func (f *folder) take(msg *Message) {
	msg.Folder, msg.UID = f.path, f.next
	f.next++
	f.times.add(msg)
	f.uids.add(msg)
	f.count(msg, +1)
}

func (f *folder) drop(msg *Message) {
	f.times.remove(msg)
	f.uids.remove(msg)
	f.count(msg, -1)
}

func (f *folder) count(msg *Message, n int) {
	if !msg.Seen {
		f.unread += n
	}
}

func (f *folder) info() Folder {
	return Folder{
		Path:        f.path,
		UIDValidity: f.validity,
		UIDNext:     f.next,
		Total:       len(f.times.items),
		Unread:      f.unread,
	}
}

// Folders lists the six standard folders first, then the others by path.
func (m *Mailbox) Folders() []Folder {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Folder, 0, len(m.folders))
	for _, f := range m.folders {
		list = append(list, f.info())
	}
	slices.SortFunc(list, func(a, b Folder) int {
		return cmp.Or(cmp.Compare(rank(a.Path), rank(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return list
}

func rank(path string) int {
	if i := slices.Index(standard[:], path); i >= 0 {
		return i
	}
	return len(standard)
}

// Folder finds a folder by its path. Case matters.
func (m *Mailbox) Folder(path string) (Folder, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.folders[path]
	if !ok {
		return Folder{}, false
	}
	return f.info(), true
}

// CreateFolder makes a folder, and the levels above it that are missing. It fails with
// [ErrFolderExists] or [ErrFolderName].
func (m *Mailbox) CreateFolder(path string) error {
	if slices.Contains(strings.Split(path, "/"), "") {
		return fmt.Errorf("mailstore: create folder %q: %w", path, ErrFolderName)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.folders[path]; ok {
		return fmt.Errorf("mailstore: create folder %q: %w", path, ErrFolderExists)
	}
	m.ensureFolder(path)
	return nil
}

// ensureFolder returns the folder of a path and makes it, and those above it, if it is missing.
func (m *Mailbox) ensureFolder(path string) *folder {
	if f, ok := m.folders[path]; ok {
		return f
	}
	if at := strings.LastIndexByte(path, '/'); at > 0 {
		m.ensureFolder(path[:at])
	}
	f := &folder{path: path, times: index{order: byTime}, uids: index{order: byUID}}
	m.folders[path] = f
	m.renew(f)
	return f
}

// renew starts a folder's UIDs over.
func (m *Mailbox) renew(f *folder) {
	m.validity++
	f.validity, f.next = m.validity, 1
}

// DeleteFolder removes a folder and those below it; the mails in them are gone for good, each
// with a [Removed] in the log. It fails with [ErrNoFolder], or [ErrStandard] for the six that
// every mailbox has.
func (m *Mailbox) DeleteFolder(path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.folders[path]; !ok {
		return fmt.Errorf("mailstore: delete folder %q: %w", path, ErrNoFolder)
	}
	if rank(path) < len(standard) {
		return fmt.Errorf("mailstore: delete folder %q: %w", path, ErrStandard)
	}
	for p, f := range m.folders {
		if p != path && !strings.HasPrefix(p, path+"/") {
			continue
		}
		for _, msg := range slices.Clone(f.uids.items) {
			m.discard(msg)
		}
		delete(m.folders, p)
	}
	return nil
}

// ResetFolder gives a folder a new UIDValidity and its mails new UIDs from 1 on, in their order:
// what makes an IMAP client forget all it knows (RFC 9051 §2.3.1.1). The mails keep their keys,
// and the log says nothing, because no mail changed. An unknown path is left alone.
func (m *Mailbox) ResetFolder(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.folders[path]
	if !ok {
		return
	}
	m.renew(f)
	for i, old := range f.uids.items {
		msg := *old
		msg.UID = f.next
		f.next++
		f.uids.items[i] = &msg
		m.put(f, &msg)
	}
}
