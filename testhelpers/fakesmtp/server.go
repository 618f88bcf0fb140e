package fakesmtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server takes mail for the mailboxes of a store. [Start] and [New] make one. It is safe for
// concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store     *mailstore.Store
	options   Options
	smtp      *smtp.Server
	serving   sync.WaitGroup // one for each listener
	listeners []net.Listener
	memory    *memoryListener
	addr      string

	mu     sync.Mutex // of the secrets in options
	grey   greylist
	faults faults
	queue  queue
}

// New returns a server that is reached by [Server.DialContext] only. Close ends it.
func New(store *mailstore.Store, o *Options) (*Server, error) {
	s := &Server{store: store, options: o.withDefaults(), memory: newMemoryListener()}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = s.options.Hostname
	s.smtp.MaxMessageBytes = s.options.MaxSize
	s.smtp.MaxRecipients = s.options.MaxRecipients
	s.smtp.AllowInsecureAuth = s.options.TLS == Plain
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	if err := s.certify(); err != nil {
		return nil, err
	}
	s.serve(s.memory)
	return s, nil
}

// Start is New with a listener on a free port of 127.0.0.1.
func Start(store *mailstore.Store, o *Options) (*Server, error) {
	s, err := New(store, o)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("fakesmtp: listen on the loopback interface: %w", err)
	}
	s.addr = l.Addr().String()
	s.serve(l)
	return s, nil
}

// Addr is the host and port to dial, "" for a server of New.
func (s *Server) Addr() string { return s.addr }

// DialContext connects in memory; network and address are ignored, so that it fits where a client
// takes a dial function. The connection is as dialled: where the server has [Implicit] TLS, the
// client has still to begin it.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return s.memory.dial(ctx)
}

// TLSConfig is what a client needs: it trusts the server under Options.Hostname, by TLS 1.2 at least.
// The certificate is for 127.0.0.1 as well, for a client that checks what it dialled. Each call gives a
// new one. A Plain server needs none.
func (s *Server) TLSConfig() *tls.Config {
	return &tls.Config{RootCAs: s.CertPool, ServerName: s.options.Hostname, MinVersion: tls.VersionTLS12}
}

// Close breaks all connections and returns when nothing of the server runs any more. Mails that are
// still delayed are dropped. It may be called again.
func (s *Server) Close() error {
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.serving.Wait()                          // from here on there is no new connection
	_ = s.smtp.Shutdown(context.Background()) // waits for the old ones; fails only if it did so before
	s.queue.close()
	return nil
}

func (s *Server) certify() error {
	if s.options.TLS == Plain {
		return nil
	}
	ca, err := fakehttp.NewCA()
	if err != nil {
		return err
	}
	cert, err := ca.Issue(s.options.Hostname)
	if err != nil {
		return err
	}
	s.CertPool, s.CAPEM = ca.Pool(), ca.PEM()
	s.smtp.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	return nil
}

func (s *Server) serve(l net.Listener) {
	l = newTracker(l)
	s.listeners = append(s.listeners, l)
	if s.options.TLS == Implicit {
		l = tls.NewListener(l, s.smtp.TLSConfig)
	}
	s.serving.Go(func() { _ = s.smtp.Serve(l) }) // ends with the listener
}
