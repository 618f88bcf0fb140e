package apart

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Wire is a way to a service that counts the bytes on it, in both directions. TLS passes through it.
type Wire struct {
	Addr string // where the client connects to

	bytes atomic.Int64
	wg    sync.WaitGroup
	mu    sync.Mutex
	open  []net.Conn
}

// Bytes counts what passed so far.
func (w *Wire) Bytes() int64 { return w.bytes.Load() }

// NewWire leads to the service at that address; it ends with the test.
func NewWire(tb testing.TB, service string) *Wire {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	w := &Wire{Addr: l.Addr().String()}
	w.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.join(client, service) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, c := range w.open {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.wg.Wait()
	})
	return w
}

// join leads one connection to the service.
func (w *Wire) join(client net.Conn, service string) {
	server, err := net.Dial("tcp", service)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, client, server)
	w.mu.Unlock()
	w.wg.Go(func() { w.pass(server, client) })
	w.pass(client, server)
}

// pass copies one direction to its end, which ends both.
func (w *Wire) pass(to, from net.Conn) {
	_, _ = io.Copy(counted{to, &w.bytes}, from) // an end is an end
	_ = to.Close()
	_ = from.Close()
}

// counted is a writer that counts.
type counted struct {
	io.Writer
	n *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}
