package fakeimap

import (
	"slices"
	"strings"
	"sync"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// view is what a connection knows of its open folder: sequence numbers are places in it, and change only
// when the client is told.
type view struct {
	box      *mailstore.Mailbox
	path     string
	validity uint32
	readOnly bool

	mu    sync.Mutex // the end of an IDLE overlaps with what follows
	mails []mailstore.Message
}

func newView(box *mailstore.Mailbox, f mailstore.Folder, readOnly bool) *view {
	return &view{box: box, path: f.Path, validity: f.UIDValidity, readOnly: readOnly, mails: box.Above(f.Path, 0)}
}

// update tells of mails that went, came and changed.
func (v *view) update(w *imapserver.UpdateWriter, allowExpunge bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.box.Above(v.path, 0)
	there := make(map[uint32]mailstore.Message, len(now))
	for _, m := range now {
		there[m.UID] = m
	}
	if allowExpunge {
		if err := v.expunge(w, there); err != nil {
			return err
		}
	}
	last := uint32(0)
	for i, old := range v.mails {
		last = max(last, old.UID)
		m, ok := there[old.UID]
		if !ok || m.Seq == old.Seq {
			continue
		}
		v.mails[i] = m
		if err := w.WriteMessageFlags(uint32(i+1), imap.UID(m.UID), flagsOf(m)); err != nil {
			return err
		}
	}
	before := len(v.mails)
	for _, m := range now {
		if m.UID > last {
			v.mails = append(v.mails, m)
		}
	}
	if len(v.mails) > before {
		return w.WriteNumMessages(uint32(len(v.mails)))
	}
	return nil
}

// expunge tells of mails that are gone, the last first.
func (v *view) expunge(w *imapserver.UpdateWriter, there map[uint32]mailstore.Message) error {
	for i := len(v.mails) - 1; i >= 0; i-- {
		if _, ok := there[v.mails[i].UID]; ok {
			continue
		}
		v.mails = slices.Delete(v.mails, i, i+1)
		if err := w.WriteExpunge(uint32(i + 1)); err != nil {
			return err
		}
	}
	return nil
}

// each gives the mails of a set, with their sequence numbers, until f fails. Mails that are gone are not
// among them.
func (v *view) each(set imap.NumSet, f func(seq uint32, m mailstore.Message) error) error {
	v.mu.Lock()
	known := slices.Clone(v.mails)
	v.mu.Unlock()
	last := uint32(0)
	if len(known) > 0 {
		last = known[len(known)-1].UID
	}
	for i, old := range known {
		seq := uint32(i + 1)
		if !contains(set, seq, old.UID, uint32(len(known)), last) {
			continue
		}
		m, ok := v.box.Get(old.Key)
		if !ok || m.Folder != v.path || m.UID != old.UID {
			continue
		}
		if err := f(seq, m); err != nil {
			return err
		}
	}
	return nil
}

// contains reports whether a set names a mail; "*" is the last (RFC 9051 §9, seq-range).
func contains(set imap.NumSet, seq, uid, lastSeq, lastUID uint32) bool {
	in := func(start, stop, n, last uint32) bool {
		if start == 0 {
			start = last
		}
		if stop == 0 {
			stop = last
		}
		return n >= min(start, stop) && n <= max(start, stop)
	}
	switch set := set.(type) {
	case imap.SeqSet:
		return slices.ContainsFunc(set, func(r imap.SeqRange) bool { return in(r.Start, r.Stop, seq, lastSeq) })
	case imap.UIDSet:
		return slices.ContainsFunc(set, func(r imap.UIDRange) bool { return in(uint32(r.Start), uint32(r.Stop), uid, lastUID) })
	}
	return false
}

// flagsOf are the flags and keywords of a mail.
func flagsOf(m mailstore.Message) []imap.Flag {
	var out []imap.Flag
	for _, f := range []struct {
		on   bool
		flag imap.Flag
	}{{m.Seen, imap.FlagSeen}, {m.Flagged, imap.FlagFlagged}, {m.Answered, imap.FlagAnswered}, {m.Draft, imap.FlagDraft}} {
		if f.on {
			out = append(out, f.flag)
		}
	}
	for _, k := range m.Keywords {
		if !strings.ContainsAny(k, " (){%*\"]:") { // what no keyword of IMAP can be
			out = append(out, imap.Flag(k))
		}
	}
	return out
}

// setFlags adds flags to a mail.
func setFlags(m *mailstore.Message, flags []imap.Flag) { changeFlags(m, flags, true) }

// changeFlags sets or clears flags.
func changeFlags(m *mailstore.Message, flags []imap.Flag, on bool) {
	for _, f := range flags {
		switch {
		case strings.EqualFold(string(f), string(imap.FlagSeen)):
			m.Seen = on
		case strings.EqualFold(string(f), string(imap.FlagFlagged)):
			m.Flagged = on
		case strings.EqualFold(string(f), string(imap.FlagAnswered)):
			m.Answered = on
		case strings.EqualFold(string(f), string(imap.FlagDraft)):
			m.Draft = on
		default:
			m.Keywords = slices.DeleteFunc(slices.Clone(m.Keywords), func(k string) bool { return strings.EqualFold(k, string(f)) })
			if on {
				m.Keywords = append(m.Keywords, string(f))
			}
		}
	}
}

// deleted reports whether a mail is flagged to be expunged.
func deleted(m mailstore.Message) bool { return slices.Contains(m.Keywords, string(imap.FlagDeleted)) }
