package connectortest

import (
	"context"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Harness tells [Run] how to get a service to try the laws on.
type Harness struct {
	// New makes a fresh service with one mailbox for one law. What has to be taken down goes into
	// t.Cleanup. If Virtual is set, it runs inside the law's bubble.
	New func(t *testing.T) *Instance
	// Virtual runs each law in a testing/synctest bubble of its own, where minutes take no time.
	// Nothing of the instance may use a real socket then.
	Virtual bool
}

// Instance is one service with one mailbox, and the hands that its harness has in it. Server and
// Deliver are required. A nil func means that this service, or this harness, cannot do it; the laws
// that need it are skipped and listed. The funcs may be called from any goroutine.
type Instance struct {
	// Server names the mailbox, which has no mail at first. It may be connected to several times.
	Server connector.Server
	// Deliver brings a mail into the inbox, as the product under test does. It is there when
	// Deliver returns. The service may add header fields in front.
	Deliver func(raw []byte)
	// Unfit reports whether the service's protocol cannot carry a mail as it is, such as one with a
	// NUL in IMAP (RFC 9051 §4.3): what comes out of it then is not compared. nil is none.
	Unfit func(raw []byte) bool

	// Place puts a mail into a folder as received at some time; zero is the inbox, and now. Of the
	// folders it must know [connector.Junk], Sent, Drafts, Archive and Extra.
	Place func(raw []byte, folder connector.Folder, received time.Time)
	// Extra is a folder of the mailbox that has no fixed name and may be watched.
	Extra connector.Folder
	// InboxOnly says that the service shows the inbox alone, and can neither move, trash nor flag a
	// mail, as with POP3: the laws about that are not tried.
	InboxOnly bool
	// Move is someone else who moves the mail of that Message-ID.
	Move func(messageID string, to connector.Folder)
	// Delete is someone else who deletes the mail for good.
	Delete func(messageID string)
	// Touch is someone else who flags the mail, or reads it.
	Touch func(messageID string)
	// Snapshot tells of every mail of the mailbox, in any order that does not change by itself.
	Snapshot func() []State
	// Peer is the address of another mailbox that the service can send to, and PeerMail the mails
	// that came there.
	Peer     string
	PeerMail func() [][]byte
	// StableIDs says that an id survives someone else's move.
	StableIDs bool
	// Unknown names a mailbox that the service does not have.
	Unknown connector.Server

	// Throttle makes the next n requests be refused as too many, each asking to come again after
	// retryAfter, which is whole seconds.
	Throttle func(n int, retryAfter time.Duration)
	// Outage makes the next n requests fail as those to a service that is down; a negative n is
	// all of them, 0 ends it.
	Outage func(n int)
	// Revoke makes the service refuse what it accepted so far: the credential and every token that
	// it gave for it. If replace is set, the credential of Server gives another value when it is
	// told of the refused one, and the service takes that.
	Revoke func(replace bool)
	// CredentialReads counts how often the credential of Server was asked for a value.
	CredentialReads func() int
	// LoseCursors makes the service forget every cursor that it gave so far.
	LoseCursors func()
	// CutArrivals makes each listing of arrivals break off after its first part: the request for
	// the next part fails, the first after it succeeds again. It returns how many mails a part has.
	CutArrivals func() int
	// Vanish makes the next n mails that a listing of arrivals shows be gone before they can be
	// fetched.
	Vanish func(n int)
	// Delay is how long every request takes from now on.
	Delay func(d time.Duration)
	// Requests counts the requests that reached the service so far.
	Requests func() int

	virtual  bool
	trip     time.Duration // the longest that connecting took
	letters  int
	sessions []*connector.Session
}

// State is what one mail of a mailbox shows to others.
type State struct {
	MessageID string // without angle brackets
	Folder    connector.Folder
	Read      bool
	Flags     string // all that can change by an act, in a form of the harness's own
}

// T is what a law needs of a test. [*testing.T] is one; so is a recorder that proves that a broken
// backend is caught.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Context() context.Context
}

// Law is one promise of the contract. It is broken if Run reports an error.
type Law struct {
	// Name is short and speaking: "late-mail-is-found".
	Name string
	// Why is printed when the law is broken: what a user would suffer.
	Why string
	// Needs reports whether the law can be tried on the instance; nil is always.
	Needs func(*Instance) bool
	// Run tries the law on a fresh instance.
	Run func(T, *Instance)
}
