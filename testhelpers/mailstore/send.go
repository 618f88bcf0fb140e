package mailstore

import (
	"bytes"
	"slices"
	"strings"
)

// Send takes a mail from a user's client and carries it as a mail system does: the Bcc header is
// dropped, then see [Store.Relay].
func (s *Store) Send(from string, rcpt []string, raw []byte) (unknown []string) {
	return s.Relay(from, rcpt, withoutBcc(raw))
}

// Relay takes a mail from another mail system, whose header is not touched. Each mailbox that a
// recipient names gets one copy, also where several of its addresses are named, as Outlook and Gmail
// do it; Rcpt and Delivered-To show the first of these as it was written.
//
// Recipients that have no mailbox here are returned, and the sender gets one bounce for them (RFC
// 3464) in the Inbox, if from is a mailbox here; a mail with an empty from is never bounced (RFC
// 5321 §4.5.5). Nothing leaves the process.
func (s *Store) Relay(from string, rcpt []string, raw []byte) (unknown []string) {
	var served []*Mailbox
	for _, address := range rcpt {
		m, ok := s.Mailbox(address)
		switch {
		case !ok:
			unknown = append(unknown, address)
		case !slices.Contains(served, m):
			served = append(served, m)
			m.Deliver(raw, Delivery{From: from, Rcpt: address})
		}
	}
	if len(unknown) > 0 {
		s.bounce(from, unknown, raw)
	}
	return unknown
}

// withoutBcc drops the Bcc fields of the header, with their continuation lines (RFC 5322 §3.6.3).
// It returns raw itself if there is none.
func withoutBcc(raw []byte) []byte {
	var kept []byte
	cut, from := false, 0
	inside := false // in a Bcc field
	at := 0
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			inside = isField(line, "Bcc")
		}
		if inside {
			kept = append(kept, raw[from:at]...)
			from, cut = at+len(line), true
		}
		at += len(line)
	}
	if !cut {
		return raw
	}
	return append(kept, raw[from:]...)
}

func isField(line []byte, name string) bool {
	field, _, ok := bytes.Cut(line, []byte(":"))
	return ok && strings.EqualFold(string(bytes.TrimRight(field, " \t")), name)
}
