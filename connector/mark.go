package connector

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Mark is a place in one mailbox: what comes after it is new. It marshals to text, so that a test
// in another process can wait from it ([Scope.Mark]). The zero Mark means now.
type Mark struct {
	mailbox string
	cursor  Cursor
	index   int // how much of the feed's log is before it; meaningful inside one feed only
	feed    *feed
}

// markText is how a mark travels.
type markText struct {
	Version int    `json:"v"`
	Mailbox string `json:"m"`
	Cursor  Cursor `json:"c"`
}

// markPrefix starts a mark's text, so that it is recognised in a log or a file.
const markPrefix = "cloudmail-mark:"

// IsZero reports whether the mark is none.
func (m Mark) IsZero() bool { return m.mailbox == "" }

// Mailbox returns the address of the mailbox the mark is of.
func (m Mark) Mailbox() string { return m.mailbox }

// At returns the service's time of the mark; zero where the service shows no clock.
func (m Mark) At() time.Time { return m.cursor.At }

// String returns the mailbox and time, for a log.
func (m Mark) String() string {
	if m.IsZero() {
		return "now"
	}
	if m.cursor.At.IsZero() {
		return "mark in " + m.mailbox
	}
	return "mark in " + m.mailbox + " at " + stamp(m.cursor.At)
}

// MarshalText returns the mark in one word, for a file, an environment variable or a flag; the zero
// Mark is "". It holds the mailbox's address and ids, no secret. How long a service knows a mark is
// its own affair; one that it forgot is found again by its time.
func (m Mark) MarshalText() ([]byte, error) {
	if m.IsZero() {
		return nil, nil
	}
	js, err := json.Marshal(markText{Version: 1, Mailbox: m.mailbox, Cursor: m.cursor})
	if err != nil {
		return nil, err
	}
	return []byte(markPrefix + base64.RawURLEncoding.EncodeToString(js)), nil
}

// UnmarshalText reads what MarshalText wrote, "" as the zero Mark; anything else is [ErrConfig].
func (m *Mark) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Mark{}
		return nil
	}
	rest, ok := strings.CutPrefix(string(text), markPrefix)
	js, err := base64.RawURLEncoding.DecodeString(rest)
	var t markText
	if err == nil {
		err = json.Unmarshal(js, &t)
	}
	if err == nil && (!ok || t.Version != 1 || t.Mailbox == "") {
		err = errors.New("it is not one that Mark.MarshalText wrote")
	}
	if err != nil {
		return &Error{Op: "read mark", Kind: ErrConfig, Err: err, Remedy: "pass the text of Session.Mark unchanged"}
	}
	*m = Mark{mailbox: t.Mailbox, cursor: t.Cursor}
	return nil
}
