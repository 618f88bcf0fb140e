package connector

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// WaitError is a wait that failed: what did come and why it did not match, what the looks met, and
// the likeliest cause. errors.Is answers for context.DeadlineExceeded or context.Canceled, and for
// the kind of the obstacle that the last look met.
type WaitError struct {
	Mailbox  string        `json:"mailbox"`
	Scope    string        `json:"scope,omitempty"` // name of the session's scope
	Query    Query         `json:"query"`
	Want     int           `json:"want"`             // how many mails were wanted
	Found    []*Message    `json:"found,omitempty"`  // the matching ones, if fewer
	Arrivals []Miss        `json:"arrivals"`         // the new mails that did not match, the nearest first
	Beside   []Miss        `json:"beside,omitempty"` // matching ones that do not count: given already, in another folder, before the mark
	Class    Cause         `json:"class"`            // the likeliest cause; empty if the caller ended the wait, or before a look was made
	Cause    string        `json:"cause"`            // the same in a sentence, with its remedy
	Waited   time.Duration `json:"waited"`           // how long; in JSON in nanoseconds
	Mark     time.Time     `json:"mark,omitzero"`    // the service's time of the mark
	Looks    int           `json:"looks"`            // how often the mailbox was looked at, for all waiters
	Throttle int           `json:"throttles"`        // how often the service asked to slow down
	Failures int           `json:"failures"`         // how often a look failed otherwise
	Obstacle error         `json:"-"`                // of the last look, or of reading what came; nil if there was none; in JSON the text "obstacle"
	End      error         `json:"-"`                // what ended the wait; in JSON the text "end"
}

