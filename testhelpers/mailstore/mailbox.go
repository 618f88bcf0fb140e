package mailstore

import (
	"slices"
	"sync"
	"time"
)

// Mailbox is the mail of one address: messages in folders, and the log of their changes. It is
// safe for concurrent use. [Store.Add] makes one.
type Mailbox struct {
	store   *Store
	address string

	mu       sync.Mutex
	aliases  []string
	route    func(Message) string
	mails    map[uint64]*Message
	all      index // every folder, in order of arrival
	folders  map[string]*folder
	validity uint32 // the latest UIDValidity given
	log      []Change
	waiters  map[chan struct{}]struct{}
}

func newMailbox(s *Store, address string) *Mailbox {
	m := &Mailbox{
		store:   s,
		address: address,
		mails:   map[uint64]*Message{},
		all:     index{order: byTime},
		folders: map[string]*folder{},
		waiters: map[chan struct{}]struct{}{},
	}
	for _, path := range standard {
		m.ensureFolder(path)
	}
	return m
}

// Address is the mailbox's own address, as given to [Store.Add].
func (m *Mailbox) Address() string { return m.address }

// Aliases are the further addresses whose mail comes here, in the order they were added.
func (m *Mailbox) Aliases() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.aliases)
}

func (m *Mailbox) addAlias(alias string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.aliases = append(m.aliases, alias)
}

// Get finds a mail by its key, in O(1).
func (m *Mailbox) Get(key uint64) (Message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail, ok := m.mails[key]
	if !ok {
		return Message{}, false
	}
	return *mail, true
}

// List gives the mails of a folder, "" for those of all folders, the newest first: by Received,
// then by Key, both falling. The slice is the caller's own; it is empty for an unknown folder.
func (m *Mailbox) List(folder string) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return newest(m.arrivals(folder).items)
}

// Since is [Mailbox.List] of what was received at t or later. It costs by what it returns, not by
// what the mailbox holds.
func (m *Mailbox) Since(folder string, t time.Time) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return newest(m.arrivals(folder).since(t))
}

// Page is the part of [Mailbox.List] that skips the newest skip mails and ends after limit mails.
// It costs by what it returns.
func (m *Mailbox) Page(folder string, skip, limit int) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.arrivals(folder).items
	end := max(0, len(items)-max(0, skip))
	start := max(0, end-max(0, limit))
	return newest(items[start:end])
}

// Above gives the mails of a folder whose UID is greater than uid, by rising UID: 0 gives all, in
// the order of an IMAP folder. It costs by what it returns.
func (m *Mailbox) Above(folder string, uid uint32) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.folders[folder]
	if !ok {
		return nil
	}
	return values(f.uids.above(uid))
}

// arrivals is the time index of a folder, or of the whole mailbox for "".
func (m *Mailbox) arrivals(path string) *index {
	if path == "" {
		return &m.all
	}
	if f, ok := m.folders[path]; ok {
		return &f.times
	}
	return &index{}
}
