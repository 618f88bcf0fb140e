package fakeimap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// Server serves the mailboxes of a store. [Start] and [New] make one. It is safe for concurrent use.
type Server struct {
	CertPool *x509.CertPool // what trusts it; nil if it is Plain
	CAPEM    []byte         // the same as text

	store   *mailstore.Store
	options Options
	tls     *tls.Config
	door    *wire.Door
	log     wire.Log
	users   *wire.Secrets // passwords by address
	tokens  *wire.Secrets // tokens by user
	queue   mishap.Queue[Fault]
	vanish  atomic.Int64
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
		return nil, fmt.Errorf("fakeimap: %w", err)
	}
	return s, nil
}

// Addr is the host and port to dial, "" for a server of New.
func (s *Server) Addr() string { return s.door.Addr() }

// DialContext connects in memory; network and address are ignored, so that it fits where a client takes
// a dial function. The connection is as dialled: where the server has [Implicit] TLS, the client has
// still to begin it.
func (s *Server) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return s.door.DialContext(ctx, network, address)
}

// Close breaks all connections and returns when nothing of the server runs any more. It may be called
// again.
func (s *Server) Close() error { return s.door.Close() }

// serve carries one connection, and speaks IMAP on it, until it ends.
func (s *Server) serve(client *wire.Conn) {
	near, own := net.Pipe()
	var speaking sync.WaitGroup
	speaking.Go(func() { s.speak(own) })
	client.Carry(near)
	speaking.Wait()
}

func (s *Server) speak(conn net.Conn) {
	secure := s.options.TLS == Implicit
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
	wire.One(conn, func(c net.Conn) net.Conn {
		if secure {
			c = tls.Server(c, s.tls)
		}
		return &logged{Conn: c, log: &s.log}
	}, imapserver.New(options).Serve)
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
