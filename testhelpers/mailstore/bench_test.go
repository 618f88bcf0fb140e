package mailstore_test

import (
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// full is a mailbox with 100,000 mails, one a second, the last at the returned time.
func full(b *testing.B) (*mailstore.Mailbox, time.Time) {
	b.Helper()
	m := mailstore.New().Add("qa@example.com")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 100_000 {
		at = at.Add(time.Second)
		m.Deliver([]byte(plain), mailstore.Delivery{Received: at})
	}
	return m, at
}

func BenchmarkDeliver(b *testing.B) {
	m, _ := full(b)
	for b.Loop() {
		m.Deliver([]byte(plain), mailstore.Delivery{})
	}
}

func BenchmarkList(b *testing.B) {
	m, _ := full(b)
	for b.Loop() {
		m.List(mailstore.Inbox)
	}
}

func BenchmarkSinceTen(b *testing.B) {
	m, last := full(b)
	for b.Loop() {
		m.Since(mailstore.Inbox, last.Add(-9*time.Second))
	}
}

func BenchmarkMoveThereAndBack(b *testing.B) {
	m, _ := full(b)
	key := m.Page(mailstore.Inbox, 50_000, 1)[0].Key
	for b.Loop() {
		_, _ = m.Move(key, mailstore.Archive)
		_, _ = m.Move(key, mailstore.Inbox)
	}
}
