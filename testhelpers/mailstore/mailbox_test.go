package mailstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const plain = "From: a@example.com\r\nTo: qa@example.com\r\nSubject: one\r\n\r\nHello\r\n"

func box(t *testing.T) *mailstore.Mailbox {
	t.Helper()
	return mailstore.New().Add("qa@example.com")
}

func keys(list []mailstore.Message) (out []uint64) {
	for _, m := range list {
		out = append(out, m.Key)
	}
	return out
}

func TestDeliverPutsTraceFieldsInFront(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := box(t).Deliver([]byte(plain), mailstore.Delivery{From: "a@example.com", Rcpt: "qa+1@example.com"})
		want := "Return-Path: <a@example.com>\r\nDelivered-To: qa+1@example.com\r\n" +
			"Received: from localhost by example.com with LMTP\r\n" +
			"\tfor <qa+1@example.com>; Sat, 01 Jan 2000 00:00:00 +0000\r\n" + plain
		assert.Equal(t, want, string(m.Raw))
		assert.Equal(t, time.Now().UTC(), m.Received)
		assert.Equal(t, mailstore.Inbox, m.Folder)
		assert.EqualValues(t, 1, m.UID)
		assert.EqualValues(t, 1, m.Seq)
		assert.False(t, m.Seen)
	})
}

func TestDeliverKeepsAddressesOnTheirLine(t *testing.T) {
	t.Parallel()
	m := box(t).Deliver([]byte(plain), mailstore.Delivery{From: "a@example.com>\r\nX-Evil: <1"})
	assert.NotContains(t, string(m.Raw), "\nX-Evil")
	assert.Contains(t, string(m.Raw), "Delivered-To: qa@example.com\r\n", "without Rcpt it is the mailbox's address")
}

func TestDeliverNoTraceKeepsEveryByte(t *testing.T) {
	t.Parallel()
	raw := []byte("Subject: bare\n\nline\r\nend")
	m := box(t).Deliver(raw, mailstore.Delivery{NoTrace: true})
	raw[0] = 'X'
	assert.Equal(t, "Subject: bare\n\nline\r\nend", string(m.Raw), "the store has its own copy")
}

func TestDeliverTakesWhatTheDeliverySays(t *testing.T) {
	t.Parallel()
	at := time.Date(2020, 5, 4, 3, 2, 1, 0, time.FixedZone("", 7200))
	b := box(t)
	m := b.Deliver(nil, mailstore.Delivery{Folder: "Projects/2026", Received: at, Seen: true, Flagged: true,
		Draft: true, Keywords: []string{"red", "blue", "red"}})
	assert.Equal(t, "Projects/2026", m.Folder)
	assert.Equal(t, at.UTC(), m.Received)
	assert.True(t, m.Seen && m.Flagged && m.Draft)
	assert.Equal(t, []string{"blue", "red"}, m.Keywords)
	_, ok := b.Folder("Projects")
	assert.True(t, ok, "the folder above is made too")
}

func TestRouteSaysTheFolder(t *testing.T) {
	t.Parallel()
	b := box(t)
	b.Route(func(m mailstore.Message) string {
		if m.From == "spam@example.com" {
			return mailstore.Junk
		}
		return ""
	})
	assert.Equal(t, mailstore.Junk, b.Deliver(nil, mailstore.Delivery{From: "spam@example.com"}).Folder)
	assert.Equal(t, mailstore.Inbox, b.Deliver(nil, mailstore.Delivery{From: "a@example.com"}).Folder)
	named := b.Deliver(nil, mailstore.Delivery{From: "spam@example.com", Folder: mailstore.Archive})
	assert.Equal(t, mailstore.Archive, named.Folder, "a named folder is not routed")
	b.Route(nil)
	assert.Equal(t, mailstore.Inbox, b.Deliver(nil, mailstore.Delivery{From: "spam@example.com"}).Folder)
}

func TestListIsNewestFirst(t *testing.T) {
	t.Parallel()
	b := box(t)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	var k []uint64
	for _, at := range []time.Time{day(3), day(1), day(2), day(2)} {
		k = append(k, b.Deliver(nil, mailstore.Delivery{Received: at}).Key)
	}
	junk := b.Deliver(nil, mailstore.Delivery{Received: day(9), Folder: mailstore.Junk}).Key

	assert.Equal(t, []uint64{k[0], k[3], k[2], k[1]}, keys(b.List(mailstore.Inbox)))
	assert.Equal(t, []uint64{junk, k[0], k[3], k[2], k[1]}, keys(b.List("")))
	assert.Equal(t, []uint64{k[0], k[3], k[2]}, keys(b.Since(mailstore.Inbox, day(2))))
	assert.Equal(t, []uint64{junk}, keys(b.Since("", day(3).Add(1))))
	assert.Empty(t, b.Since("", day(10)))
	assert.Empty(t, b.List("Nowhere"))
	assert.Equal(t, []uint64{k[3], k[2]}, keys(b.Page(mailstore.Inbox, 1, 2)))
	assert.Equal(t, []uint64{k[1]}, keys(b.Page(mailstore.Inbox, 3, 5)))
	assert.Empty(t, b.Page(mailstore.Inbox, 4, 5))
	assert.Equal(t, []uint64{k[2], k[3]}, keys(b.Above(mailstore.Inbox, 2)), "by UID, which is the order of coming")
	assert.Empty(t, b.Above("Nowhere", 0))
}

func TestListIsASnapshot(t *testing.T) {
	t.Parallel()
	b := box(t)
	m := b.Deliver(nil, mailstore.Delivery{})
	list := b.List("")
	list[0].Seen = true
	got, ok := b.Get(m.Key)
	require.True(t, ok)
	assert.False(t, got.Seen)
	_, ok = b.Get(m.Key + 1)
	assert.False(t, ok)
}
