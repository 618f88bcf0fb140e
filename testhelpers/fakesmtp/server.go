package fakesmtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"

	"github.com/emersion/go-smtp"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server takes mail for the mailboxes of a store. [Start] and [New] make one. It is safe for
// concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store   *mailstore.Store
	options Options
	tls     *tls.Config
	door    *wire.Door
	users   *wire.Secrets // passwords by user
	tokens  *wire.Secrets // tokens by user
	grey    greylist
	faults  mishap.Queue[Fault]
	queue   queue
}

// New returns a server that is reached by [Server.DialContext] only. Close ends it.
func New(store *mailstore.Store, o *Options) (*Server, error) {
	s := &Server{store: store, options: o.withDefaults()}
	s.users, s.tokens = wire.NewSecrets(s.options.Users), wire.NewSecrets(s.options.Tokens)
	s.door = wire.NewDoor(s.serve)
	if s.options.TLS == Plain {
		return s, nil
	}
	id, err := wire.Certify(s.options.Hostname)
	s.CertPool, s.CAPEM, s.tls = id.Pool, id.PEM, id.TLS
	return s, err
}

// Start is New with a listener on a free port of 127.0.0.1.
func Start(store *mailstore.Store, o *Options) (*Server, error) {
	s, err := New(store, o)
	if err != nil {
		return nil, err
	}
	if err := s.door.Listen(); err != nil {
		return nil, fmt.Errorf("fakesmtp: %w", err)
	}
	return s, nil
}

// Addr is the host and port to dial, "" for a server of New.
func (s *Server) Addr() string { return s.door.Addr() }

// DialContext connects in memory; network and address are ignored, so that it fits where a client
// takes a dial function. The connection is as dialled: where the server has [Implicit] TLS, the
// client has still to begin it.
func (s *Server) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return s.door.DialContext(ctx, network, address)
}

// TLSConfig is what a client needs: it trusts the server under Options.Hostname, by TLS 1.2 at least.
// The certificate is for 127.0.0.1 as well, for a client that checks what it dialled. Each call gives a
// new one. A Plain server needs none.
func (s *Server) TLSConfig() *tls.Config { return wire.Trust(s.CertPool, s.options.Hostname) }

// Close breaks all connections and returns when nothing of the server runs any more. Mails that are
// still delayed are dropped. It may be called again.
func (s *Server) Close() error {
	err := s.door.Close()
	s.queue.close()
	return err
}

// serve speaks SMTP on one connection, until it ends.
func (s *Server) serve(conn *wire.Conn) {
	server := smtp.NewServer(smtp.BackendFunc(s.newSession))
	server.Domain = s.options.Hostname
	server.MaxMessageBytes = s.options.MaxSize
	server.MaxRecipients = s.options.MaxRecipients
	server.AllowInsecureAuth = s.options.TLS == Plain
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.TLSConfig = s.tls
	wire.One(conn, func(c net.Conn) net.Conn {
		if s.options.TLS == Implicit {
			return tls.Server(c, s.tls)
		}
		return c
	}, server.Serve)
	_ = server.Shutdown(context.Background()) // waits until its session has ended
}
