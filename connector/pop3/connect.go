package pop3

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// Server names a mailbox of a POP3 server and says how it is opened. Host, Address and one of
// Password and Token are required.
type Server struct {
	// Host is the server's name, which its certificate is checked for. Exchange Online is
	// outlook.office365.com, Gmail pop.gmail.com.
	Host string
	// Port is 995 by default, 110 without TLS from the start.
	Port int
	// Security says how the connection is encrypted; empty is [TLS].
	Security Security

	// Address of the mailbox.
	Address string
	// User is the name to log in with, where it is not Address: "CONTOSO\\qa". With a token for a
	// shared mailbox it stays empty: the mailbox is named, and the token says who asks.
	User string
	// Password gives the password. One that is refused is asked for afresh once.
	Password connector.Credential
	// Token gives access tokens (OAuth 2.0). One that is refused is asked for afresh once.
	Token connector.Credential
	// Auth picks the way to log in; empty is the best that the server offers.
	Auth Auth

	// Submission sends the mail of this mailbox; nil: it cannot send. Where it has no credential of
	// its own, User, Password and Token are used.
	Submission *smtp.Server

	// Ledger notes when each mail was first listed, and the size and hash of each that was downloaded
	// whole; [Server.Plan] needs it to delete any. nil notes nothing. A session with it shares no feed.
	Ledger Ledger

	// MaxMail is the largest mail that is read, in bytes; zero is 150 MiB.
	MaxMail int64

	// RootCAs are trusted in place of the system's.
	RootCAs *x509.CertPool
	// Dial connects in place of a [net.Dialer]: through a proxy, or to a server in memory. Sessions
	// with it share no feed.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Security says how a connection is encrypted.
type Security string

// The kinds of security. There is no way to use TLS without a check of the certificate.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314); the default
	StartTLS Security = "starttls" // by STLS (RFC 2595); without it nothing is sent
	Plain    Security = "plain"    // none: to this machine alone
)

// Auth is a way to log in.
type Auth string

// The ways to log in. USER, APOP, PLAIN and LOGIN need Password, XOAUTH2 and OAUTHBEARER Token.
const (
	AuthUser        Auth = "USER"        // USER and PASS (RFC 1939 §7)
	AuthAPOP        Auth = "APOP"        // a digest (RFC 1939 §7); not with STLS, before which it could be tampered with
	AuthPlain       Auth = "PLAIN"       // RFC 4616
	AuthLogin       Auth = "LOGIN"       // PLAIN's older form
	AuthXOAUTH2     Auth = "XOAUTH2"     // Microsoft's and Google's
	AuthOAuthBearer Auth = "OAUTHBEARER" // RFC 7628
)

// defaultMax is the default of MaxMail.
const defaultMax = 150 << 20

var (
	_ connector.Server      = Server{}
	_ connector.Preflighter = Server{}
)

// Mailbox returns the address.
func (s Server) Mailbox() string { return strings.TrimSpace(s.Address) }

// Open checks the fields and logs in once, at the submission server too. What is wrong shows here: a field as
// [connector.ErrConfig], a secret as [connector.ErrAuth].
func (s Server) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	b, err := s.backend()
	if err != nil {
		return nil, err
	}
	if err := b.checkWatch(watch); err != nil {
		return nil, err
	}
	if err := b.use(ctx, "connect", afresh, func(c *conn) error { return c.load() }); err != nil {
		_ = b.Close()
		return nil, err
	}
	if b.sender == nil {
		return b, nil
	}
	if err := b.sender.Check(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	return sending{b}, nil
}

// backend makes one without a connection.
func (s Server) backend() (*backend, error) {
	s = s.withDefaults()
	if err := s.check(); err != nil {
		return nil, err
	}
	b := newBackend(s)
	if s.Submission == nil {
		return b, nil
	}
	sender, err := s.Submission.WithLogin(s.User, s.Password, s.Token).Sender(s.Address)
	b.sender = sender
	return b, err
}

// withDefaults fills what may be left empty.
func (s Server) withDefaults() Server {
	s.Address, s.Host = s.Mailbox(), strings.TrimSpace(s.Host)
	s.User = cmp.Or(s.User, s.Address)
	s.Security = Security(strings.ToLower(string(cmp.Or(s.Security, TLS))))
	s.Auth = Auth(strings.ToUpper(string(s.Auth)))
	s.MaxMail = cmp.Or(s.MaxMail, defaultMax)
	if s.Port == 0 {
		s.Port = 110
		if s.Security == TLS {
			s.Port = 995
		}
	}
	return s
}

// check finds what no connection is needed for to find.
func (s Server) check() error {
	switch {
	case s.Host == "":
		return s.config("Host is empty", "name the server: mail.example.com")
	case !link.Host(s.Host):
		return s.config("Host is no host name", "write the name alone; the port is Port")
	case s.Port < 1 || s.Port > 65535:
		return s.config("Port is none", "leave it 0 for 995, or 110 without TLS from the start")
	case s.Address == "":
		return s.config("Address is empty", "name the mailbox: qa@example.com")
	case !link.Address(s.Address):
		return s.config("Address is no mail address", `write "local@domain", without a name; the name to log in with is User`)
	case strings.ContainsAny(s.User, "\r\n\x00"):
		return s.config("User has a line break or a NUL", "a user name is one line")
	case s.MaxMail < 0:
		return s.config("MaxMail is negative", "0 is the default")
	}
	if err := s.checkSecurity(); err != nil {
		return err
	}
	return s.checkAuth()
}

func (s Server) checkSecurity() error {
	switch s.Security {
	case TLS, StartTLS:
		return nil
	case Plain:
		if link.Loopback(s.Host) {
			return nil
		}
		return s.config("Security is plain, and Host is not this machine", "use tls or starttls: a password would be readable on the way")
	}
	return s.config("Security is none of tls, starttls and plain", "leave it empty for tls")
}

func (s Server) checkAuth() error {
	switch {
	case (s.Password == nil) == (s.Token == nil):
		return s.config("set exactly one of Password and Token", "Password takes a password, Token access tokens (OAuth 2.0)")
	case s.Auth != "" && !slices.Contains([]Auth{AuthUser, AuthAPOP, AuthPlain, AuthLogin, AuthXOAUTH2, AuthOAuthBearer}, s.Auth):
		return s.config("Auth is not known", "leave it empty for the best that the server offers")
	case s.Auth != "" && s.Auth.withToken() != (s.Token != nil):
		return s.config("Auth does not fit the credential", "XOAUTH2 and OAUTHBEARER take Token, the others Password")
	case s.Auth == AuthAPOP && s.Security == StartTLS:
		return s.config("Auth is APOP, and Security starttls", "use tls: what APOP digests comes before STLS and could be tampered with")
	}
	return nil
}

func (a Auth) withToken() bool { return a == AuthXOAUTH2 || a == AuthOAuthBearer }
