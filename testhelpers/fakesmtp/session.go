package fakesmtp

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-smtp"
)

// session is one connection's mail transactions; go-smtp calls it from one goroutine at a time.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string // who authenticated
	from   string
	utf8   bool
	rcpt   []string
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: c}, nil
}

func (x *session) Reset() { x.from, x.utf8, x.rcpt = "", false, nil }

func (x *session) Logout() error { return nil }

func (x *session) Mail(from string, o *smtp.MailOptions) error {
	if x.server.options.authenticates() && x.user == "" {
		return reply(530, "5.7.0", "authentication required")
	}
	if err := x.fail(AtMail); err != nil {
		return err
	}
	x.from, x.utf8 = from, o.UTF8
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.fail(AtRcpt); err != nil {
		return err
	}
	if _, ok := x.server.store.Mailbox(to); !ok && !x.server.options.AcceptUnknown {
		return reply(550, "5.1.1", "no such mailbox here")
	}
	if x.server.grey.refuses(x.from, to, x.server.options.Greylist) {
		return reply(450, "4.7.1", "greylisted, try again later")
	}
	x.rcpt = append(x.rcpt, to)
	return nil
}

func (x *session) Data(r io.Reader) error {
	if err := x.fail(AtData); err != nil {
		return err
	}
	raw := bytes.NewBufferString(x.received())
	if _, err := raw.ReadFrom(r); err != nil {
		return err
	}
	s, from, rcpt := x.server, x.from, x.rcpt
	s.queue.after(s.options.Delay, func() { s.store.Relay(from, rcpt, raw.Bytes()) })
	return x.fail(AfterData)
}

// received is the trace field of RFC 5321 §4.4.
func (x *session) received() string {
	host, _, err := net.SplitHostPort(x.conn.Conn().RemoteAddr().String())
	if err != nil {
		host = "127.0.0.1" // in memory
	}
	return fmt.Sprintf("Received: from %s ([%s])\r\n\tby %s with %s id %s; %s\r\n",
		x.conn.Hostname(), host, x.server.options.Hostname, x.protocol(),
		strconv.FormatInt(x.server.queue.number(), 36), time.Now().UTC().Format(time.RFC1123Z))
}

// protocol is a name of RFC 3848, or RFC 6531 §4.3.
func (x *session) protocol() string {
	name := "ESMTP"
	if x.utf8 {
		name = "UTF8SMTP"
	}
	if _, ok := x.conn.TLSConnectionState(); ok {
		name += "S"
	}
	if x.user != "" {
		name += "A"
	}
	return name
}

// reply is a refusal; an enhanced code (RFC 3463) that is not one becomes x.0.0.
func reply(code int, enhanced, text string) *smtp.SMTPError {
	e := &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
	var a, b, c int
	if n, _ := fmt.Sscanf(enhanced, "%d.%d.%d", &a, &b, &c); n == 3 {
		e.EnhancedCode = smtp.EnhancedCode{a, b, c}
	}
	return e
}
