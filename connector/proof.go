package connector

import (
	"context"
	"fmt"
	"time"
)

// Silence says how it is to be proven that a mail does not come; at most one of its fields is set.
// The zero value watches for a window that is calibrated by the delays of this mailbox.
type Silence struct {
	// Within watches for that long, as ExpectNone does.
	Within time.Duration
	// Sentinel sends another mail by the same path, after all that could cause the mail that must not
	// come, and returns the query that finds it: a reminder to another address, an order that is
	// confirmed. It must match no mail of before. When the sentinel has come and a look after it finds
	// nothing else, then nothing was sent before it, as far as the path keeps the order; that takes no
	// longer than mail takes.
	Sentinel func(ctx context.Context) (Query, error)
	// Miss is the part of the mails that may come later than the calibrated window; zero is 0.01.
	Miss float64
}

// Proof says how it was proven that no mail came.
type Proof struct {
	By       Method        `json:"by"`
	Window   time.Duration `json:"window"`             // how long was watched, in nanoseconds in JSON
	Miss     float64       `json:"miss,omitempty"`     // of a calibrated window: the part of the mails that come later
	Observed int           `json:"observed,omitempty"` // of a calibrated window: the mails of this mailbox whose delay it knows
	Sentinel string        `json:"sentinel,omitempty"` // the Message-ID of the sentinel
}

// Method is a way to prove that no mail came.
type Method string

// The methods.
const (
	ByWindow     Method = "window"
	ByCalibrated Method = "calibrated window"
	BySentinel   Method = "sentinel"
)

// String is one line.
func (p Proof) String() string {
	switch p.By {
	case BySentinel:
		return fmt.Sprintf("no mail before the sentinel <%s>, which came after %s", p.Sentinel, span(p.Window))
	case ByCalibrated:
		return fmt.Sprintf("no mail within %s, after which %.2g %% of the mails come by the delays of %s", span(p.Window), 100*p.Miss, observed(p.Observed))
	}
	return fmt.Sprintf("no mail within %s", span(p.Window))
}

func observed(n int) string {
	if n == 0 {
		return "other mailboxes: none was observed here yet"
	}
	return fmt.Sprintf("%d mails of this mailbox", n)
}

// The bounds of a calibrated window, and the part of the mails it misses.
const (
	usualMiss      = 0.01
	shortestWindow = 2 * time.Second
	longestWindow  = 10 * time.Minute
)

// ProveNone proves that no new mail matches, and says how. A mail that matches is an
// [*UnexpectedError], and counts as given. A sentinel that does not come, and a context that ends too
// early, prove nothing: [*WaitError], and [ErrConfig] before the first look where the context cannot
// be enough. The Proof returned beside an error says what was tried.
func (s *Session) ProveNone(ctx context.Context, q Query, how Silence) (Proof, error) {
	p, err := s.plan(how)
	if err != nil {
		return p, err
	}
	if how.Sentinel == nil {
		return p, s.ExpectNone(ctx, q, p.Window)
	}
	if _, err := s.prepare("expect none", q); err != nil { // before anything is sent
		return p, err
	}
	began := time.Now()
	find, err := how.Sentinel(ctx)
	if err != nil {
		return p, fmt.Errorf("the sentinel could not be sent: %w", err)
	}
	m, err := s.WaitFor(ctx, find)
	p.Window = time.Since(began)
	if err != nil {
		return p, fmt.Errorf("nothing is proven, since the sentinel did not come: %w", err)
	}
	p.Sentinel = m.MessageID
	if q.Mismatch(m) == nil { // the query of the sentinel fits the mail that must not come, too
		return p, &UnexpectedError{Mailbox: s.Mailbox(), Query: q, Message: m, After: p.Window.Round(time.Millisecond)}
	}
	return p, s.ExpectNone(ctx, q, 0)
}

// plan checks how, and takes the measure of a window.
func (s *Session) plan(how Silence) (Proof, error) {
	set := 0
	for _, is := range []bool{how.Within != 0, how.Sentinel != nil, how.Miss != 0} {
		if is {
			set++
		}
	}
	switch {
	case set > 1:
		return Proof{}, configError("expect none", s.Mailbox(), "more than one field of Silence is set", "choose Within, Sentinel or Miss")
	case how.Within < 0:
		return Proof{}, configError("expect none", s.Mailbox(), "Silence.Within is negative", "leave it 0 for a calibrated window")
	case !(how.Miss >= 0 && how.Miss < 1):
		return Proof{}, configError("expect none", s.Mailbox(), fmt.Sprintf("Silence.Miss is %v", how.Miss), "use more than 0 and less than 1, such as 0.01")
	case how.Sentinel != nil:
		return Proof{By: BySentinel}, nil
	case how.Within > 0:
		return Proof{By: ByWindow, Window: how.Within}, nil
	}
	p := Proof{By: ByCalibrated, Miss: how.Miss}
	if p.Miss == 0 {
		p.Miss = usualMiss
	}
	p.Window, p.Observed = s.feed.quiet(p.Miss)
	return p, nil
}

// quiet is how long to watch until all but a part of the mails have come, and of how many mails the
// delay is known.
func (f *feed) quiet(miss float64) (time.Duration, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	window := f.pace.delays.within(miss, shortestWindow, longestWindow)
	return window.Round(100 * time.Millisecond), f.pace.delays.seen
}
