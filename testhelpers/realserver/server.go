package realserver

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Kind is a mail server.
type Kind string

// The kinds.
const (
	Dovecot Kind = "dovecot"
	Cyrus   Kind = "cyrus"
	Courier Kind = "courier"
)

// Kinds lists all of them.
func Kinds() []Kind { return []Kind{Dovecot, Cyrus, Courier} }

// ErrMissing is a server that is not installed here, or that this user cannot run.
var ErrMissing = errors.New("mail server is missing")

// The user that a server has if no other is named.
const (
	DefaultUser     = "qa@example.com"
	DefaultPassword = "secret"
)

// Options are a server's settings; nil is one mailbox of [DefaultUser].
type Options struct {
	// Users are passwords by mailbox address.
	Users map[string]string
	// Token says whose an access token is, false if it is not accepted; nil is no OAuth. Only
	// Dovecot asks: it makes an introspection request (RFC 7662) for each sign-in.
	Token func(token string) (user string, ok bool)
	// Relay is the host and port that submitted mail goes on to by plain SMTP: an address of this
	// machine, such as a fakesmtp's; any other is refused. Only Dovecot submits, and only with it.
	Relay string
}

// Server is a running mail server. Its addresses are host and port on 127.0.0.1, and stay when it is
// started again; one that is empty is not served. It is safe for concurrent use.
type Server struct {
	Kind  Kind
	IMAP  string // plain, STARTTLS offered
	IMAPS string
	POP3  string // plain, STLS offered
	POP3S string
	LMTP  string // RFC 2033: RCPT is a mailbox's address

	Submission  string // RFC 6409: plain, STARTTLS offered
	Submissions string // RFC 8314: TLS from the first byte

	RootCAs *x509.CertPool // what trusts the server, as localhost and 127.0.0.1
	CAPEM   []byte         // the same as text

	dir   string
	users map[string]string
	who   identity
	setup setup
	ask   *introspection
	relay string // Options.Relay

	delivered atomic.Int64 // into Maildirs

	mu  sync.Mutex
	run *process
}

// setup is what one kind of server needs to run.
type setup struct {
	argv    []string
	env     []string
	deliver func(rcpt string, raw []byte) error
	log     string // a file; "" where the server writes to its standard error
	asUser  bool   // it is started as the user of identity, not by root
}

// startLimit is how long a server may take to answer.
const startLimit = 2 * time.Minute

// Start runs a server and returns when it answers. [Server.Close] ends it and removes its folder.
func Start(kind Kind, o *Options) (*Server, error) {
	s := &Server{Kind: kind, users: map[string]string{DefaultUser: DefaultPassword}}
	if o != nil && o.Users != nil {
		s.users = o.Users
	}
	if err := s.prepare(o); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("realserver: %s: %w", kind, err)
	}
	if err := s.Run(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// prepare finds the programs and writes what they read.
func (s *Server) prepare(o *Options) (err error) {
	makers := map[Kind]func(*Server) (setup, error){Dovecot: (*Server).dovecot, Cyrus: (*Server).cyrus, Courier: (*Server).courier}
	make, ok := makers[s.Kind]
	if !ok {
		return fmt.Errorf("%w: there is no such kind", ErrMissing)
	}
	if s.dir, err = os.MkdirTemp("", "cloudmail-"+string(s.Kind)+"-"); err != nil {
		return err
	}
	if err = os.Chmod(s.dir, 0o755); err != nil { // the server's own user must get in
		return err
	}
	if s.who, err = whoami(); err != nil {
		return err
	}
	if o != nil {
		if s.relay, err = o.relay(s.Kind); err != nil {
			return err
		}
	}
	if err = s.ports(); err != nil {
		return err
	}
	if err = s.certify(); err != nil {
		return err
	}
	if o != nil && o.Token != nil {
		if s.ask, err = introspect(o.Token); err != nil {
			return err
		}
	}
	if s.setup, err = make(s); err != nil {
		return err
	}
	return s.who.own(s.dir)
}

// ports finds free ports.
func (s *Server) ports() error {
	addrs := []*string{&s.IMAP, &s.IMAPS, &s.POP3, &s.POP3S, &s.LMTP}
	if s.relay != "" {
		addrs = append(addrs, &s.Submission, &s.Submissions)
	}
	for _, addr := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() // after all are found, so that they differ
		*addr = l.Addr().String()
	}
	return nil
}

// certify makes the server's certificate.
func (s *Server) certify() error {
	ca, err := fakehttp.NewCA()
	if err != nil {
		return err
	}
	cert, err := ca.Issue()
	if err != nil {
		return err
	}
	s.RootCAs, s.CAPEM = ca.Pool(), ca.PEM()
	chain, key, err := pemOf(cert)
	if err != nil {
		return err
	}
	return cmp.Or(s.write("cert.pem", chain), s.write("key.pem", key), s.write("both.pem", append(key, chain...)))
}

// write writes a file of the server's folder, and the folders above it.
func (s *Server) write(name string, content []byte) error {
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// Port is the number at the end of one of the server's addresses.
func (s *Server) Port(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port) // 0 for an address that is not served
	return n
}

// Log is what the server wrote about its work so far.
func (s *Server) Log() string {
	s.mu.Lock()
	run := s.run
	s.mu.Unlock()
	text := ""
	if run != nil {
		text = run.output()
	}
	if s.setup.log != "" {
		file, _ := os.ReadFile(s.setup.log) // there may be none yet
		text += string(file)
	}
	return text
}
