// Package mailstore keeps mailboxes in memory: the one truth behind every mail fake of this
// module and behind connector/memory.
//
// A [Store] holds [Mailbox]es by address and carries mail between them, as a mail system does.
// A mailbox holds messages in folders and writes each change into a log, so that a front end can
// answer "what happened since" in its own protocol: a delta link, a history id, a UIDNEXT.
//
// The package knows neither HTTP nor any mail protocol, and it decides nothing that a service
// decides: ids, quotas and permissions belong to the front end. Times come from [time.Now], so
// that a store made inside a testing/synctest bubble lives in the bubble's time.
package mailstore

import (
	"strconv"
	"time"
)

// Names of the folders that every mailbox has from the start. Other folders are paths with "/"
// between the levels, such as "Projects/2026".
const (
	Inbox   = "Inbox"
	Junk    = "Junk"
	Sent    = "Sent"
	Drafts  = "Drafts"
	Trash   = "Trash"
	Archive = "Archive" // no longer in the inbox, in no other folder either
)

// Message is a snapshot of one stored mail. Its Raw and Keywords are shared by all snapshots and
// must not be changed.
type Message struct {
	Key      uint64    // unique in the store, rising with arrival, kept when the mail moves
	Folder   string    // the path of the folder that holds it
	UID      uint32    // rising within the folder; a move or copy gives a new one
	Received time.Time // when the store took it, or what Delivery said; UTC
	Raw      []byte    // the whole mail as stored, trace headers included
	From     string    // envelope sender, "" if none
	Rcpt     string    // the envelope recipient that brought it here, "" if none
	Seen     bool      // the read flag
	Flagged  bool      // the star or follow-up flag
	Answered bool      // a reply was sent
	Draft    bool      // not sent yet
	Keywords []string  // categories (Outlook), user labels (Gmail), keywords (IMAP); sorted
	Seq      uint64    // the mailbox sequence of its latest change
}

// Delivery says how a mail enters a mailbox; the zero value is a fresh, unread mail in the inbox.
type Delivery struct {
	Folder   string    // default: where the mailbox's route says, else Inbox
	Received time.Time // default: now
	From     string    // envelope sender
	Rcpt     string    // envelope recipient
	Seen     bool
	Flagged  bool
	Draft    bool
	Keywords []string
	NoTrace  bool // store Raw untouched: no Return-Path, Delivered-To and Received in front
}

// Kind names what a [Change] did.
type Kind int

// The kinds of change.
const (
	Added   Kind = iota + 1 // a mail came: delivered, appended, copied
	Moved                   // it went from From to Folder
	Flagged                 // read flag, star, keywords or draft content changed
	Removed                 // it is gone for good
)

// Change is one entry of a mailbox's log.
type Change struct {
	Seq      uint64
	Kind     Kind
	Message  Message  // as it was right after the change; of a removed mail, right before
	From     string   // Moved: the folder it left
	FromUID  uint32   // Moved: the UID it had there
	Added    []string // Flagged: keywords that came
	Dropped  []string // Flagged: keywords that went
	SeenFlip bool     // Flagged: the read flag changed
}

// String is the constant's name.
func (k Kind) String() string {
	names := [...]string{Added: "Added", Moved: "Moved", Flagged: "Flagged", Removed: "Removed"}
	if k < Added || int(k) >= len(names) {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return names[k]
}
