package mailstore

import (
	"bytes"
	"fmt"
	"slices"
)

// Move puts a mail into another folder, where it gets a new UID. A mail that is there already
// stays as it is. It fails with [ErrNotFound] or [ErrNoFolder].
func (m *Mailbox) Move(key uint64, folder string) (Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, to, err := m.find(key, folder)
	if err != nil {
		return Message{}, fmt.Errorf("mailstore: move mail %d to %q: %w", key, folder, err)
	}
	if old.Folder == folder {
		return *old, nil
	}
	m.folders[old.Folder].drop(old)
	msg := *old
	to.take(&msg)
	m.mails[key] = &msg
	m.all.replace(&msg)
	m.record(&msg, Change{Kind: Moved, From: old.Folder, FromUID: old.UID})
	return msg, nil
}

// Copy puts a second mail with the same content, flags and time into a folder, under a new key.
// It fails with [ErrNotFound] or [ErrNoFolder].
func (m *Mailbox) Copy(key uint64, folder string) (Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, _, err := m.find(key, folder)
	if err != nil {
		return Message{}, fmt.Errorf("mailstore: copy mail %d to %q: %w", key, folder, err)
	}
	msg := *old
	msg.Folder = folder
	m.insert(&msg)
	return msg, nil
}

// Update changes the flags and keywords of a mail, and the Raw of a draft; what change does to
// other fields is dropped. The function runs under the mailbox's lock and must not call it. Where
// it changes nothing, nothing is logged. The error is [ErrNotFound].
func (m *Mailbox) Update(key uint64, change func(*Message)) (Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.mails[key]
	if !ok {
		return Message{}, fmt.Errorf("mailstore: update mail %d: %w", key, ErrNotFound)
	}
	msg := revise(old, change)
	c, changed := difference(old, msg)
	if !changed {
		return *old, nil
	}
	f := m.folders[msg.Folder]
	f.count(old, -1)
	f.count(msg, +1)
	f.uids.replace(msg)
	m.put(f, msg)
	m.record(msg, c)
	return *msg, nil
}

// Delete removes a mail for good, whatever folder it is in. The error is [ErrNotFound].
func (m *Mailbox) Delete(key uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	msg, ok := m.mails[key]
	if !ok {
		return fmt.Errorf("mailstore: delete mail %d: %w", key, ErrNotFound)
	}
	m.discard(msg)
	return nil
}

func (m *Mailbox) find(key uint64, path string) (*Message, *folder, error) {
	msg, ok := m.mails[key]
	if !ok {
		return nil, nil, ErrNotFound
	}
	f, ok := m.folders[path]
	if !ok {
		return nil, nil, ErrNoFolder
	}
	return msg, f, nil
}

// insert stores a new mail in the folder it names, and gives it a key.
func (m *Mailbox) insert(msg *Message) {
	msg.Key = m.store.keys.Add(1)
	m.mails[msg.Key] = msg
	m.ensureFolder(msg.Folder).take(msg)
	m.all.add(msg)
	m.record(msg, Change{Kind: Added})
}

// put replaces a mail that keeps its folder, time and key in all places but the UID index.
func (m *Mailbox) put(f *folder, msg *Message) {
	m.mails[msg.Key] = msg
	m.all.replace(msg)
	f.times.replace(msg)
}

// discard removes a mail for good.
func (m *Mailbox) discard(old *Message) {
	delete(m.mails, old.Key)
	m.all.remove(old)
	m.folders[old.Folder].drop(old)
	msg := *old
	m.record(&msg, Change{Kind: Removed})
}

// revise applies change to a copy and takes over only what may change.
func revise(old *Message, change func(*Message)) *Message {
	draft := *old
	draft.Keywords = slices.Clone(old.Keywords)
	change(&draft)
	msg := *old
	msg.Seen, msg.Flagged, msg.Answered, msg.Draft = draft.Seen, draft.Flagged, draft.Answered, draft.Draft
	msg.Keywords = sorted(draft.Keywords)
	if old.Draft {
		msg.Raw = draft.Raw
	}
	return &msg
}

// difference says what an update did, and whether it did anything.
func difference(old, msg *Message) (Change, bool) {
	c := Change{
		Kind:     Flagged,
		Added:    without(msg.Keywords, old.Keywords),
		Dropped:  without(old.Keywords, msg.Keywords),
		SeenFlip: msg.Seen != old.Seen,
	}
	changed := c.SeenFlip || len(c.Added)+len(c.Dropped) > 0 || msg.Flagged != old.Flagged ||
		msg.Answered != old.Answered || msg.Draft != old.Draft || !bytes.Equal(msg.Raw, old.Raw)
	return c, changed
}

// without gives what a has and b has not.
func without(a, b []string) (rest []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			rest = append(rest, s)
		}
	}
	return rest
}
