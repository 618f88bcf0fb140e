package fakeimap

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"time"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Search finds mails (RFC 9051 §6.4.4): texts are compared as they stand in the bytes, without case.
func (x *session) Search(kind imapserver.NumKind, c *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	if err := x.fail("SEARCH"); err != nil {
		return nil, err
	}
	var uids imap.UIDSet
	var seqs imap.SeqSet
	d := &imap.SearchData{}
	_ = x.view.each(imap.SeqSet{imap.SeqRange{Start: 1}}, func(seq uint32, m mailstore.Message) error {
		if !x.view.matches(seq, m, c) {
			return nil
		}
		n := seq
		if kind == imapserver.NumKindUID {
			n = m.UID
			uids.AddNum(imap.UID(m.UID))
		} else {
			seqs.AddNum(seq)
		}
		d.Count++
		d.Max = max(d.Max, n)
		if d.Min == 0 {
			d.Min = n
		}
		return nil
	})
	d.All = imap.NumSet(seqs)
	if kind == imapserver.NumKindUID {
		d.All = uids
	}
	return d, nil
}

// matches reports whether a mail meets all criteria.
func (v *view) matches(seq uint32, m mailstore.Message, c *imap.SearchCriteria) bool {
	v.mu.Lock()
	lastSeq, lastUID := uint32(len(v.mails)), uint32(0)
	if lastSeq > 0 {
		lastUID = v.mails[lastSeq-1].UID
	}
	v.mu.Unlock()
	in := func(set imap.NumSet) bool { return contains(set, seq, m.UID, lastSeq, lastUID) }
	for _, s := range c.SeqNum {
		if !in(s) {
			return false
		}
	}
	for _, s := range c.UID {
		if !in(s) {
			return false
		}
	}
	for _, n := range c.Not {
		if v.matches(seq, m, &n) {
			return false
		}
	}
	for _, or := range c.Or {
		if !v.matches(seq, m, &or[0]) && !v.matches(seq, m, &or[1]) {
			return false
		}
	}
	return onDay(m.Received, c.Since, c.Before) && hasFlags(m, c) && hasText(m, c) &&
		(c.Larger == 0 || int64(len(m.Raw)) > c.Larger) && (c.Smaller == 0 || int64(len(m.Raw)) < c.Smaller)
}

// onDay compares days alone, whatever time and zone.
func onDay(t, since, before time.Time) bool {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return (since.IsZero() || !day(t).Before(day(since))) && (before.IsZero() || day(t).Before(day(before)))
}

func hasFlags(m mailstore.Message, c *imap.SearchCriteria) bool {
	flags := flagsOf(m)
	has := func(want imap.Flag) bool {
		return slices.ContainsFunc(flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(want)) })
	}
	return !slices.ContainsFunc(c.Flag, func(f imap.Flag) bool { return !has(f) }) && !slices.ContainsFunc(c.NotFlag, has)
}

func hasText(m mailstore.Message, c *imap.SearchCriteria) bool {
	head, body := m.Raw[:headEnd(m.Raw)], m.Raw[headEnd(m.Raw):]
	within := func(text []byte, want string) bool {
		return bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(want)))
	}
	for _, want := range c.Text {
		if !within(m.Raw, want) {
			return false
		}
	}
	for _, want := range c.Body {
		if !within(body, want) {
			return false
		}
	}
	if len(c.Header) == 0 && c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(append(slices.Clip(head), "\r\n"...)))
	if err != nil {
		return false
	}
	for _, f := range c.Header {
		values := parsed.Header[textKey(f.Key)]
		if !slices.ContainsFunc(values, func(v string) bool { return within([]byte(v), f.Value) }) {
			return false
		}
	}
	sent, _ := parsed.Header.Date() // none is the zero time
	return onDay(sent, c.SentSince, c.SentBefore)
}
