package connector

import (
	"fmt"
	"strings"
	"time"
)

// Capabilities is what a mailbox can do for a test, and what it cannot: services differ. What is false
// is [errors.ErrUnsupported] where a call needs it, or is done in the slower way that the field tells.
type Capabilities struct {
	Mailbox string `json:"mailbox"`

	Send    bool `json:"send"`    // Send, Reply and Forward; POP3 and IMAP need a submission server for it
	Threads bool `json:"threads"` // a reply joins its thread by the service's own id, too
	Move    bool `json:"move"`
	Trash   bool `json:"trash"` // also Clean
	SetRead bool `json:"setRead"`
	Folders bool `json:"folders"`

	Push      bool `json:"push"`      // new mail is told of; else it is looked for on a schedule
	Parts     bool `json:"parts"`     // an attachment is read without the rest of its mail
	StableIDs bool `json:"stableIDs"` // a mail keeps its id when it moves; else it is told by its header
	Shared    bool `json:"shared"`    // sessions of the same mailbox and rights share one reader

	// Claim says how far [Query.Claim] reaches.
	Claim Reach `json:"claim"`

	// Units that the service lets one mailbox use in a Window, and requests at the same time; zero is not
	// known.
	Units    int           `json:"units,omitempty"`
	Window   time.Duration `json:"window,omitempty"` // in nanoseconds in JSON
	InFlight int           `json:"inFlight,omitempty"`
}

// Reach is how far a claim keeps others from a mail.
type Reach string

// The reaches of a claim.
const (
	ReachProcess  Reach = "process"  // the sessions of this process that share the reader
	ReachEveryone Reach = "everyone" // every process that claims, by a mark on the mail itself
)

// Capabilities tells what this mailbox can do. No request is made.
func (s *Session) Capabilities() Capabilities {
	a := s.feed.able
	c := Capabilities{
		Mailbox: s.Mailbox(), Send: a.send != nil, Threads: a.reply != nil, Move: a.move != nil, Trash: a.trash != nil,
		SetRead: a.setRead != nil, Folders: a.folders != nil, Push: a.notify != nil, Parts: a.part != nil, StableIDs: a.limits.StableIDs,
		Shared: s.feed.key != "", Claim: ReachProcess, Units: a.limits.Budget, Window: a.limits.Window, InFlight: a.limits.InFlight,
	}
	if a.claim != nil && !s.set.DryRun {
		c.Claim = ReachEveryone
	}
	return c
}

// String is the report, one line each.
func (c Capabilities) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s can\n", c.Mailbox)
	line := func(name string, can bool, without string) {
		text := "yes"
		if !can {
			text = "no: " + without
		}
		fmt.Fprintf(&b, "  %-22s %s\n", name, text)
	}
	line("send, reply, forward", c.Send, "give it a submission server")
	line("reply in the thread", c.Threads, "by In-Reply-To and References alone")
	line("move", c.Move, "its mails stay where they are")
	line("trash, clean up", c.Trash, "nothing is cleaned up")
	line("set the read flag", c.SetRead, "there is none, or it may not be set")
	line("list folders", c.Folders, "the inbox is all")
	line("tell of new mail", c.Push, "it is looked for on a schedule")
	line("open a single part", c.Parts, "an attachment is read with its mail")
	line("keep ids in moves", c.StableIDs, "a moved mail is told by its header")
	line("share one reader", c.Shared, "each session has its own")
	line("claim across processes", c.Claim == ReachEveryone, "within this process")
	if c.Units > 0 {
		fmt.Fprintf(&b, "  %-22s %d units in %v\n", "quota", c.Units, c.Window)
	}
	if c.InFlight > 0 {
		fmt.Fprintf(&b, "  %-22s %d\n", "requests at once", c.InFlight)
	}
	return b.String()
}
