package mailstore

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Store holds mailboxes by address and carries mail between them. It is safe for concurrent use.
type Store struct {
	keys  atomic.Uint64 // the latest message key
	mu    sync.RWMutex
	boxes map[string]*Mailbox // by folded address and alias
}

// New returns a store without mailboxes.
func New() *Store {
	return &Store{boxes: map[string]*Mailbox{}}
}

// Add returns the mailbox of an address, a new one if there is none yet, and gives it aliases:
// further addresses whose mail it gets. An address that another mailbox holds stays there.
func (s *Store) Add(address string, aliases ...string) *Mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.boxes[fold(address)]
	if !ok {
		m = newMailbox(s, address)
		s.boxes[fold(address)] = m
	}
	for _, alias := range aliases {
		if _, taken := s.boxes[fold(alias)]; !taken {
			s.boxes[fold(alias)] = m
			m.addAlias(alias)
		}
	}
	return m
}

// Mailbox finds the mailbox that takes the mail of an address: its own address, an alias, or
// either with a plus-tag in the local part ("qa+run7@example.com"). Case does not matter.
func (s *Store) Mailbox(address string) (*Mailbox, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m, ok := s.boxes[fold(address)]; ok {
		return m, true
	}
	m, ok := s.boxes[fold(untagged(address))]
	return m, ok
}

// Mailboxes lists all mailboxes by address.
func (s *Store) Mailboxes() []*Mailbox {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(s.boxes), func(a, b *Mailbox) int {
		return cmp.Compare(fold(a.address), fold(b.address))
	})
	return slices.Compact(all)
}

// Remove takes the mailbox that Mailbox finds out of the store, with all its addresses. Who still
// holds it can go on reading it, but no mail reaches it any more.
func (s *Store) Remove(address string) {
	m, ok := s.Mailbox(address)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.boxes, func(_ string, b *Mailbox) bool { return b == m })
}

// fold makes addresses comparable. RFC 5321 §2.4 leaves the case of a local part to its host;
// every cloud service ignores it.
func fold(address string) string { return strings.ToLower(address) }

// untagged drops the plus-tag: a+tag@x becomes a@x (RFC 5233).
func untagged(address string) string {
	local, domain, ok := cutAddress(address)
	base, _, tagged := strings.Cut(local, "+")
	if !ok || !tagged || base == "" {
		return address
	}
	return base + "@" + domain
}

func cutAddress(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	return address[:at], address[at+1:], true
}
