package wire

import (
	"net"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
)

// Carry brings bytes between the client and a server, with all that the door wants to happen to them on the
// way, until either side ends. It ends both.
func (c *Conn) Carry(server net.Conn) {
	var wg sync.WaitGroup
	up, down := make(chan chunk, 1024), make(chan chunk, 1024)
	wg.Go(func() { c.take(c.Conn, up) })
	wg.Go(func() { c.give(server, server, up) })
	wg.Go(func() { c.take(server, down) })
	wg.Go(func() { c.give(&Limit{Conn: c.Conn, Left: c.cut}, server, down) })
	wg.Wait()
}

// chunk is what was read at a time, and when it arrives.
type chunk struct {
	data []byte
	due  time.Time
}

func (c *Conn) isFrozen() bool {
	select {
	case <-c.frozen:
		return true
	default:
		return false
	}
}

// take reads from one side.
func (c *Conn) take(from net.Conn, to chan<- chunk) {
	defer close(to)
	for {
		buf := make([]byte, 16<<10)
		n, err := from.Read(buf)
		if n > 0 && !c.isFrozen() {
			select {
			case to <- chunk{buf[:n], time.Now().Add(c.door.Trip.Get() / 2)}:
			case <-c.Broken:
				return
			}
		}
		if err == nil {
			continue
		}
		if from != c.Conn && c.isFrozen() { // a half-open connection does not tell the client
			<-c.Broken
		}
		return
	}
}

// give writes to the other side in time, and ends the connection behind the last.
func (c *Conn) give(to, server net.Conn, from <-chan chunk) {
	defer server.Close()
	defer c.end()
	for x := range from {
		if !mishap.Pause(c.Broken, time.Until(x.due)) {
			return
		}
		if c.isFrozen() {
			continue
		}
		if _, err := to.Write(x.data); err != nil {
			return
		}
	}
}

// Limit is a connection that breaks once Left bytes were written; negative is never.
type Limit struct {
	net.Conn
	Left int64
}

// Write implements [net.Conn].
func (l *Limit) Write(p []byte) (int, error) {
	if l.Left < 0 {
		return l.Conn.Write(p)
	}
	n, err := l.Conn.Write(p[:min(int64(len(p)), l.Left)])
	if l.Left -= int64(n); l.Left == 0 && err == nil {
		err = net.ErrClosed
		_ = l.Conn.Close()
	}
	return n, err
}
