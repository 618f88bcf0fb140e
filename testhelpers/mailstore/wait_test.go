package mailstore_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestWaitEndsWithTheChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := box(t)
		start := time.Now()
		time.AfterFunc(5*time.Minute, func() { b.Deliver(nil, mailstore.Delivery{}) })
		require.NoError(t, b.Wait(t.Context(), 0))
		assert.Equal(t, 5*time.Minute, time.Since(start))
		require.NoError(t, b.Wait(t.Context(), 0), "already past")
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := box(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, b.Wait(ctx, 0), context.DeadlineExceeded)
	})
}

// A channel left over from a bubble panics when it is closed from outside.
func TestWaitLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	b := box(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.Error(t, b.Wait(ctx, 0))
	})
	assert.NotPanics(t, func() { b.Deliver(nil, mailstore.Delivery{}) })
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 50
	s := mailstore.New()
	b := s.Add("qa@example.com")
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				m := b.Deliver([]byte(plain), mailstore.Delivery{})
				_, err := b.Move(m.Key, mailstore.Archive)
				assert.NoError(t, err)
				_, err = b.Update(m.Key, func(m *mailstore.Message) { m.Seen = true })
				assert.NoError(t, err)
			}
		})
		all.Go(func() { readAll(t, b, 3*writers*each) })
	}
	all.Wait()
	f, _ := b.Folder(mailstore.Archive)
	assert.Equal(t, writers*each, f.Total)
	assert.Zero(t, f.Unread)
	assert.Empty(t, b.List(mailstore.Inbox))
}

// readAll follows the log until its end at seq last, and lists beside it.
func readAll(t *testing.T, b *mailstore.Mailbox, last uint64) {
	var seen uint64
	for seen < last {
		if !assert.NoError(t, b.Wait(t.Context(), seen)) {
			return
		}
		for _, c := range b.Changes(seen) {
			assert.Equal(t, seen+1, c.Seq)
			seen = c.Seq
		}
		list := b.List("")
		for i := 1; i < len(list); i++ {
			if list[i].Received.After(list[i-1].Received) || list[i].Key >= list[i-1].Key {
				t.Error("not newest first")
			}
		}
	}
}
