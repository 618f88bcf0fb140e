package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
)

// errDown is what a client is told that dials a server that is down.
var errDown = errors.New("connection refused")

// Door is how clients come in: in memory, and by a loopback port once Listen was called. [NewDoor] makes
// one. It is safe for concurrent use.
type Door struct {
	Trip fakehttp.Latency    // the round-trip time of connections that are carried
	Cuts mishap.Queue[int64] // one for each of the next connections: see [Limit]

	serve    func(*Conn)
	listener net.Listener // nil without Listen

	mu      sync.Mutex
	conns   map[*Conn]struct{}
	down    bool
	closed  bool
	running sync.WaitGroup
}

// Conn is a connection that was let in.
type Conn struct {
	net.Conn
	Broken <-chan struct{} // closed when it ends

	door      *Door
	cut       int64 // bytes to the client before it breaks; negative is never
	frozen    chan struct{}
	freezing  sync.Once
	breakThis context.CancelFunc
}

// NewDoor returns a door that runs each connection by serve, on a goroutine of its own. When serve returns,
// the connection is closed.
func NewDoor(serve func(*Conn)) *Door { return &Door{serve: serve, conns: map[*Conn]struct{}{}} }

// Listen opens a free port of 127.0.0.1. It is called once, before anything else.
func (d *Door) Listen() (err error) {
	if d.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("listen on the loopback interface: %w", err)
	}
	d.running.Go(func() {
		for {
			c, err := d.listener.Accept()
			if err != nil {
				return // it was closed
			}
			_ = d.admit(c)
		}
	})
	return nil
}

// Addr is the host and port to dial, "" without Listen.
func (d *Door) Addr() string {
	if d.listener == nil {
		return ""
	}
	return d.listener.Addr().String()
}

// DialContext connects in memory; network and address are ignored.
func (d *Door) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	err := ctx.Err()
	if err == nil {
		err = d.admit(server)
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: err}
	}
	return client, nil
}

// admit serves a connection, or closes it and says why.
func (d *Door) admit(c net.Conn) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		_ = c.Close()
		return net.ErrClosed
	case d.down:
		_ = c.Close()
		return errDown
	}
	ctx, end := context.WithCancel(context.Background())
	x := &Conn{Conn: c, Broken: ctx.Done(), door: d, cut: -1, frozen: make(chan struct{}), breakThis: end}
	if n, ok := d.Cuts.Take(nil); ok {
		x.cut = n
	}
	d.conns[x] = struct{}{}
	d.running.Go(func() {
		defer d.forget(x)
		d.serve(x)
	})
	return nil
}

func (d *Door) forget(c *Conn) {
	c.end()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, c)
}

// end breaks the connection.
func (c *Conn) end() {
	c.breakThis()
	_ = c.Close()
}

// Len counts the connections that are there.
func (d *Door) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// Break breaks all connections.
func (d *Door) Break() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		c.end()
	}
}

// Freeze makes the connections that are there, and are carried, half open: they stay, and nothing comes
// through any more.
func (d *Door) Freeze() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		c.freezing.Do(func() { close(c.frozen) })
	}
}

// Down refuses new connections and breaks those that are there, until Up.
func (d *Door) Down() {
	d.mu.Lock()
	d.down = true
	d.mu.Unlock()
	d.Break()
}

// Up lets connections in again.
func (d *Door) Up() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = false
}

// Close breaks all connections and returns when nothing runs any more. It may be called again.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	if d.listener != nil {
		_ = d.listener.Close()
	}
	d.Break()
	d.running.Wait()
	return nil
}
