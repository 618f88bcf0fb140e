package fakepop3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server serves the inboxes of a store. [Start] and [New] make one. It is safe for concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store    *mailstore.Store
	options  Options
	tls      *tls.Config
	listener net.Listener // nil for a server of New
	running  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]context.CancelFunc // what ends their sessions
	open     map[string]int                  // sessions by mailbox
	released chan struct{}                   // closed and replaced when a maildrop is released; made by who waits
	logins   map[string]time.Time
	users    map[string]string
	tokens   map[string]string
	commands []string
	count    int
	faults
}

// New returns a server that is reached by [Server.DialContext] only. Close ends it.
func New(store *mailstore.Store, o *Options) (*Server, error) {
	s := &Server{store: store, options: o.withDefaults(), conns: map[net.Conn]context.CancelFunc{}, open: map[string]int{}, logins: map[string]time.Time{}}
	s.users, s.tokens = clone(s.options.Users), clone(s.options.Tokens)
	if s.options.TLS == Plain {
		return s, nil
	}
	ca, err := fakehttp.NewCA()
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue(s.options.Hostname)
	if err != nil {
		return nil, err
	}
	s.CertPool, s.CAPEM = ca.Pool(), ca.PEM()
	// A connection in memory holds no byte that nobody reads, and a client that has just begun TLS
	// does not read tickets.
	s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
	return s, nil
}

// Start is New with a listener on a free port of 127.0.0.1.
func Start(store *mailstore.Store, o *Options) (*Server, error) {
	s, err := New(store, o)
	if err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("fakepop3: listen on the loopback interface: %w", err)
	}
	s.running.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.serve(c)
		}
	})
	return s, nil
}

// Addr is the host and port to dial, "" for a server of New.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// DialContext connects in memory; network and address are ignored, so that it fits where a client
// takes a dial function. The connection is as dialled: where the server has [Implicit] TLS, the
// client has still to begin it.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: err}
	}
	if !s.serve(server) {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	}
	return client, nil
}

// TLSConfig is what a client needs: it trusts the server under its host name.
func (s *Server) TLSConfig() *tls.Config {
	return &tls.Config{RootCAs: s.CertPool, ServerName: s.options.Hostname, MinVersion: tls.VersionTLS12}
}

// Close breaks all connections and returns when nothing of the server runs any more. It may be
// called again.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.Drop()
	s.running.Wait()
	return nil
}

// Drop breaks all connections that are open now.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, end := range s.conns {
		end()
		_ = c.Close()
	}
}

// serve runs a connection on a goroutine of its own; false if the server is closed.
func (s *Server) serve(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close()
		return false
	}
	ctx, end := context.WithCancel(context.Background())
	s.conns[c] = end
	s.running.Go(func() {
		defer func() {
			end()
			_ = c.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.conns, c)
		}()
		s.handle(ctx, c)
	})
	return true
}

func clone(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}
