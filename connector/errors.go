package connector

import (
	"errors"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// The kinds of error. Every error of this package answers errors.Is for one of them; what a
// service cannot do at all is errors.ErrUnsupported.
var (
	ErrConfig      = errors.New("wrong configuration")                // a field or argument; no request was made
	ErrAuth        = errors.New("credentials refused")                // the service does not accept who we say we are
	ErrPermission  = errors.New("permission missing")                 // known, but not allowed
	ErrNoMailbox   = errors.New("no such mailbox")                    // unknown address, no licence, service off
	ErrNotFound    = errors.New("no such mail")                       // the id names nothing, or nothing any more
	ErrThrottled   = errors.New("throttled")                          // too many requests; retried
	ErrUnavailable = errors.New("service unavailable")                // outage, network, time-out; retried
	ErrRefused     = errors.New("refused by the safety catch")        // we could, but will not
	ErrClosed      = errors.New("session is closed")                  // used after Close
	ErrUnexpected  = errors.New("unexpected answer")                  // the service broke its own rules
	ErrCursorLost  = errors.New("place in the mail stream forgotten") // the session finds it again
)

// Error is what a backend or session returns: what was tried, where, what kind of failure it was,
// and what to do about it.
type Error struct {
	Op         string        // what was tried: "connect", "look for mail", "send"
	Mailbox    string        // the address
	Kind       error         // one of the kinds above
	Remedy     string        // what to do; may be empty
	RetryAfter time.Duration // how long the service asks to wait; 0 if it did not say
	Err        error         // the cause, such as the SDK's own error; may be nil
}

// Error returns one line: operation, mailbox, kind, cause, remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Mailbox != "" {
		b.WriteString(" (" + e.Mailbox + ")")
	}
	if e.Kind != nil {
		b.WriteString(": " + e.Kind.Error())
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return oneLine(b.String())
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	var out []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// configError is an ErrConfig about one field or argument.
func configError(op, mailbox, what, remedy string) *Error {
	return &Error{Op: op, Mailbox: mailbox, Kind: ErrConfig, Err: errors.New(what), Remedy: remedy}
}

// passing reports whether an obstacle is one that waiting may clear.
func passing(err error) bool {
	return errors.Is(err, ErrThrottled) || errors.Is(err, ErrUnavailable)
}

// retryAfter returns how long the service asked to wait.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// oneLine keeps foreign text from breaking a line of ours.
func oneLine(s string) string { return folding.OneLine(s) }
