package fakeimap

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	imap "github.com/emersion/go-imap/v2"
)

// Fault is a failure that a test wants.
type Fault struct {
	// Commands that it may happen to, such as FETCH; nil is every command but LOGOUT. EXAMINE counts as
	// SELECT, AUTHENTICATE as LOGIN, UID commands as those without.
	Commands []string
	Times    int    // how often; 0 is once, -1 is until Clear
	Reply    string // what is answered, without the tag: "NO [UNAVAILABLE] later", "BAD Request is throttled."; default "NO failed"; "BYE later" ends the connection
	Drop     bool   // break the connection instead of an answer
	After    int    // FETCH: of how many mails to tell before it happens; it does not where there are no more
}

// Push adds faults at the end of the queue: each command takes the first that is for it.
func (s *Server) Push(fs ...Fault) {
	for _, f := range fs {
		s.queue.Push(f, f.Times)
	}
}

// Clear drops all faults that wait, and lets the server be up.
func (s *Server) Clear() {
	s.queue.Clear()
	s.door.Cuts.Clear()
	s.vanish.Store(0)
	s.door.Up()
}

// Down refuses new connections and breaks those that are there, until Clear.
func (s *Server) Down() { s.door.Down() }

// Delay is the round-trip time from now on.
func (s *Server) Delay(d time.Duration) { s.door.Trip.Set(d) }

// CutNext breaks each of the next connections after so many bytes to the client.
func (s *Server) CutNext(bytes ...int64) {
	for _, n := range bytes {
		s.door.Cuts.Push(n, 1)
	}
}

// Vanish makes the next n mails whose header is listed be deleted right after.
func (s *Server) Vanish(n int) { s.vanish.Add(int64(n)) }

// vanishes tells whether one more mail is to go.
func (s *Server) vanishes() bool {
	for n := s.vanish.Load(); n > 0; n = s.vanish.Load() {
		if s.vanish.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}

// Disconnect breaks all connections.
func (s *Server) Disconnect() { s.door.Break() }

// Freeze makes all connections half open: they stay, and nothing comes through any more.
func (s *Server) Freeze() { s.door.Freeze() }

// Connections counts those that are there.
func (s *Server) Connections() int { return s.door.Len() }

// SetPassword changes the password of a user; "" takes the user away. Connections that are signed in
// stay so.
func (s *Server) SetPassword(user, password string) { s.users.Set(user, password) }

// SetToken changes the access token of a user; "" takes it away.
func (s *Server) SetToken(user, token string) { s.tokens.Set(user, token) }

// ResetUIDs gives all folders of a mailbox a new UIDVALIDITY and their mails new UIDs. All connections
// break.
func (s *Server) ResetUIDs(address string) {
	if box, ok := s.store.Mailbox(address); ok {
		for _, f := range box.Folders() {
			box.ResetFolder(f.Path)
		}
	}
	s.Disconnect()
}

// take finds the fault of a command. mails is how many a FETCH tells of.
func (s *Server) take(command string, mails int) (Fault, bool) {
	return s.queue.Take(func(f Fault) bool {
		return (len(f.Commands) == 0 || slices.Contains(f.Commands, command)) && (f.After == 0 || mails > f.After)
	})
}

// fail is what a test wants to happen to a command.
func (x *session) fail(command string) error {
	f, ok := x.server.take(command, 0)
	if !ok {
		return nil
	}
	return x.happen(f)
}

// happen makes a fault happen.
func (x *session) happen(f Fault) error {
	if f.Drop {
		_ = x.conn.NetConn().Close()
		return net.ErrClosed
	}
	if f.Reply == "" {
		return no("failed")
	}
	kind, text, _ := strings.Cut(f.Reply, " ")
	if kind == "BYE" {
		_, _ = fmt.Fprintf(x.conn.NetConn(), "* BYE %s\r\n", text) // by itself: within AUTHENTICATE imapserver holds its encoder
		_ = x.conn.NetConn().Close()
		return net.ErrClosed
	}
	e := &imap.Error{Type: imap.StatusResponseType(kind), Text: text}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		code, after, _ := strings.Cut(rest, "] ")
		e.Code, e.Text = imap.ResponseCode(code), after
	}
	return e
}

// no is a refusal.
func no(text string) error { return &imap.Error{Type: imap.StatusResponseTypeNo, Text: text} }
