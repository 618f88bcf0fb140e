package connector

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

// Cause is the kind of reason for which a wait failed, as the mailbox and the wire show it.
type Cause string

// The causes.
const (
	CauseNothing     Cause = "nothing arrived" // no mail that is anything like the wanted one
	CauseJunk        Cause = "in junk"         // it matches in all but lying in Junk
	CauseMoved       Cause = "moved by a rule" // it matches in all but the folder, and lies in another one
	CauseNear        Cause = "near miss"       // one came that fails some criteria
	CauseOther       Cause = "other mailbox"   // the wanted address is not one of this mailbox, or one came that was for another address
	CauseCredentials Cause = "credentials"     // the service does not accept them
	CausePermission  Cause = "permission"      // the service does not allow it
	CauseThrottled   Cause = "throttled"       // the service asked to slow down, until the end
	CauseOutage      Cause = "outage"          // the service could not be reached, or made no sense
)

// causeOf sorts an obstacle.
func causeOf(err error) Cause {
	for _, c := range []struct {
		kind  error
		cause Cause
	}{
		{ErrAuth, CauseCredentials}, {ErrPermission, CausePermission}, {ErrNoMailbox, CauseOther},
		{ErrThrottled, CauseThrottled}, {ErrUnavailable, CauseOutage}, {ErrUnexpected, CauseOutage},
	} {
		if errors.Is(err, c.kind) {
			return c.cause
		}
	}
	return ""
}

// judge names the likeliest cause, and says it in a sentence with what to do.
func (e *WaitError) judge(q Query, looked bool) {
	best := e.nearest()
	switch {
	case e.End != nil && !errors.Is(e.End, context.DeadlineExceeded):
		e.Class, e.Cause = causeOf(e.End), e.End.Error()
		return
	case best != nil && best.isIt(), best != nil && e.Obstacle == nil:
		e.Class, e.Cause = best.judge()
		return
	case e.Obstacle != nil:
		e.Class, e.Cause = causeOf(e.Obstacle), "the mailbox could not be looked at: "+e.Obstacle.Error()
		return
	case !looked && len(e.Arrivals) == 0:
		e.Cause = "it ended before the mailbox was looked at: give the context more time"
		return
	}
	if to := foreign(q, e.Mailbox); to != "" {
		e.Class, e.Cause = CauseOther, "mail for "+to+" does not come to this mailbox, "+e.Mailbox+": connect to the other one, or correct the address"
		return
	}
	e.Class = CauseNothing
	switch n := len(e.Arrivals); {
	case len(e.Found) > 0:
		e.Cause = "fewer mails came than wanted"
	case n == 0:
		e.Cause = "no new mail came at all: was it sent, to this address, and after the session began?"
	default:
		e.Cause = "new mails came, but none like the wanted one: was it sent, and to this address?"
	}
}

// nearest is the mail that failed by the least, nil if none is like the wanted one. What another
// test was given is not it.
func (e *WaitError) nearest() *Miss {
	var best *Miss
	all := slices.Concat(e.Arrivals, e.Beside)
	for i := range all {
		m := &all[i]
		if m.like() && (best == nil || m.rank() < best.rank()) {
			best = m
		}
	}
	return best
}

// like reports whether the mail has something of what was wanted: a criterion holds beside the
// folder, or one comes near.
func (m *Miss) like() bool {
	if m.Taken {
		return false
	}
	if slices.ContainsFunc(m.Passed, func(name string) bool { return name != "Folder" }) {
		return true
	}
	return m.fails("Folder") && len(m.Reasons) == 1 || slices.ContainsFunc(m.Reasons, func(r Reason) bool {
		return r.Criterion != "Folder" && r.Near != "" && r.Near != unlike
	})
}

// byNearness orders mails for a report: what is like the wanted one, by how little it fails, in Junk
// first among equals; then the rest.
func byNearness(a, b Miss) int {
	return cmp.Or(
		order(a.like(), b.like()), cmp.Compare(a.rank(), b.rank()),
		order(slices.Contains(a.Folders, Junk), slices.Contains(b.Folders, Junk)),
	)
}

// order puts what holds first.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// rank orders mails by how much they fail: first the number of criteria, then those that are
// nothing like it.
func (m *Miss) rank() int {
	n := 2 * len(m.Reasons)
	for _, r := range m.Reasons {
		if r.Near == "" || r.Near == unlike {
			n++
		}
	}
	return n
}

// isIt reports whether the mail is the wanted one beyond doubt, in the wrong folder: whatever the last look met,
// that is why it was not found.
func (m *Miss) isIt() bool {
	return len(m.Reasons) == 1 && m.Reasons[0].Criterion == "Folder" && len(m.Unread) == 0
}

// fails reports whether the mail fails the criterion.
func (m *Miss) fails(criterion string) bool {
	return slices.ContainsFunc(m.Reasons, func(r Reason) bool { return r.Criterion == criterion })
}

// judge says what the nearest mail shows.
func (m *Miss) judge() (Cause, string) {
	if len(m.Reasons) == 0 {
		return CauseNear, "the mail " + quote(m.Subject) + " matches as far as it was read; its text could not be read in time"
	}
	first := m.Reasons[0]
	lone := len(m.Reasons) == 1
	switch {
	case lone && first.Criterion == "Folder" && slices.Contains(m.Folders, Junk):
		return CauseJunk, "the mail " + quote(m.Subject) + " is in Junk: fix what makes it look like spam, or ask for Folder: Junk"
	case lone && first.Criterion == "Folder":
		return CauseMoved, "the mail " + quote(m.Subject) + " lies in " + folderNames(m.Folders) + ": a rule moved it there; change the rule, or watch that folder (Options.Folders) and ask for it"
	case lone && isRecipient(first.Criterion) && (first.Near == "" || first.Near == otherDomain):
		return CauseOther, "the mail " + quote(m.Subject) + " was sent to " + first.Got + ", not to " + first.Want
	}
	return CauseNear, "the nearest mail, " + quote(m.Subject) + ", fails by: " + first.String() + m.others()
}

// others names the criteria that fail beside the first.
func (m *Miss) others() string {
	if len(m.Reasons) < 2 {
		return ""
	}
	var names []string
	for _, r := range m.Reasons[1:] {
		names = append(names, r.Criterion)
	}
	return "; and by " + strings.Join(names, ", ")
}

func isRecipient(criterion string) bool {
	return criterion == "To" || criterion == "Cc" || criterion == "Recipient"
}

// foreign is the address that a query wants mail for, if it is plainly another mailbox's.
func foreign(q Query, mailbox string) string {
	me := normAddr(mailbox)
	for _, to := range []string{q.To, q.Recipient} {
		if w, ok := parseAddrWant(to); ok && w.local != "" && (untag(w.local) != untag(me.local) || w.domain != me.domain) {
			return strings.TrimSpace(to)
		}
	}
	return ""
}
