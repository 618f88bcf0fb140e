package link

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// Patience is how long a server may be silent.
const Patience = time.Minute

// ErrSilent is what a read or write ends with after that.
var ErrSilent = errors.New("no answer within a minute")

// Conn is a connection whose reads and writes end when the other side is silent for too long, or
// when it is interrupted.
type Conn struct {
	net.Conn
	broken   atomic.Bool
	patience atomic.Int64
}

// Watch wraps a connection.
func Watch(c net.Conn) *Conn {
	w := &Conn{Conn: c}
	w.patience.Store(int64(Patience))
	return w
}

// Hurry makes the connection's patience shorter, such as for a good-bye.
func (w *Conn) Hurry(d time.Duration) { w.patience.Store(int64(d)) }

// Interrupt ends what is being read or written, and all that follows.
func (w *Conn) Interrupt() {
	w.broken.Store(true)
	_ = w.Conn.SetDeadline(time.Unix(1, 0)) // a connection without deadlines ends with its Close
}

// Broken reports whether the connection was interrupted.
func (w *Conn) Broken() bool { return w.broken.Load() }

// Read implements [net.Conn].
func (w *Conn) Read(p []byte) (int, error) { return w.patiently(p, w.Conn.Read) }

// Write implements [net.Conn].
func (w *Conn) Write(p []byte) (int, error) { return w.patiently(p, w.Conn.Write) }

// SetDeadline does nothing: this type sets the deadlines. So TLS says no good-bye that would wait for
// the other side.
func (w *Conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (w *Conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (w *Conn) SetWriteDeadline(time.Time) error { return nil }

func (w *Conn) patiently(p []byte, do func([]byte) (int, error)) (int, error) {
	if err := w.Conn.SetDeadline(time.Now().Add(time.Duration(w.patience.Load()))); err != nil {
		return 0, err
	}
	if w.broken.Load() { // after the deadline was set, so that an interrupt cannot be missed
		return 0, net.ErrClosed
	}
	n, err := do(p)
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() && !w.broken.Load() {
		err = ErrSilent
	}
	return n, err
}

// During runs do; when the context ends first, what do waits for ends too.
func (w *Conn) During(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, w.Interrupt)
	err := do()
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	return err
}
