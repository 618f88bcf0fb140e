package wire

import (
	"net"
	"sync"
)

// One serves one connection by what wants a listener, and returns when both have ended it. wrap, if set,
// puts something around the connection, such as TLS.
func One(conn net.Conn, wrap func(net.Conn) net.Conn, serve func(net.Listener) error) {
	c := &closing{Conn: conn, closed: make(chan struct{})}
	l := &oneListener{next: make(chan net.Conn, 1), closed: c.closed}
	l.next <- c
	if wrap != nil {
		l.next <- wrap(<-l.next)
	}
	_ = serve(l) // ends with the connection
	<-c.closed
}

// closing is a connection that tells when its server closed it.
type closing struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

// Close implements [net.Conn].
func (c *closing) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// oneListener is a listener that has one connection to give, and ends with it.
type oneListener struct {
	next   chan net.Conn
	closed chan struct{}
}

// Accept implements [net.Listener].
func (l *oneListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.next:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *oneListener) Close() error { return nil }

// Addr implements [net.Listener].
func (l *oneListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }
