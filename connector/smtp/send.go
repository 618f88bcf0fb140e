package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	client "github.com/wneessen/go-mail/smtp"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// Sender sends the mail of one mailbox. It is safe for concurrent use; each mail is a connection of
// its own. [Server.Sender] makes one.
type Sender struct {
	server  Server
	mailbox string
	secret  *link.Secret
}

var _ connector.Sender = (*Sender)(nil)

// Send submits a mail. Its Bcc fields are left out, all other bytes go as they are.
func (s *Sender) Send(ctx context.Context, to []string, mail io.Reader) error {
	raw, err := io.ReadAll(mail)
	if err != nil {
		return s.fail(ctx, "send", err)
	}
	raw = withoutBcc(raw)
	taken := false
	err = s.session(ctx, func(c *client.Client) error {
		err := s.submit(c, to, raw)
		taken = err == nil
		return err
	})
	if taken { // whatever came after
		return nil
	}
	return s.fail(ctx, "send", err)
}

// Check logs in and sends nothing, so that what is wrong shows before the first mail.
func (s *Sender) Check(ctx context.Context) error {
	return s.fail(ctx, "connect to the submission server", s.session(ctx, func(*client.Client) error { return nil }))
}

// session runs do with a connection that is logged in. A secret that is refused is asked for afresh,
// once.
func (s *Sender) session(ctx context.Context, do func(*client.Client) error) error {
	secret, err := s.secret.Get(ctx, "")
	if err != nil {
		return err
	}
	err = s.try(ctx, secret, do)
	if _, refused := errors.AsType[*loginError](err); !refused || !errors.Is(meaning(err).Kind, connector.ErrAuth) {
		return err
	}
	fresh, again := s.secret.Get(ctx, secret)
	if again != nil {
		return link.Worse(err, again)
	}
	return s.try(ctx, fresh, do)
}

// try is one connection.
func (s *Sender) try(ctx context.Context, secret string, do func(*client.Client) error) error {
	raw, err := s.server.reach(ctx)
	if err != nil {
		return err
	}
	defer raw.Close() // without TLS's own good-bye, which nobody waits for
	line := &curt{Conn: link.Watch(raw)}
	return line.During(ctx, func() error {
		c, err := s.greet(ctx, line)
		if err != nil {
			return err
		}
		if err := s.login(c, secret); err != nil {
			return &loginError{hidden(err, secret)}
		}
		if err := do(c); err != nil {
			return err
		}
		_, _ = c.Text.Cmd("QUIT") // the mail was taken: the answer changes nothing
		return nil
	})
}

// curt is a connection that ends without TLS's own good-bye, for which the other side would have to
// read: it may be gone, or be saying its own.
type curt struct {
	*link.Conn
	leaving atomic.Bool
	heard   int64
}

// hearing is how many bytes a server may say on one connection. It has a line or two to say to each
// command; what reads them takes lines of any length, and any number of them.
const hearing = 1 << 20

// Read implements [net.Conn].
func (c *curt) Read(p []byte) (int, error) {
	if c.heard > hearing {
		c.Interrupt()
		return 0, errEndless
	}
	n, err := c.Conn.Read(p)
	c.heard += int64(n)
	return n, err
}

// SetWriteDeadline is what TLS calls for its good-bye alone: from here on nothing is written.
func (c *curt) SetWriteDeadline(time.Time) error {
	c.leaving.Store(true)
	return nil
}

// Write implements [net.Conn].
func (c *curt) Write(p []byte) (int, error) {
	if c.leaving.Load() {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// greet begins TLS and says EHLO. Before TLS nothing is sent but EHLO and STARTTLS; what the server
// said until then counts for nothing.
func (s *Sender) greet(ctx context.Context, line *curt) (*client.Client, error) {
	c, err := s.welcome(ctx, line)
	if err != nil {
		return nil, err
	}
	if err := c.Hello("localhost"); err != nil {
		return nil, err
	}
	if s.server.Security != StartTLS {
		return c, nil
	}
	err = c.StartTLS(s.server.tls())
	if _, refused := errors.AsType[*textproto.Error](err); refused {
		return nil, errors.Join(errNoSTARTTLS, err)
	}
	return c, err
}

// welcome reads the greeting, in TLS where that is from the first byte.
func (s *Sender) welcome(ctx context.Context, line *curt) (c *client.Client, err error) {
	if s.server.Security == TLS {
		t := tls.Client(line, s.server.tls())
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return client.NewClient(t, s.server.Host)
	}
	err = link.Greeting(ctx, s.server.reach, s.server.tls(), line.Interrupt, func() error {
		c, err = client.NewClient(line, s.server.Host)
		return err
	})
	return c, err
}

// login picks the mechanism that fits the credential and that the server offers.
func (s *Sender) login(c *client.Client, secret string) error {
	if strings.ContainsAny(secret, "\r\n\x00\x01") {
		return errControl
	}
	_, offered := c.Extension("AUTH")
	has := func(name string) bool { return slices.Contains(strings.Fields(strings.ToUpper(offered)), name) }
	plain := s.server.Security == Plain // to this machine, as was checked
	startTLS, _ := c.Extension("STARTTLS")
	switch {
	case plain && startTLS && offered == "":
		return errNeedsTLS
	case s.server.Token != nil && has("XOAUTH2"):
		return c.Auth(&xoauth2{user: s.server.User, token: secret})
	case s.server.Token != nil:
		return errNoToken
	case has("PLAIN"):
		return c.Auth(client.PlainAuth("", s.server.User, secret, s.server.Host, plain))
	case has("LOGIN"):
		return c.Auth(client.LoginAuth(s.server.User, secret, s.server.Host, plain))
	}
	return errNoLogin
}

// hidden takes the secret out of what the server said: servers quote what they refuse.
func hidden(err error, secret string) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		reply.Msg = hide.Text(reply.Msg, secret)
	}
	return hide.Error(err, secret)
}

// withoutBcc leaves out the Bcc fields with their continuation lines (RFC 5322 §3.6.3).
func withoutBcc(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	blind := false
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line = raw[:i+1]
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		raw = raw[len(line):]
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			blind = bytes.EqualFold(bytes.TrimSpace(name), []byte("Bcc"))
		}
		if !blind {
			out = append(out, line...)
		}
	}
	return append(out, raw...)
}
