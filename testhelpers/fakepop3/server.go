package fakepop3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server serves the inboxes of a store. [Start] and [New] make one. It is safe for concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store   *mailstore.Store
	options Options
	tls     *tls.Config
	door    *wire.Door
	log     wire.Log
	users   *wire.Secrets // passwords by user
	tokens  *wire.Secrets // tokens by user
	cuts    mishap.Queue[int]

	mu       sync.Mutex
	open     map[string]int // sessions by mailbox
	released chan struct{}  // closed and replaced when a maildrop is released; made by who waits
	logins   map[string]time.Time
	count    int
	faults
}

// New returns a server that is reached by [Server.DialContext] only. Close ends it.
func New(store *mailstore.Store, o *Options) (*Server, error) {
	s := &Server{store: store, options: o.withDefaults(), open: map[string]int{}, logins: map[string]time.Time{}}
	s.users, s.tokens = wire.NewSecrets(s.options.Users), wire.NewSecrets(s.options.Tokens)
	s.door = wire.NewDoor(s.handle)
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
		return nil, fmt.Errorf("fakepop3: %w", err)
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

// TLSConfig is what a client needs: it trusts the server under its host name.
func (s *Server) TLSConfig() *tls.Config { return wire.Trust(s.CertPool, s.options.Hostname) }

// Close breaks all connections and returns when nothing of the server runs any more. It may be
// called again.
func (s *Server) Close() error { return s.door.Close() }

// Drop breaks all connections that are open now.
func (s *Server) Drop() { s.door.Break() }