// Miss is a mail that came and did not match.
type Miss struct {
	Subject  string    `json:"subject"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Received time.Time `json:"received"`
	Folders  []Folder  `json:"folders"`
	Passed   []string  `json:"passed"`           // criteria that hold
	Reasons  []Reason  `json:"reasons"`          // those that fail, and how near they came
	Unread   []string  `json:"unread,omitempty"` // those that only the text decides, where it was not read: the header failed already
	Taken    bool      `json:"taken,omitempty"`  // another session was given it
}

// Unwrap returns what ended the wait, and the obstacle of the last look.
func (e *WaitError) Unwrap() []error {
	out := []error{e.End}
	if e.Obstacle != nil {
		out = append(out, e.Obstacle)
	}
	return out
}

// MarshalJSON writes the report with the errors as texts.
func (e *WaitError) MarshalJSON() ([]byte, error) {
	type report WaitError
	return json.Marshal(struct {
		*report
		Obstacle string `json:"obstacle,omitempty"`
		End      string `json:"end,omitempty"`
	}{(*report)(e), textOf(e.Obstacle), textOf(e.End)})
}

// textOf is an error's text, "" for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
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
	looked := w.waiter.served
	if errors.Is(end, context.DeadlineExceeded) {
		e.Obstacle = cmp.Or(f.seen.obstacle, w.hitch(), w.silence())
	}
	f.mu.Unlock()
	e.Arrivals, e.Beside = w.misses()
	e.judge(w.matcher.query, looked)
	if w.none && e.Obstacle == nil && errors.Is(end, context.DeadlineExceeded) {
		e.Class, e.Cause = "", "nothing is proven: it ended before a look was done that began at the end of the time; give the context more time"
	}
	return e
}

// hitch is what kept a new mail from being read that may be the wanted one; the feed's lock is held.
func (w *wait) hitch() error {
	s := w.session
	for _, a := range slices.Concat(s.extra, s.feed.entries[min(s.mark.index, len(s.feed.entries)):]) {
		if a.hitch != nil && (a.head == nil || w.matcher.matchHead(a.head)) {
			return a.hitch
		}
	}
	return nil
}

// silence is the obstacle of a wait that ended while a look was held up: by our part of the quota, or by a
// service that did not answer it, the only one or for longer than looks are apart; the feed's lock is held.
func (w *wait) silence() error {
	f := w.session.feed
	since := time.Since(f.seen.under)
	switch {
	case f.seen.under.IsZero() || w.waiter.last:
		return nil
	case f.gate.short(f.able.limits.Fetch):
		return &Error{Op: "read mail", Mailbox: f.mailbox, Kind: ErrThrottled, Err: errors.New("more mail came than the service's quota lets us read in the time"),
			Remedy: "give the tests a mailbox of their own, the wait more time, or this process more of the quota (Options.Share)"}
	case w.waiter.served && since < lookMost:
		return nil
	}
	return &Error{Op: "look for mail", Mailbox: f.mailbox, Kind: ErrUnavailable, Err: fmt.Errorf("the service has not answered for %s", span(since)),
		Remedy: "is it well, and the network? Or does the wait need more time?"}
}

// misses explains every new mail that was not given to the session, the nearest first; and what
// would have matched, but was given before, lies elsewhere, or came before the mark.
func (w *wait) misses() (out, beside []Miss) {
	s, f := w.session, w.session.feed
	out = []Miss{}
	f.mu.Lock()
	arrived := slices.Concat(s.extra, f.entries[min(s.mark.index, len(f.entries)):])
	before, elsewhere := slices.Clone(f.entries[:min(s.mark.index, len(f.entries))]), f.elsewhere
	f.mu.Unlock()
	told := map[*arrival]bool{}
	for _, a := range arrived {
		v, taken := w.deepest(a)
		if v == nil || told[a] || w.has(a) || !s.isNew(a, v.message) {
			continue
		}
		told[a] = true
		given := s.had(a)
		switch m := w.miss(v, given, taken); {
		case given && m.fails("Given"):
			beside = append(beside, m)
		case !given:
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, byNearness)
	for _, a := range before {
		if v, _ := w.deepest(a); v != nil && !told[a] {
			elsewhere = append(elsewhere[:len(elsewhere):len(elsewhere)], v)
		}
	}
	return out, append(beside, w.beside(elsewhere)...)
}

// deepest is what was read of a mail, and whether another session was given it.
func (w *wait) deepest(a *arrival) (*view, bool) {
	w.session.feed.mu.Lock()
	defer w.session.feed.mu.Unlock()
	v := a.at(DepthHead)
	if compared := w.views[a]; compared != nil && v != nil && v.message.Depth == DepthHead {
		v = compared // whose text was dropped since
	}
	return v, a.takers > 0
}

// miss explains one mail. One that matches was given before, or is claimed, or could not be read.
func (w *wait) miss(v *view, given, taken bool) Miss {
	m := v.message
	out := Miss{Subject: m.Subject, From: addressList(m.From), To: addressList(m.To), Received: m.Received,
		Folders: slices.Clone(m.Folders), Reasons: w.reasons(v), Passed: w.passed(v), Unread: w.unread(v), Taken: taken && !given}
	if len(out.Reasons) > 0 || m.Depth == DepthHead && w.matcher.query.needsText() {
		return out
	}
	switch {
	case given:
		out.Reasons = []Reason{{Criterion: "Given", Near: "a wait of this session was given it already"}}
	case w.matcher.query.Claim:
		out.Reasons = []Reason{{Criterion: "Claim", Near: "another test has claimed it"}}
	}
	return out
}

// beside explains the mails outside the session's log that match in all that their header tells but
// the folder and the time.
func (w *wait) beside(views []*view) []Miss {
	at := w.session.mark.cursor.At
	var out []Miss
	for _, v := range views {
		m := w.miss(v, false, false)
		early := at.Sub(m.Received)
		if early > surveyPast || at.IsZero() || slices.ContainsFunc(m.Reasons, func(r Reason) bool { return r.Criterion != "Folder" }) {
			continue
		}
		if early > 0 {
			m.Reasons = append(m.Reasons, Reason{Criterion: "Mark", Want: "after " + stamp(at), Got: stamp(m.Received), Near: span(early) + " before the mark"})
		}
		if len(m.Reasons) > 0 {
			out = append(out, m)
		}
	}
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

// passed names the criteria that hold, as far as the mail was read.
func (w *wait) passed(v *view) (out []string) {
	all := w.matcher.head
	if v.message.Depth > DepthHead {
		all = slices.Concat(all, w.matcher.text)
	}
	for _, c := range all {
		if c.holds(v) {
			out = append(out, c.title())
		}
	}
	return out
}

// unread names the criteria that the text decides, of a mail whose header alone was read.
func (w *wait) unread(v *view) (out []string) {
	if v.message.Depth > DepthHead {
		return nil
	}
	for _, c := range w.matcher.text {
		out = append(out, c.title())
	}
	if w.matcher.where != nil {
		out = append(out, "Where")
	}
	return out
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
	return oneLine(fmt.Sprintf("expect none (%s): after %s a mail matched %s: %s from %s, received %s", e.Mailbox, span(e.After),
		e.Query, quote(e.Message.Subject), addressList(e.Message.From), stamp(e.Message.Received)))
}
