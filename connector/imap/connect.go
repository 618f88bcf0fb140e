package imap

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
)

// Server names a mailbox of a mail server. Host, Address and exactly one of Password and Token are
// required.
type Server struct {
	// Host is the server's name, as its certificate has it: outlook.office365.com, imap.gmail.com.
	Host string
	// Port is 993 with [TLS] and 143 else, if 0.
	Port int
	// Security says how the connection is encrypted; empty is [TLS].
	Security Security

	// Address of the mailbox.
	Address string
	// User is who signs in; empty is Address. For a shared mailbox of Exchange Online leave it
	// empty, and give the token of a user who has access.
	User string
	// Password gives the password. One that the server refuses is asked for afresh once.
	Password connector.Credential
	// Token gives an OAuth 2.0 access token, such as those of package oauth. One that the server
	// refuses is asked for afresh once.
	Token connector.Credential
	// Auth picks the way to sign in; empty is the best that the server offers.
	Auth Auth

	// Submission sends the mail of this mailbox; nil: it cannot send. Where it has no credential of
	// its own, User, Password and Token are used.
	Submission *smtp.Server
	// NoSentCopy leaves the folder Sent alone. By default a mail that Submission took is put there as well,
	// read, where the server has not done so. Gmail and Exchange Online do it themselves, and are known by
	// X-GM-EXT-1 and by Host: set this for others that do it late.
	NoSentCopy bool

	// RootCAs are trusted in place of the system's.
	RootCAs *x509.CertPool
	// Dial makes the connections in place of a [net.Dialer]; sessions share no feed then. It is meant
	// for tests and tunnels.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

var (
	_ connector.Server      = Server{}
	_ connector.Preflighter = Server{}
)

// Mailbox returns the address.
func (s Server) Mailbox() string { return s.Address }

// Open checks the fields, connects, signs in and looks at the watched folders. What is wrong shows
// here: a field, a certificate or a folder as [connector.ErrConfig], a password or token as
// [connector.ErrAuth], a mailbox that may not be read as [connector.ErrPermission].
func (s Server) Open(ctx context.Context, watch []connector.Folder) (connector.Backend, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	for _, f := range watch {
		if err := s.checkFolder("connect", f); err != nil {
			return nil, err
		}
	}
	s = s.withDefaults()
	sender, err := s.sender()
	if err != nil {
		return nil, err
	}
	b := newBackend(s)
	err = b.start(ctx, watch)
	if err == nil && sender != nil {
		err = sender.Check(ctx)
	}
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	if sender != nil {
		return sending{b, sender}, nil
	}
	return b, nil
}

// sender is what sends; nil if nothing does.
func (s Server) sender() (*smtp.Sender, error) {
	if s.Submission == nil {
		return nil, nil //nolint:nilnil // a mailbox that cannot send is no failure
	}
	return s.Submission.WithLogin(s.User, s.Password, s.Token).Sender(s.Address)
}

// withDefaults fills what may be left empty.
func (s Server) withDefaults() Server {
	s.Address, s.Host = strings.TrimSpace(s.Address), strings.TrimSpace(s.Host)
	s.User = cmp.Or(s.User, s.Address)
	s.Security = Security(strings.ToLower(string(cmp.Or(s.Security, TLS))))
	s.Port = cmp.Or(s.Port, s.Security.port())
	s.Auth = Auth(strings.ToUpper(string(s.Auth)))
	return s
}

// addr is where to connect to.
func (s Server) addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// check finds what no connection is needed for to find.
func (s Server) check() error {
	s = s.withDefaults()
	switch {
	case s.Host == "":
		return s.config("Host is empty", "name the server: mail.example.com")
	case strings.ContainsFunc(s.Host, unsafeRune) || !link.Host(s.Host):
		return s.config("Host is no host name", "write the name alone, without a scheme or a port")
	case s.Port < 0 || s.Port > 65535:
		return s.config("Port is no port number", "0 is the default")
	case s.Address == "":
		return s.config("Address is empty", "name the mailbox: qa@example.com")
	case !link.Address(s.Address):
		return s.config("Address is no mail address", `write "local@domain", without a name`)
	case strings.ContainsFunc(s.User, unsafeRune):
		return s.config("User has a control character", "was it read from a file with its line end?")
	}
	return s.checkAccess()
}

// checkAccess is check for what is about security and signing in.
func (s Server) checkAccess() error {
	switch {
	case s.Security != TLS && s.Security != StartTLS && s.Security != Plain:
		return s.config("Security is none of tls, starttls and plain", "leave it empty for tls")
	case s.Security == Plain && !link.Loopback(strings.ToLower(s.Host)):
		return s.config("Security is plain, and Host is not on this machine", "use tls or starttls: a password would travel readable")
	case s.Password == nil && s.Token == nil:
		return s.config("Password and Token are nil", "give one of them, such as keyvault.From(vault, name)")
	case s.Password != nil && s.Token != nil:
		return s.config("Password and Token are both set", "give one of them")
	case s.Auth != "" && !slices.Contains(s.ways(), s.Auth):
		return s.config(fmt.Sprintf("Auth is none of %s and %s", s.ways()[0], s.ways()[1]), "leave it empty for the best that the server offers")
	}
	return nil
}

// lineEnds are what ends a line or a text of the protocol, and is within none.
const lineEnds = "\r\n\x00"

// checkFolder finds a folder's name that no server can have.
func (s Server) checkFolder(op string, f connector.Folder) error {
	if strings.ContainsAny(string(f), lineEnds) {
		return &connector.Error{Op: op, Mailbox: s.Address, Kind: connector.ErrConfig, Err: errFolder,
			Remedy: "was it read from a file with its line end?"}
	}
	return nil
}

var (
	errFolder    = errors.New("the folder's name has a line break or NUL in it")
	errMessageID = errors.New("the query's MessageID has a line break or NUL in it")
)

// ways are those that the kind of credential allows, the best first.
func (s Server) ways() []Auth {
	if s.Token != nil {
		return []Auth{AuthXOAUTH2, AuthOAuthBearer}
	}
	return []Auth{AuthPlain, AuthLogin}
}

// unsafeRune is what could end a line of the protocol.
func unsafeRune(r rune) bool { return unicode.IsControl(r) }
