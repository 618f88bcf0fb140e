package fakeimap

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	imap "github.com/emersion/go-imap/v2"
)

// Fault is a failure that a test wants.
type Fault struct {
	// Commands that it may happen to, such as FETCH; nil is every command but LOGOUT. EXAMINE counts as
	// SELECT, AUTHENTICATE as LOGIN, UID commands as those without.
	Commands []string
	Times    int    // how often; 0 is once, -1 is until Clear
	Reply    string // what is answered, without the tag: "NO [UNAVAILABLE] later", "BAD Request is throttled."; default "NO failed"
	Drop     bool   // break the connection instead of an answer
	After    int    // FETCH: of how many mails to tell before it happens; it does not where there are no more
}

// faults are those that wait, and the state of the lines.
type faults struct {
	mu     sync.Mutex
	queue  []Fault
	cuts   []int64
	delay  time.Duration
	down   bool
	vanish int
}

// errDown is what a client is told that dials a server that is down.
var errDown = errors.New("connection refused")

// Push adds faults at the end of the queue: each command takes the first that is for it.
func (s *Server) Push(fs ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range fs {
		if f.Times == 0 {
			f.Times = 1
		}
		s.faults.queue = append(s.faults.queue, f)
	}
}

// Clear drops all faults that wait, and lets the server be up.
func (s *Server) Clear() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue, s.faults.cuts, s.faults.down, s.faults.vanish = nil, nil, false, 0
}

// Down refuses new connections and breaks those that are there, until Clear.
func (s *Server) Down() {
	s.faults.mu.Lock()
	s.faults.down = true
	s.faults.mu.Unlock()
	s.Disconnect()
}

// Delay is the round-trip time from now on.
func (s *Server) Delay(d time.Duration) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.delay = d
}

// CutNext breaks each of the next connections after so many bytes to the client.
func (s *Server) CutNext(bytes ...int64) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.cuts = append(s.faults.cuts, bytes...)
}

// Vanish makes the next n mails whose header is listed be deleted right after.
func (s *Server) Vanish(n int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.vanish += n
}

// Disconnect breaks all connections.
func (s *Server) Disconnect() {
	for _, l := range s.connections() {
		l.end()
	}
}

// Freeze makes all connections half open: they stay, and nothing comes through any more.
func (s *Server) Freeze() {
	for _, l := range s.connections() {
		l.silence()
	}
}

// Connections counts those that are there.
func (s *Server) Connections() int { return len(s.connections()) }

func (s *Server) connections() []*link {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*link
	for l := range s.links {
		out = append(out, l)
	}
	return out
}

// SetPassword changes the password of a user. Connections that are signed in stay so.
func (s *Server) SetPassword(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		s.users = map[string]string{}
	}
	s.users[user] = password
}

// SetToken says whose an access token is; "" is nobody's.
func (s *Server) SetToken(token, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = map[string]string{}
	}
	s.tokens[token] = user
	if user == "" {
		delete(s.tokens, token)
	}
}

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

func (f *faults) isDown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

func (f *faults) trip() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delay
}

func (f *faults) takeCut() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.cuts) == 0 {
		return -1
	}
	cut := f.cuts[0]
	f.cuts = f.cuts[1:]
	return cut
}

func (f *faults) takeVanish() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.vanish--
	if f.vanish < 0 {
		f.vanish = 0
		return false
	}
	return true
}

// take finds the fault of a command. mails is how many a FETCH tells of.
func (f *faults) take(command string, mails int) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.queue, func(x Fault) bool {
		return (len(x.Commands) == 0 || slices.Contains(x.Commands, command)) && (x.After == 0 || mails > x.After)
	})
	if at < 0 {
		return Fault{}, false
	}
	x := f.queue[at]
	if x.Times > 0 {
		f.queue[at].Times--
	}
	if x.Times == 1 {
		f.queue = slices.Delete(f.queue, at, at+1)
	}
	return x, true
}

// fail is what a test wants to happen to a command.
func (x *session) fail(command string) error {
	f, ok := x.server.faults.take(command, 0)
	if !ok {
		return nil
	}
	return x.happen(f)
}

// happen makes a fault happen.
func (x *session) happen(f Fault) error {
	if f.Drop {
		_ = x.conn.NetConn().Close()
		return errDown
	}
	if f.Reply == "" {
		return no("failed")
	}
	kind, text, _ := strings.Cut(f.Reply, " ")
	e := &imap.Error{Type: imap.StatusResponseType(kind), Text: text}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		code, after, _ := strings.Cut(rest, "] ")
		e.Code, e.Text = imap.ResponseCode(code), after
	}
	return e
}

// no is a refusal.
func no(text string) error { return &imap.Error{Type: imap.StatusResponseTypeNo, Text: text} }
