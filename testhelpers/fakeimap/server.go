package fakeimap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"sync"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server serves the mailboxes of a store. [Start] and [New] make one. It is safe for concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store   *mailstore.Store
	options Options
	tls     *tls.Config
	faults  faults
	log     commandLog

	mu       sync.Mutex
	users    map[string]string
	tokens   map[string]string
	links    map[*link]struct{}
	listener net.Listener
	closed   bool
	running  sync.WaitGroup
}

// New returns a server that is reached by [Server.DialContext] only. Close ends it.
func New(store *mailstore.Store, o *Options) (*Server, error) {
	s := &Server{store: store, options: o.withDefaults(), links: map[*link]struct{}{}}
	s.users, s.tokens = maps.Clone(s.options.Users), maps.Clone(s.options.Tokens)
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
	s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	return s, nil
}

// Start is New with a listener on a free port of 127.0.0.1.
func Start(store *mailstore.Store, o *Options) (*Server, error) {
	s, err := New(store, o)
	if err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("fakeimap: listen on the loopback interface: %w", err)
	}
	s.running.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return // it was closed
			}
			if !s.accept(conn) {
				_ = conn.Close()
			}
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

// DialContext connects in memory; network and address are ignored, so that it fits where a client takes
// a dial function. The connection is as dialled: where the server has [Implicit] TLS, the client has
// still to begin it.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, far := net.Pipe()
	if !s.accept(far) {
		_ = far.Close()
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errDown}
	}
	return client, nil
}

// accept serves a connection; false if the server is down.
func (s *Server) accept(far net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.faults.isDown() {
		return false
	}
	near, own := net.Pipe()
	l := newLink(far, near, &s.faults)
	s.links[l] = struct{}{}
	s.running.Go(func() {
		defer s.forget(l)
		l.run()
	})
	s.running.Go(func() { s.serve(own) })
	return true
}

func (s *Server) forget(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, l)
}

// serve speaks IMAP on one connection, until it ends.
func (s *Server) serve(conn net.Conn) {
	ended := make(chan struct{})
	secure := s.options.TLS == Implicit
	if secure {
		conn = tls.Server(conn, s.tls)
	}
	options := &imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{server: s, conn: c}, nil, nil
		},
		Caps:         s.caps(),
		Logger:       log.New(io.Discard, "", 0),
		InsecureAuth: secure || s.options.TLS == Plain && !s.options.LoginDisabled,
	}
	if s.options.TLS == StartTLS {
		options.TLSConfig = s.tls
	}
	once := &oneConn{conn: &logged{Conn: conn, log: &s.log, ended: ended}, done: ended}
	_ = imapserver.New(options).Serve(once) // ends with the connection
	<-ended
}

// caps are the capabilities, but for those that the options leave out.
func (s *Server) caps() imap.CapSet {
	out := imap.CapSet{}
	for _, c := range []imap.Cap{imap.CapIMAP4rev1, imap.CapUIDPlus, imap.CapMove, imap.CapESearch, imap.CapSpecialUse,
		imap.CapListExtended, imap.CapListStatus, imap.CapChildren} {
		if !slices.Contains(s.options.Without, string(c)) {
			out[c] = struct{}{}
		}
	}
	return out
}

// Close breaks all connections and returns when nothing of the server runs any more. It may be called
// again.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.Disconnect()
	s.running.Wait()
	return nil
}

// oneConn is a listener that has one connection to give.
type oneConn struct {
	mu   sync.Mutex
	conn net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error { return nil }

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }
