package pop3

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// errChallenge is the answer "+": the server asks for a response.
var errChallenge = errors.New("the server asks for something that was not expected")

// conn is one connection. One goroutine uses it at a time.
type conn struct {
	line     *link.Conn
	net      net.Conn // line, or TLS over it
	r        *bufio.Reader
	stamp    string // of the greeting, for APOP
	secure   bool
	caps     map[string]string // what CAPA says: the arguments by name; nil: not known
	drop     *maildrop         // what UIDL and LIST said; nil: not asked yet
	since    time.Time         // before it began
	reused   bool              // it served another call before
	noTop    bool              // TOP is refused here
	shortTop bool              // TOP gives no whole mails here
	undo     bool              // RSET comes before QUIT: the server may mark at QUIT what RETR read, and deletes what DELE marked
}

// dial connects, with TLS where that is from the first byte or by STLS. Nothing secret is sent.
func (s Server) dial(ctx context.Context) (*conn, error) {
	since := time.Now()
	raw, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{line: link.Watch(raw), since: since}
	c.use(c.line)
	if err := c.line.During(ctx, func() error { return s.greet(ctx, c) }); err != nil {
		c.hangUp()
		return nil, err
	}
	return c, nil
}

// reach opens a connection on which nothing has been said.
func (s Server) reach(ctx context.Context) (net.Conn, error) {
	return link.Reach(ctx, s.Dial, s.Host, s.Port)
}

// use makes a connection the one to read and write.
func (c *conn) use(n net.Conn) { c.net, c.r = n, bufio.NewReaderSize(n, lineMax) }

// greet reads the greeting and encrypts the connection.
func (s Server) greet(ctx context.Context, c *conn) error {
	if s.Security == TLS {
		if err := s.encrypt(ctx, c); err != nil {
			return err
		}
	}
	if err := s.welcome(ctx, c); err != nil {
		return err
	}
	if s.Security == StartTLS {
		if err := s.stls(ctx, c); err != nil {
			return err
		}
	}
	return c.capabilities()
}

// welcome reads the greeting.
func (s Server) welcome(ctx context.Context, c *conn) error {
	read := func() error {
		text, err := readStatus(c.r, "the connection")
		c.stamp = stampOf(text)
		return err
	}
	if s.Security == TLS {
		return read()
	}
	return link.Greeting(ctx, s.reach, s.tls(), c.line.Interrupt, read)
}

// tls is how TLS is spoken.
func (s Server) tls() *tls.Config {
	return link.TLS(s.Host, s.RootCAs)
}

// encrypt begins TLS; the certificate must be Host's.
func (s Server) encrypt(ctx context.Context, c *conn) error {
	t := tls.Client(c.line, s.tls())
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	c.use(t)
	c.secure = true
	return nil
}

// stls begins TLS by command. What the server said before counts for nothing, and there must be
// nothing behind its answer: it would be read as if it had come encrypted (CVE-2021-33515).
func (s Server) stls(ctx context.Context, c *conn) error {
	_, err := c.cmd("STLS")
	if _, refused := errors.AsType[*RefusalError](err); refused {
		return errors.Join(errNoSTLS, err)
	}
	if err != nil {
		return err
	}
	if c.r.Buffered() > 0 {
		return errInjected
	}
	c.stamp = ""
	return s.encrypt(ctx, c)
}

// stampOf finds the timestamp of a greeting (RFC 1939 §7): "<…@…>". Other words may stand in angle brackets, too.
func stampOf(greeting string) string {
	for {
		from := strings.IndexByte(greeting, '<')
		if from < 0 {
			return ""
		}
		greeting = greeting[from:]
		to := strings.IndexByte(greeting, '>')
		if to < 0 {
			return ""
		}
		if strings.Contains(greeting[:to], "@") {
			return greeting[:to+1]
		}
		greeting = greeting[to:]
	}
}

// capabilities asks what the server can (RFC 2449 §5). One that does not know the question is
// taken for a server of RFC 1939.
func (c *conn) capabilities() error {
	_, err := c.cmd("CAPA")
	if _, refused := errors.AsType[*RefusalError](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	c.caps = map[string]string{}
	return readLines(c.r, func(line string) {
		name, args, _ := strings.Cut(line, " ")
		c.caps[strings.ToUpper(name)] = strings.ToUpper(args)
	})
}

// utf8 asks for mails as they are, where a server would give others in the place of those with UTF-8
// in their header, as Courier does (RFC 6856 §2.1). It comes before the login.
func (c *conn) utf8() error {
	if _, ok := c.caps["UTF8"]; !ok {
		return nil
	}
	_, err := c.cmd("UTF8")
	if _, refused := errors.AsType[*RefusalError](err); refused {
		return nil // the mails are those of a server without it
	}
	return err
}

// can reports whether the server announces a capability; true where it announces none at all, but for a TOP that it
// refused.
func (c *conn) can(name string) bool {
	_, ok := c.caps[name]
	return ok || c.caps == nil && !(c.noTop && name == "TOP")
}

// loginDelay is the time that the server announces between logins (RFC 2449 §6.5).
func (c *conn) loginDelay() time.Duration {
	word, _, _ := strings.Cut(c.caps["LOGIN-DELAY"], " ")
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 || n > 86400 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// send writes lines. A line is made by this package of words that cannot hold a line break, or
// refused.
func (c *conn) send(lines ...string) error {
	var b strings.Builder
	for _, l := range lines {
		if strings.ContainsAny(l, "\r\n\x00") {
			return errControl
		}
		b.WriteString(l + "\r\n")
	}
	_, err := c.net.Write([]byte(b.String()))
	return err
}

// cmd sends a command and reads the first line of its answer.
func (c *conn) cmd(line string) (string, error) {
	if err := c.send(line); err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(line, " ")
	return readStatus(c.r, name)
}

// goodbye is how long a server may take to answer QUIT.
const goodbye = 10 * time.Second

// quit says good-bye and closes. Only an answer to QUIT means that the server did what the
// connection asked for (RFC 1939 §6). Servers mark what was read by RETR as read at QUIT; RSET makes
// them forget it. One that does not take RSET is left without QUIT, which changes nothing either.
func (c *conn) quit() error {
	defer c.hangUp()
	c.line.Hurry(goodbye)
	if c.undo {
		if _, err := c.cmd("RSET"); err != nil {
			return err
		}
	}
	_, err := c.cmd("QUIT")
	return err
}

// hangUp closes without a word: neither POP3's nor TLS's.
func (c *conn) hangUp() { _ = c.line.Conn.Close() }
