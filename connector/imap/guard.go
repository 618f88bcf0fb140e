package imap

import (
	"cmp"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	imap "github.com/emersion/go-imap/v2"
)

// Budgets: how much a server may send for one task, so that it cannot fill our memory.
const (
	budgetSignIn = 1 << 20 // up to the greeting, and again up to the end of the sign-in
	budgetLook   = 256 << 20
	budgetBody   = 1 << 40 // what is streamed is not kept
)

// errFlood is a server that sends more than its budget.
var errFlood = errors.New("the server sends far more than was asked for")

// guard is a connection that breaks when the other side says nothing for too long while something is
// awaited, or too much. Read deadlines set by others are ignored: go-imap has none where we need
// one, and takes ours away.
type guard struct {
	net.Conn

	mu      sync.Mutex
	silence time.Duration // 0: nothing is awaited
	left    int64
	heard   bool // since begin
	late    bool // the other side said nothing for too long
	cause   error
	bye     *imap.Error // what the server said as it left
}

// begin says that an answer is awaited.
func (g *guard) begin(silence time.Duration, budget int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.silence, g.left, g.heard = silence, budget, false
	_ = g.Conn.SetReadDeadline(time.Now().Add(silence)) // fails only on a closed connection
}

// end says that nothing is awaited any more, and reports whether anything came since begin.
func (g *guard) end() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.silence, g.left = 0, budgetLook
	_ = g.Conn.SetReadDeadline(time.Time{})
	return g.heard
}

// silent reports whether the connection broke because nothing came.
func (g *guard) silent() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.late
}

// blame notes why the connection broke, unless that is known.
func (g *guard) blame(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cause = cmp.Or(g.cause, err)
}

// leave notes what the server says as it leaves.
func (g *guard) leave(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bye = statusLine{kind: "BYE", text: text}.status()
}

// why adds to an error what it comes from: go-imap makes texts of the errors of its connection. What the
// server said itself stays.
func (g *guard) why(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !ended(err):
		return err
	case g.cause != nil:
		return blamed{g.cause, err}
	case g.bye != nil:
		return blamed{&byeError{g.bye}, err}
	}
	return err
}

// byeError is a server that left. It is no answer to a command, so it does not unwrap to one.
type byeError struct{ said *imap.Error }

// Error returns the server's words.
func (e *byeError) Error() string { return e.said.Error() }

// blamed is an error with the reason why its connection broke.
type blamed struct{ cause, err error }

// Error returns the reason's text.
func (b blamed) Error() string { return b.cause.Error() }

// Unwrap returns both.
func (b blamed) Unwrap() []error { return []error{b.cause, b.err} }

// Read counts what comes, and gives the other side new time.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = g.heard || n > 0
	if errors.Is(err, os.ErrDeadlineExceeded) {
		g.late, g.cause = true, cmp.Or(g.cause, os.ErrDeadlineExceeded)
		_ = g.Conn.Close() // at once: TLS would try to say goodbye
	}
	if g.left -= int64(n); g.left < 0 {
		g.cause = cmp.Or(g.cause, errFlood)
		return 0, errFlood
	}
	if n > 0 && g.silence > 0 {
		_ = g.Conn.SetReadDeadline(time.Now().Add(g.silence))
	}
	return n, err
}

// SetDeadline sets the deadline of writing alone.
func (g *guard) SetDeadline(t time.Time) error { return g.Conn.SetWriteDeadline(t) }

// SetReadDeadline does nothing.
func (g *guard) SetReadDeadline(time.Time) error { return nil }
