package connector

import (
	"context"
	"io"
	"time"
)

// Identifier is the ability to tell whose mailbox this is, seen with whose rights. Sessions with
// the same identity share one feed. A backend without it, or with an empty identity (as with an
// injected transport), shares none.
type Identifier interface{ Identity() string }

// Limiter is the ability to tell what the service allows.
type Limiter interface{ Limits() Limits }

// Notifier is the ability to learn of new mail without asking. Notify returns nil when mail may
// have come after the cursor, at once if it already has; an error ends nothing, since a slow look
// goes on beside it.
type Notifier interface {
	Notify(ctx context.Context, after Cursor) error
}

// Sender is the ability to send. The mail's header names all recipients, Bcc included; whoever
// submits it by SMTP leaves the Bcc field out. A call that fails with [ErrThrottled] has sent
// nothing; after any other error the mail may be under way.
type Sender interface {
	Send(ctx context.Context, to []string, mail io.Reader) error
}

// NoCopyError is what a [Sender] returns that sent the mail and could not keep a copy in Sent. A session does
// not take it for a failed send: it logs it at level Warn, and [Receipt.NoCopy] holds it.
type NoCopyError struct{ Err error }

// Error says what kept it.
func (e *NoCopyError) Error() string {
	return "the mail was sent, and Sent has no copy: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *NoCopyError) Unwrap() error { return e.Err }

// Replier is [Sender] within the thread of a mail of this mailbox, where the service keeps threads
// by more than the References field.
type Replier interface {
	SendReply(ctx context.Context, id string, to []string, mail io.Reader) error
}

// Mover is the ability to move a mail to another folder. The new id equals the old one where ids
// survive moves.
type Mover interface {
	Move(ctx context.Context, id string, to Folder) (newID string, err error)
}

// Trasher is the ability to put a mail into the trash, from where a person can take it back.
type Trasher interface {
	Trash(ctx context.Context, id string) error
}

// ReadSetter is the ability to set or clear the read flag.
type ReadSetter interface {
	SetRead(ctx context.Context, id string, read bool) error
}

// Claimer is the ability to reserve a mail across processes. It reports false if another has it.
type Claimer interface {
	Claim(ctx context.Context, id, by string) (bool, error)
}

// Parter is the ability to open the decoded content of one part without the rest. Parts are
// numbered as in IMAP (RFC 9051 §6.4.5): "2", "1.3".
type Parter interface {
	Part(ctx context.Context, id, part string) (io.ReadCloser, error)
}

// Folderer is the ability to list the folders, as [Folder] values that the other calls take.
type Folderer interface {
	Folders(ctx context.Context) ([]Folder, error)
}

// Preflighter is the ability of a [Server] to explain why connecting fails.
type Preflighter interface {
	Preflight(ctx context.Context) []Finding
}

// Finding is one thing that a [Preflighter] checked.
type Finding struct {
	Check  string // what was looked at
	OK     bool
	Detail string // what was seen
	Remedy string // what to do if not OK
}

// Limits is what a service allows. A zero field means that no limit is known.
type Limits struct {
	Budget    int           // units that one mailbox may use in a Window
	Window    time.Duration // of Budget
	Look      int           // units of one Arrivals call, at least 1
	Fetch     int           // units of one Fetch call, at least 1
	InFlight  int           // requests at the same time, counted by App
	App       string        // what InFlight is counted by; empty: the mailbox
	StableIDs bool          // an id survives the mail's moves inside the mailbox
}

// ability holds what a backend can do, asked once.
type ability struct {
	identity string
	limits   Limits
	notify   Notifier
	send     Sender
	reply    Replier
	move     Mover
	trash    Trasher
	setRead  ReadSetter
	claim    Claimer
	part     Parter
	folders  Folderer
	close    io.Closer
}

// abilityOf is the one place where a backend's abilities are asserted.
func abilityOf(b Backend) ability {
	var a ability
	if i, ok := b.(Identifier); ok {
		a.identity = i.Identity()
	}
	if l, ok := b.(Limiter); ok {
		a.limits = l.Limits()
	}
	a.notify, _ = b.(Notifier)
	a.send, _ = b.(Sender)
	a.reply, _ = b.(Replier)
	a.move, _ = b.(Mover)
	a.trash, _ = b.(Trasher)
	a.setRead, _ = b.(ReadSetter)
	a.claim, _ = b.(Claimer)
	a.part, _ = b.(Parter)
	a.folders, _ = b.(Folderer)
	a.close, _ = b.(io.Closer)
	return a
}
