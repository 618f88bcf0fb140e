package mailstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMove(t *testing.T) {
	t.Parallel()
	b := box(t)
	first := b.Deliver([]byte(plain), mailstore.Delivery{})
	b.Deliver([]byte(plain), mailstore.Delivery{Folder: mailstore.Archive})

	moved, err := b.Move(first.Key, mailstore.Archive)
	require.NoError(t, err)
	assert.Equal(t, first.Key, moved.Key)
	assert.Equal(t, mailstore.Archive, moved.Folder)
	assert.EqualValues(t, 2, moved.UID)
	assert.Empty(t, b.List(mailstore.Inbox))
	assert.Len(t, b.List(""), 2)
	got, _ := b.Get(first.Key)
	assert.Equal(t, moved, got)

	last := b.Changes(moved.Seq - 1)
	require.Len(t, last, 1)
	assert.Equal(t, mailstore.Change{Seq: 3, Kind: mailstore.Moved, Message: moved, From: mailstore.Inbox, FromUID: 1}, last[0])

	_, err = b.Move(first.Key, mailstore.Archive)
	require.NoError(t, err)
	assert.EqualValues(t, 3, b.Seq(), "a move to where it is changes nothing")
	_, err = b.Move(first.Key, "Nowhere")
	require.ErrorIs(t, err, mailstore.ErrNoFolder)
	_, err = b.Move(99, mailstore.Archive)
	require.ErrorIs(t, err, mailstore.ErrNotFound)
}

func TestCopy(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver([]byte(plain), mailstore.Delivery{Seen: true, Keywords: []string{"red"}, Rcpt: "qa+1@example.com"})
	c, err := b.Copy(m.Key, mailstore.Archive)
	require.NoError(t, err)
	assert.Greater(t, c.Key, m.Key)
	assert.Equal(t, m.Received, c.Received)
	assert.Equal(t, m.Raw, c.Raw)
	assert.Equal(t, m.Rcpt, c.Rcpt)
	assert.True(t, c.Seen)
	assert.Equal(t, mailstore.Added, b.Changes(1)[0].Kind)
	assert.Len(t, b.List(mailstore.Inbox), 1)
	_, err = b.Copy(m.Key, "Nowhere")
	require.ErrorIs(t, err, mailstore.ErrNoFolder)
}

func TestUpdateLogsTheDifference(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver([]byte(plain), mailstore.Delivery{Keywords: []string{"blue", "red"}})
	got, err := b.Update(m.Key, func(m *mailstore.Message) {
		m.Seen = true
		m.Keywords = append(m.Keywords[1:], "amber")
		m.Key, m.Folder, m.Raw = 77, "Nowhere", nil
	})
	require.NoError(t, err)
	want := m
	want.Seen, want.Keywords, want.Seq = true, []string{"amber", "red"}, 2
	assert.Equal(t, want, got, "key, folder and content are kept")
	assert.Equal(t, []mailstore.Change{{Seq: 2, Kind: mailstore.Flagged, Message: got, SeenFlip: true,
		Added: []string{"amber"}, Dropped: []string{"blue"}}}, b.Changes(1))
	assert.Equal(t, []mailstore.Message{got}, b.List(mailstore.Inbox))
	assert.Equal(t, []mailstore.Message{got}, b.Above(mailstore.Inbox, 0))

	_, err = b.Update(m.Key, func(m *mailstore.Message) { m.Seen = true })
	require.NoError(t, err)
	assert.EqualValues(t, 2, b.Seq(), "no difference, no change")
	_, err = b.Update(99, func(*mailstore.Message) {})
	require.ErrorIs(t, err, mailstore.ErrNotFound)
}

func TestUpdateOfADraftTakesItsContent(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver([]byte(plain), mailstore.Delivery{Folder: mailstore.Drafts, Draft: true, NoTrace: true})
	got, err := b.Update(m.Key, func(m *mailstore.Message) { m.Raw = []byte("Subject: two\r\n\r\n") })
	require.NoError(t, err)
	assert.Equal(t, "Subject: two\r\n\r\n", string(got.Raw))
	assert.EqualValues(t, 2, got.Seq)
}

func TestDeleteIsForGood(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver([]byte(plain), mailstore.Delivery{})
	require.NoError(t, b.Delete(m.Key))
	_, ok := b.Get(m.Key)
	assert.False(t, ok)
	assert.Empty(t, b.List(""))
	c := b.Changes(1)
	require.Len(t, c, 1)
	assert.Equal(t, mailstore.Removed, c[0].Kind)
	assert.Equal(t, m.Key, c[0].Message.Key)
	assert.Equal(t, m.Raw, c[0].Message.Raw)
	require.ErrorIs(t, b.Delete(m.Key), mailstore.ErrNotFound)
}

func TestChangesAfter(t *testing.T) {
	t.Parallel()
	b := box(t)
	assert.EqualValues(t, 0, b.Seq())
	for range 5 {
		b.Deliver(nil, mailstore.Delivery{})
	}
	assert.Len(t, b.Changes(0), 5)
	c := b.Changes(3)
	require.Len(t, c, 2)
	assert.EqualValues(t, 4, c[0].Seq)
	assert.EqualValues(t, 5, c[1].Seq)
	assert.Empty(t, b.Changes(5))
	assert.Empty(t, b.Changes(500))
}
