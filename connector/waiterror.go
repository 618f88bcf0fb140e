package connector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// WaitError is a wait that failed: what did come and why it did not match, what the looks met, and
// the likeliest cause. errors.Is answers for context.DeadlineExceeded or context.Canceled, and for
// the kind of the obstacle that the last look met.
type WaitError struct {
	Mailbox  string        `json:"mailbox"`
	Scope    string        `json:"scope,omitempty"` // name of the session's scope
	Query    Query         `json:"query"`
	Want     int           `json:"want"`            // how many mails were wanted
	Found    []*Message    `json:"found,omitempty"` // the matching ones, if fewer
	Arrivals []Miss        `json:"arrivals"`        // the new mails that did not match, Junk first
	Cause    string        `json:"cause"`           // the likeliest cause and its remedy
	Waited   time.Duration `json:"waited"`          // how long
	Mark     time.Time     `json:"mark,omitzero"`   // the service's time of the mark
	Looks    int           `json:"looks"`           // how often the mailbox was looked at, for all waiters
	Throttle int           `json:"throttles"`       // how often the service asked to slow down
	Failures int           `json:"failures"`        // how often a look failed otherwise
	Obstacle error         `json:"-"`               // of the last look; nil if it succeeded
	End      error         `json:"-"`               // what ended the wait
}

// Miss is a mail that came and did not match.
type Miss struct {
	Subject  string    `json:"subject"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Received time.Time `json:"received"`
	Folders  []Folder  `json:"folders"`
	Reasons  []Reason  `json:"reasons"`
}

// Unwrap returns what ended the wait, and the obstacle of the last look.
func (e *WaitError) Unwrap() []error {
	out := []error{e.End}
	if e.Obstacle != nil {
		out = append(out, e.Obstacle)
	}
	return out
}

// maxShown is how many arrivals the text of a report shows; the struct has all.
const maxShown = 12

// Error returns the report, in lines of at most about 80 columns.
func (e *WaitError) Error() string {
	var b strings.Builder
	what := "no mail matched"
	if e.Want > 1 {
		what = fmt.Sprintf("%d of %d mails matched", len(e.Found), e.Want)
	}
	fmt.Fprintf(&b, "wait (%s): %s within %s\n", e.Mailbox, what, span(e.Waited))
	fmt.Fprintf(&b, "  likeliest cause: %s\n", oneLine(e.Cause))
	fmt.Fprintf(&b, "  wanted: %s\n", e.Query)
	if e.End != nil && !errors.Is(e.End, context.DeadlineExceeded) {
		fmt.Fprintf(&b, "  ended by: %s\n", oneLine(e.End.Error()))
	}
	if e.Obstacle != nil {
		fmt.Fprintf(&b, "  last obstacle: %s\n", oneLine(e.Obstacle.Error()))
	}
	fmt.Fprintf(&b, "  looks: %d, throttled: %d, failed: %d\n", e.Looks, e.Throttle, e.Failures)
	fmt.Fprintf(&b, "  new mails that did not match: %d", len(e.Arrivals))
	for i, m := range e.Arrivals {
		if i == maxShown {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Arrivals)-i)
			break
		}
		m.write(&b)
	}
	return b.String()
}

// write adds a mail and its reasons to a report.
func (m Miss) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n  - %s from %s, in %s", quote(shorten(m.Subject, 40)), shorten(m.From, 40), folderNames(m.Folders))
	for _, r := range m.Reasons {
		fmt.Fprintf(b, "\n      %s", shorten(r.String(), 160))
	}
}

// failed makes the report of a wait.
func (w *wait) failed(end error) error {
	s := w.session
	e := &WaitError{Mailbox: s.Mailbox(), Scope: s.scope.Name, Query: w.matcher.query, Want: w.want,
		Waited: time.Since(w.began), Mark: s.mark.cursor.At, End: end}
	for _, c := range w.found {
		e.Found = append(e.Found, w.viewOf(c).message.copy())
	}
	f := s.feed
	f.mu.Lock()
	e.Looks, e.Throttle, e.Failures = f.seen.looks-w.seen.looks, f.seen.throttles-w.seen.throttles, f.seen.failures-w.seen.failures
	if errors.Is(end, context.DeadlineExceeded) {
		e.Obstacle = f.seen.obstacle
	}
	f.mu.Unlock()
	e.Arrivals = w.misses()
	e.Cause = e.likeliest()
	return e
}

// misses explains every new mail that the wait compared in vain, those in Junk first.
func (w *wait) misses() []Miss {
	s := w.session
	s.feed.mu.Lock()
	arrived := slices.Concat(s.extra, s.feed.entries[min(s.mark.index, len(s.feed.entries)):])
	s.feed.mu.Unlock()
	var out []Miss
	told := map[*arrival]bool{}
	for _, a := range arrived {
		v := w.views[a]
		if v == nil || told[a] || w.has(a) || s.had(a) {
			continue
		}
		told[a] = true
		m := v.message
		out = append(out, Miss{Subject: m.Subject, From: addressList(m.From), To: addressList(m.To),
			Received: m.Received, Folders: slices.Clone(m.Folders), Reasons: w.reasons(v)})
	}
	slices.SortStableFunc(out, func(a, b Miss) int {
		return boolRank(slices.Contains(b.Folders, Junk)) - boolRank(slices.Contains(a.Folders, Junk))
	})
	return out
}

// reasons explains a mail by as much of it as was read.
func (w *wait) reasons(v *view) []Reason {
	if v.message.Depth > DepthHead {
		own := newView(v.message.copy())
		return w.matcher.mismatch(own)
	}
	var out []Reason
	for _, c := range w.matcher.head {
		if !c.holds(v) {
			out = append(out, c.explain(v)...)
		}
	}
	return out
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// likeliest names the cause that the mailbox and the wire show, with its remedy.
func (e *WaitError) likeliest() string {
	switch {
	case e.End != nil && !errors.Is(e.End, context.DeadlineExceeded):
		return e.End.Error()
	case e.Obstacle != nil:
		return "the mailbox could not be looked at: " + e.Obstacle.Error()
	case len(e.Arrivals) == 0 && len(e.Found) == 0:
		return "no new mail came at all: was it sent, to this address, and after the session began?"
	case len(e.Arrivals) == 0:
		return "fewer mails came than wanted"
	}
	best := e.Arrivals[0]
	for _, m := range e.Arrivals {
		if len(m.Reasons) < len(best.Reasons) {
			best = m
		}
	}
	if len(best.Reasons) == 1 && best.Reasons[0].Criterion == "Folder" && slices.Contains(best.Folders, Junk) {
		return "the mail is in Junk: fix what makes it look like spam, or ask for Folder: Junk"
	}
	if len(best.Reasons) > 0 {
		return "the nearest mail, " + quote(best.Subject) + ", fails by: " + best.Reasons[0].String()
	}
	return "no mail matched"
}

// UnexpectedError is a mail that ExpectNone did not expect.
type UnexpectedError struct {
	Mailbox string
	Query   Query
	Message *Message
	After   time.Duration // how long the wait had run
}

// Error names the mail.
func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("expect none (%s): after %s a mail matched %s: %s from %s, received %s", e.Mailbox, span(e.After),
		e.Query, quote(e.Message.Subject), addressList(e.Message.From), stamp(e.Message.Received))
}
