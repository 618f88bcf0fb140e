package fakehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Server serves a handler on a loopback port. [Listen] and [ListenPlain] start one.
type Server struct {
	URL      string         // https://127.0.0.1:port, without a slash at the end
	CertPool *x509.CertPool // what trusts it; nil if it is plain
	CAPEM    []byte         // the same as text; nil if it is plain

	http      *http.Server
	cancel    context.CancelFunc // ends the contexts of all requests
	running   sync.RWMutex       // read-locked by each handler that runs
	done      sync.WaitGroup
	transport *http.Transport
}

// Listen serves h by HTTP/1.1 and HTTP/2 over TLS, on a free port of 127.0.0.1 and under a new
// [CA]. The certificate is for the loopback addresses and the given host names: a client that dials
// the server in place of a service checks the service's own name. A client's certificate is asked for
// and left to h to check. Close ends it.
func Listen(h http.Handler, hosts ...string) (*Server, error) {
	ca, err := NewCA()
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue(hosts...)
	if err != nil {
		return nil, err
	}
	s := newServer(h)
	s.CertPool, s.CAPEM = ca.Pool(), ca.PEM()
	s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert}
	return s, s.start("https", func(l net.Listener) error { return s.http.ServeTLS(l, "", "") })
}

// ListenPlain serves h by HTTP/1.1 without TLS, for services that allow that on the loopback
// interface.
func ListenPlain(h http.Handler) (*Server, error) {
	s := newServer(h)
	return s, s.start("http", s.http.Serve)
}

func newServer(h http.Handler) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{cancel: cancel}
	s.http = &http.Server{
		BaseContext: func(net.Listener) context.Context { return ctx },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.running.RLock()
			defer s.running.RUnlock()
			h.ServeHTTP(w, r)
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s
}

func (s *Server) start(scheme string, serve func(net.Listener) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("fakehttp: listen on the loopback interface: %w", err)
	}
	s.URL = scheme + "://" + l.Addr().String()
	s.transport = s.dialer(l.Addr().String())
	s.done.Go(func() { _ = serve(l) })
	return nil
}

// dialer sends every request to this server, whatever host its URL names.
func (s *Server) dialer(addr string) *http.Transport {
	return &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: s.CertPool, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: s.CertPool != nil,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
	}
}

// Transport trusts the server and dials it for any host that a URL names. It is one for all calls,
// and Close closes its connections.
func (s *Server) Transport() *http.Transport { return s.transport }

// Client returns a new client on [Server.Transport].
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.transport} }

// Close breaks all connections, ends the contexts of all requests and returns when no handler runs
// any more. It may be called again.
func (s *Server) Close() error {
	err := s.http.Close() // before the contexts end, so that no handler that notices still answers
	s.cancel()
	s.transport.CloseIdleConnections()
	s.done.Wait()
	s.running.Lock() // held by none that still runs
	defer s.running.Unlock()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
