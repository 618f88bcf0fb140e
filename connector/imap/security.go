package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	imap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// Security says how a connection is encrypted.
type Security string

// The kinds of security. There is no way to use TLS without a check of the certificate.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314); the default
	StartTLS Security = "starttls" // by STARTTLS (RFC 9051 §6.2.1); without it nothing is sent
	Plain    Security = "plain"    // none: to this machine alone
)

// port is where servers of this kind listen.
func (s Security) port() int {
	if s == TLS {
		return 993
	}
	return 143
}

// Limits of silence: how long a server may say nothing while we wait for its answer.
const (
	silenceLook   = 10 * time.Second // to a look, and while connecting
	silenceSearch = 2 * time.Minute  // to a search, for which it may have to read much
	silenceBody   = 30 * time.Second // within a mail
	writeConnect  = 30 * time.Second // for what is said until the greeting; go-imap bounds what comes later
)

// errPreauth is a server that knows who we are before we said so. It may be someone between
// (RFC 9051 §7.1.4).
var errPreauth = errors.New("the server says that we are signed in already (PREAUTH)")

// connect makes a connection that is not signed in yet. The context ends the connecting alone.
func (s Server) connect(ctx context.Context) (*conn, error) {
	raw, err := s.dial(ctx)
	if err != nil {
		return nil, s.fail("connect", err)
	}
	c := &conn{guard: &guard{Conn: raw}, dead: make(chan struct{})}
	defer context.AfterFunc(ctx, c.kill)()
	c.guard.begin(silenceLook, budgetSignIn)
	defer c.guard.end()
	if err := c.guard.why(c.secure(ctx, s)); err != nil {
		c.shut()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, s.fail("connect", err)
	}
	return c, nil
}

// dial opens the connection.
func (s Server) dial(ctx context.Context) (net.Conn, error) {
	if s.Dial != nil {
		return s.Dial(ctx, "tcp", s.addr())
	}
	d := net.Dialer{Timeout: 30 * time.Second}
	return d.DialContext(ctx, "tcp", s.addr())
}

// secure begins TLS and reads the greeting: where there is no TLS from the start, on a server that waits for it
// it does not wait long.
func (c *conn) secure(ctx context.Context, s Server) error {
	_ = c.guard.SetDeadline(time.Now().Add(writeConnect)) // fails only on a closed connection
	if s.Security == TLS {
		t := tls.Client(c.guard, s.tls())
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		return c.welcome(t)
	}
	return link.Greeting(ctx, s.dial, s.tls(), c.kill, func() error {
		if s.Security == Plain {
			return c.welcome(c.guard)
		}
		t, err := startTLS(ctx, c.guard, s.tls())
		if err != nil {
			return err
		}
		return c.welcome(t)
	})
}

// tls is how TLS is spoken.
func (s Server) tls() *tls.Config {
	return link.TLS(s.Host, s.RootCAs)
}

// welcome reads the greeting.
func (c *conn) welcome(stream net.Conn) error {
	c.imap = imapclient.New(newSieve(stream, c.guard), &imapclient.Options{UnilateralDataHandler: c.handler()})
	if err := c.imap.WaitGreeting(); err != nil {
		return err
	}
	switch c.imap.State() {
	case imap.ConnStateNotAuthenticated:
		return nil
	case imap.ConnStateLogout: // it broke behind the greeting
		return io.ErrUnexpectedEOF
	default:
		return errPreauth
	}
}
