package connector

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// arrival is one mail that the feed learned of. Its fields are guarded by the feed's lock; the
// views are immutable and are replaced when the mail changes folder.
type arrival struct {
	seq      int    // the order in which the feed learned of it
	id       string // the latest
	folders  []Folder
	received time.Time
	size     int64

	after, by time.Time // it came between the beginnings of these two looks

	head      *view // the header, nil until read
	text      *view // header and text, nil until read
	flight    chan struct{}
	tries     int      // failed attempts to read it
	hitch     error    // why the latest attempt to read it failed, if another one may succeed
	broken    error    // why it cannot be read, after the last attempt
	gone      bool     // deleted before it was read
	logged    bool     // stands in the log, not only in a session's own past
	line      int      // of the log, the latest, if logged
	trashed   bool     // by an act of ours
	takers    int      // sessions that were given it
	holder    *Session // who claimed it
	sealed    bool     // the holder's claim stands at the service, too
	elsewhere bool     // another process claimed it
}

// placed tells an arrival where the mail lies now.
func (a *arrival) place(id string, folders []Folder) {
	a.id, a.folders = id, folders
	for _, v := range []**view{&a.head, &a.text} {
		if *v != nil {
			m := *(*v).message
			m.ID, m.Folders = id, folders
			*v = newView(&m)
		}
	}
}

// at returns the view at the wanted depth, nil if the mail was not read so deep.
func (a *arrival) at(want Depth) *view {
	if a.text != nil || want > DepthHead {
		return a.text
	}
	return a.head
}

// before reports whether the mail was received before another, as far as the listing tells.
func (a *arrival) before(b *arrival) bool {
	return cmp.Or(a.received.Compare(b.received), cmp.Compare(a.seq, b.seq)) < 0
}

// came estimates when the mail came, by our clock: between two looks, and when the service says it
// received it if that is between them.
func (a *arrival) came() time.Time {
	from, to := later(a.after, a.received), a.by
	if end := a.received.Add(second - 1); a.received.Nanosecond() == 0 {
		to = earlier(to, end)
	} else {
		to = earlier(to, a.received)
	}
	if a.after.IsZero() || from.After(to) {
		from, to = later(a.after, a.by.Add(-lookMost)), a.by
	}
	return from.Add(to.Sub(from) / 2)
}

// settled reports whether nothing more can be learned about the header.
func (a *arrival) settled() bool { return a.head != nil || a.gone || a.broken != nil }

// fingerprint recognises a mail whose id changed by a move: Message-ID, time and size. It is ""
// where too little is known.
func fingerprint(messageID string, received time.Time, size int64) string {
	if messageID == "" || received.IsZero() {
		return ""
	}
	return messageID + "\x00" + strconv.FormatInt(received.Unix(), 10) + "\x00" + strconv.FormatInt(size, 10)
}

// inOrder sorts candidates as mails came: by the service's time, then as the feed learned of them.
func inOrder(cs []candidate) {
	slices.SortStableFunc(cs, func(a, b candidate) int {
		return cmp.Or(a.view.message.Received.Compare(b.view.message.Received), cmp.Compare(a.mail.seq, b.mail.seq))
	})
}
