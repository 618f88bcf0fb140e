package mailstore

import (
	"context"
	"slices"
)

// record ends a change: it gives msg the next sequence number, writes the log and wakes who waits.
func (m *Mailbox) record(msg *Message, c Change) {
	msg.Seq = uint64(len(m.log)) + 1
	c.Seq, c.Message = msg.Seq, *msg
	m.log = append(m.log, c)
	for woken := range m.waiters {
		close(woken)
	}
	clear(m.waiters)
}

// Seq is the number of the latest change, 0 for a mailbox that never had a mail. It rises by one
// with each change.
func (m *Mailbox) Seq() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(len(m.log))
}

// Changes lists what happened strictly after a sequence number, in order. It costs by what it
// returns.
func (m *Mailbox) Changes(after uint64) []Change {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.log[min(after, uint64(len(m.log))):])
}

// Wait returns nil as soon as Seq is greater than after, at once if it is already; else the error
// of ctx when that ends first. Nothing of it remains: the channel it blocks on is made by the call,
// so that it may be used in any testing/synctest bubble that also makes the change.
func (m *Mailbox) Wait(ctx context.Context, after uint64) error {
	for {
		woken := m.wake(after)
		if woken == nil {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			m.unwake(woken)
			return ctx.Err()
		}
	}
}

// wake gives a channel that the next change closes, nil if there was one after the given.
func (m *Mailbox) wake(after uint64) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if uint64(len(m.log)) > after {
		return nil
	}
	woken := make(chan struct{})
	m.waiters[woken] = struct{}{}
	return woken
}

func (m *Mailbox) unwake(woken chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiters, woken)
}
