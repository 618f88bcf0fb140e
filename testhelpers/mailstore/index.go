package mailstore

import (
	"cmp"
	"slices"
	"time"
)

// index keeps messages in one order. What it holds is never modified, only replaced, so that a
// reader may keep the pointers after the lock is released.
type index struct {
	order func(a, b *Message) int
	items []*Message
}

// byTime is the order of arrival: Received, then Key.
func byTime(a, b *Message) int {
	return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Key, b.Key))
}

// byUID is the order of an IMAP folder.
func byUID(a, b *Message) int { return cmp.Compare(a.UID, b.UID) }

// add costs O(1) for what comes last, which is how mail arrives.
func (x *index) add(m *Message) {
	if n := len(x.items); n == 0 || x.order(x.items[n-1], m) < 0 {
		x.items = append(x.items, m)
		return
	}
	at, _ := slices.BinarySearchFunc(x.items, m, x.order)
	x.items = slices.Insert(x.items, at, m)
}

func (x *index) remove(m *Message) {
	if at, ok := slices.BinarySearchFunc(x.items, m, x.order); ok {
		x.items = slices.Delete(x.items, at, at+1)
	}
}

// replace puts m where the message of the same place in the order is.
func (x *index) replace(m *Message) {
	if at, ok := slices.BinarySearchFunc(x.items, m, x.order); ok {
		x.items[at] = m
	}
}

// since gives the tail of a time index that was received at t or later.
func (x *index) since(t time.Time) []*Message {
	at, _ := slices.BinarySearchFunc(x.items, t, func(m *Message, t time.Time) int {
		return m.Received.Compare(t)
	})
	return x.items[at:]
}

// above gives the tail of a UID index with UIDs greater than uid.
func (x *index) above(uid uint32) []*Message {
	at, found := slices.BinarySearchFunc(x.items, uid, func(m *Message, uid uint32) int {
		return cmp.Compare(m.UID, uid)
	})
	if found {
		at++
	}
	return x.items[at:]
}

// values copies messages into a slice of the caller's own.
func values(items []*Message) []Message {
	out := make([]Message, len(items))
	for i, m := range items {
		out[i] = *m
	}
	return out
}

// newest is values, the last first.
func newest(items []*Message) []Message {
	out := make([]Message, len(items))
	for i, m := range items {
		out[len(items)-1-i] = *m
	}
	return out
}
