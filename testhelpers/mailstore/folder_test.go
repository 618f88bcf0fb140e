package mailstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func paths(b *mailstore.Mailbox) (out []string) {
	for _, f := range b.Folders() {
		out = append(out, f.Path)
	}
	return out
}

func TestFolders(t *testing.T) {
	t.Parallel()
	b := box(t)
	require.NoError(t, b.CreateFolder("Work/2026/May"))
	require.NoError(t, b.CreateFolder("Alpha"))
	six := []string{"Inbox", "Junk", "Sent", "Drafts", "Trash", "Archive"}
	assert.Equal(t, append(six, "Alpha", "Work", "Work/2026", "Work/2026/May"), paths(b))
	require.ErrorIs(t, b.CreateFolder("Work"), mailstore.ErrFolderExists)
	for _, bad := range []string{"", "/", "A//B", "A/", "/A"} {
		require.ErrorIs(t, b.CreateFolder(bad), mailstore.ErrFolderName, bad)
	}
}

func TestFolderCounts(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver(nil, mailstore.Delivery{})
	b.Deliver(nil, mailstore.Delivery{Seen: true})
	count := func(path string) [3]int {
		f, ok := b.Folder(path)
		require.True(t, ok)
		return [3]int{f.Total, f.Unread, int(f.UIDNext)}
	}
	assert.Equal(t, [3]int{2, 1, 3}, count(mailstore.Inbox))
	_, err := b.Update(m.Key, func(m *mailstore.Message) { m.Seen = true })
	require.NoError(t, err)
	assert.Equal(t, [3]int{2, 0, 3}, count(mailstore.Inbox))
	_, err = b.Update(m.Key, func(m *mailstore.Message) { m.Seen = false })
	require.NoError(t, err)
	_, err = b.Move(m.Key, mailstore.Trash)
	require.NoError(t, err)
	assert.Equal(t, [3]int{1, 0, 3}, count(mailstore.Inbox))
	assert.Equal(t, [3]int{1, 1, 2}, count(mailstore.Trash))
	require.NoError(t, b.Delete(m.Key))
	assert.Equal(t, [3]int{0, 0, 2}, count(mailstore.Trash))
}

func TestDeleteFolderTakesMailsAndSubfolders(t *testing.T) {
	t.Parallel()
	b := box(t)
	require.NoError(t, b.CreateFolder("Workshop"))
	b.Deliver(nil, mailstore.Delivery{Folder: "Work"})
	b.Deliver(nil, mailstore.Delivery{Folder: "Work/2026"})
	before, _ := b.Folder("Work")
	require.NoError(t, b.DeleteFolder("Work"))
	assert.Empty(t, b.List(""))
	assert.Equal(t, "Workshop", paths(b)[len(paths(b))-1], "a name that only starts alike stays")
	for _, c := range b.Changes(2) {
		assert.Equal(t, mailstore.Removed, c.Kind)
	}
	assert.EqualValues(t, 4, b.Seq())
	require.ErrorIs(t, b.DeleteFolder("Work"), mailstore.ErrNoFolder)
	require.ErrorIs(t, b.DeleteFolder(mailstore.Inbox), mailstore.ErrStandard)

	require.NoError(t, b.CreateFolder("Work"))
	after, _ := b.Folder("Work")
	assert.Greater(t, after.UIDValidity, before.UIDValidity, "a client must not take it for the old one")
}

func TestResetFolder(t *testing.T) {
	t.Parallel()
	b := box(t)
	gone := b.Deliver(nil, mailstore.Delivery{})
	kept := b.Deliver(nil, mailstore.Delivery{})
	require.NoError(t, b.Delete(gone.Key))
	before, _ := b.Folder(mailstore.Inbox)
	seq := b.Seq()

	b.ResetFolder(mailstore.Inbox)
	b.ResetFolder("Nowhere")
	after, _ := b.Folder(mailstore.Inbox)
	assert.Greater(t, after.UIDValidity, before.UIDValidity)
	assert.EqualValues(t, 2, after.UIDNext)
	got, _ := b.Get(kept.Key)
	assert.EqualValues(t, 1, got.UID)
	assert.Equal(t, []mailstore.Message{got}, b.List(mailstore.Inbox))
	assert.Equal(t, []mailstore.Message{got}, b.Above(mailstore.Inbox, 0))
	assert.Equal(t, seq, b.Seq())
	_, err := b.Move(kept.Key, mailstore.Junk)
	require.NoError(t, err)
	assert.Empty(t, b.Above(mailstore.Inbox, 0))
}
