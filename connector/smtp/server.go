package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// Server is a submission server and how to log in to it. Host is required. A backend fills in User,
// Password and Token with its own where neither Password nor Token is set.
type Server struct {
	// Host is the server's name, which its certificate is checked for. Exchange Online is
	// smtp.office365.com with StartTLS, Gmail smtp.gmail.com.
	Host string
	// Port is 465 by default, 587 without TLS from the start.
	Port int
	// Security says how the connection is encrypted; empty is [TLS].
	Security Security

	// User is the name to log in with; empty is the mailbox's address.
	User string
	// Password gives the password. One that is refused is asked for afresh once.
	Password connector.Credential
	// Token gives access tokens (OAuth 2.0), used by XOAUTH2 alone.
	Token connector.Credential

	// RootCAs are trusted in place of the system's.
	RootCAs *x509.CertPool
	// Dial connects in place of a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Security says how a connection is encrypted.
type Security string

// The kinds of security. There is no way to use TLS without a check of the certificate.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314); the default
	StartTLS Security = "starttls" // by STARTTLS (RFC 3207); without it nothing is sent
	Plain    Security = "plain"    // none: to this machine alone
)

// Sender checks the fields and returns what sends the mail of a mailbox. No connection is made. A
// wrong field is [connector.ErrConfig].
func (s Server) Sender(mailbox string) (*Sender, error) {
	s.Host = strings.TrimSpace(s.Host)
	s.Security = Security(strings.ToLower(string(cmp.Or(s.Security, TLS))))
	s.User = cmp.Or(s.User, mailbox)
	if s.Port == 0 {
		s.Port = 587
		if s.Security == TLS {
			s.Port = 465
		}
	}
	if err := s.check(mailbox); err != nil {
		return nil, err
	}
	return &Sender{server: s, mailbox: mailbox, secret: &link.Secret{Password: s.Password, Token: s.Token}}, nil
}

// WithLogin returns the server with a user name and the credential of the mailbox's own server, where it has
// no credential itself: what a backend does with its Submission.
func (s Server) WithLogin(user string, password, token connector.Credential) Server {
	if s.Password == nil && s.Token == nil {
		s.User, s.Password, s.Token = cmp.Or(s.User, user), password, token
	}
	return s
}

// reach opens a connection on which nothing has been said.
func (s Server) reach(ctx context.Context) (net.Conn, error) {
	return link.Reach(ctx, s.Dial, s.Host, s.Port)
}

// tls is how TLS is spoken.
func (s Server) tls() *tls.Config {
	return link.TLS(s.Host, s.RootCAs)
}

// check finds what no connection is needed for to find.
func (s Server) check(mailbox string) error {
	wrong := func(what, remedy string) error {
		return &connector.Error{Op: "connect", Mailbox: mailbox, Kind: connector.ErrConfig, Err: errors.New("Submission: " + what), Remedy: remedy}
	}
	switch {
	case s.Host == "":
		return wrong("Host is empty", "name the submission server: smtp.example.com")
	case !link.Host(s.Host):
		return wrong("Host is no host name", "write the name alone; the port is Port")
	case s.Port < 1 || s.Port > 65535:
		return wrong("Port is none", "leave it 0 for 465, or 587 without TLS from the start")
	case !link.Address(mailbox):
		return wrong("the mailbox is no mail address", `write "local@domain"`)
	case strings.ContainsAny(s.User, "\r\n\x00\x01"):
		return wrong("User has a control character", "a user name is one line")
	case (s.Password == nil) == (s.Token == nil):
		return wrong("set exactly one of Password and Token", "Password takes a password, Token access tokens (OAuth 2.0)")
	case s.Security != TLS && s.Security != StartTLS && s.Security != Plain:
		return wrong("Security is none of tls, starttls and plain", "leave it empty for tls")
	case s.Security == Plain && !link.Loopback(s.Host):
		return wrong("Security is plain, and Host is not this machine", "use tls or starttls: a password would be readable on the way")
	}
	return nil
}
