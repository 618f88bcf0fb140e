package wire

import (
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"slices"
	"sync"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Identity is a server's certificate, under an authority of its own.
type Identity struct {
	Pool *x509.CertPool // what trusts it
	PEM  []byte         // the same as text
	TLS  *tls.Config    // of the server
}

// Certify makes the certificate of a host.
//
// The server sends no session tickets: a connection in memory holds no byte that nobody reads, and a
// client that has just begun TLS does not read tickets.
func Certify(host string) (Identity, error) {
	ca, err := fakehttp.NewCA()
	if err != nil {
		return Identity{}, err
	}
	cert, err := ca.Issue(host)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Pool: ca.Pool(), PEM: ca.PEM(),
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}}, nil
}

// Trust is what a client needs.
func Trust(pool *x509.CertPool, host string) *tls.Config {
	return &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}
}

// Secrets are passwords or tokens by user. It is safe for concurrent use.
type Secrets struct {
	mu    sync.Mutex
	known map[string]string
}

// NewSecrets copies a table; nil is an empty one.
func NewSecrets(known map[string]string) *Secrets {
	s := &Secrets{known: map[string]string{}}
	maps.Copy(s.known, known)
	return s
}

// Set changes one; "" takes it away.
func (s *Secrets) Set(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, key)
	if value != "" {
		s.known[key] = value
	}
}

// Get finds one.
func (s *Secrets) Get(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.known[key]
	return v, ok
}

// Len counts them.
func (s *Secrets) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.known)
}

// Match compares in constant time, as a habit rather than a need.
func (s *Secrets) Match(key, value string) bool {
	want, ok := s.Get(key)
	return ok && subtle.ConstantTimeCompare([]byte(want), []byte(value)) == 1
}

// Log is what clients said. The zero value is an empty one. It is safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	lines []string
}

// Add notes a line.
func (l *Log) Add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// Lines are all of them, in order.
func (l *Log) Lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}
