package fakepop3

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/mishap"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
)

// session is one connection.
type session struct {
	*Server
	conn   net.Conn // TLS, once it is up
	out    *wire.Limit
	r      *bufio.Reader
	secure bool
	stamp  string // of APOP, with its brackets
	name   string // given by USER
	drop   *maildrop
	tops   int  // headers read
	broken bool // the listing of headers breaks after the first
}

// maxLine bounds a command; tokens are longer than the 255 bytes of RFC 2449 §4.
const maxLine = 16 << 10

// handle runs a connection to its end.
func (s *Server) handle(c *wire.Conn) {
	broken, delay, cut := s.arrive()
	if broken {
		return
	}
	x := &session{Server: s, conn: c, out: &wire.Limit{Conn: c, Left: int64(cut)}}
	if s.options.TLS == Implicit && x.encrypt() != nil {
		return
	}
	x.r = bufio.NewReaderSize(x.conn, maxLine)
	if !mishap.Pause(c.Broken, delay) {
		return
	}
	x.stamp = fmt.Sprintf("<%d.%d@%s>", s.Connections(), time.Now().UnixNano(), s.options.Hostname)
	if s.options.NoUSER {
		x.say("+OK POP3 ready")
	} else {
		x.say("+OK POP3 ready %s", x.stamp)
	}
	for x.step() {
	}
	x.release()
}

// encrypt begins TLS.
func (x *session) encrypt() error {
	t := tls.Server(x.conn, x.tls)
	if err := t.Handshake(); err != nil {
		return err
	}
	x.conn, x.out.Conn, x.secure = t, t, true
	return nil
}

// say sends one line.
func (x *session) say(format string, args ...any) bool {
	_, err := fmt.Fprintf(x.out, format+"\r\n", args...)
	return err == nil
}

// refuse sends an error with a response code (RFC 2449 §8, RFC 3206), if codes are spoken.
func (x *session) refuse(code, text string) bool {
	if x.options.NoCodes || code == "" {
		return x.say("-ERR %s", text)
	}
	return x.say("-ERR [%s] %s", code, text)
}

// line reads one line of the client.
func (x *session) line() (string, error) {
	b, err := x.r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// step runs one command; false ends the connection.
func (x *session) step() bool {
	line, err := x.line()
	if err != nil {
		return false
	}
	verb, args, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	x.log.Add(masked(verb, args))
	switch verb {
	case "QUIT":
		return x.quit()
	case "CAPA":
		return x.capa()
	}
	if x.drop == nil {
		return x.authorization(verb, args)
	}
	return x.transaction(verb, args)
}

// masked is a command without its secret.
func masked(verb, args string) string {
	user, _, _ := strings.Cut(args, " ")
	switch {
	case args == "":
		return verb
	case verb == "PASS":
		return "PASS ***"
	case (verb == "APOP" || verb == "AUTH") && user != args:
		return verb + " " + user + " ***"
	}
	return verb + " " + args
}

// capa lists what the server can (RFC 2449 §5).
func (x *session) capa() bool {
	if x.options.NoCAPA {
		return x.refuse("", "unknown command")
	}
	list := []string{"+OK"}
	for name, absent := range map[string]bool{"TOP": x.options.NoTOP, "UIDL": x.options.NoUIDL, "RESP-CODES": x.options.NoCodes,
		"AUTH-RESP-CODE": x.options.NoCodes, "PIPELINING": x.options.NoPipeline} {
		if !absent {
			list = append(list, name)
		}
	}
	if x.options.TLS == StartTLS && !x.secure {
		list = append(list, "STLS")
	} else {
		list = append(list, x.mechanisms()...)
	}
	if d := x.loginDelay(); d > 0 {
		list = append(list, fmt.Sprintf("LOGIN-DELAY %d", int(d.Seconds())))
	}
	return x.lines(list)
}

// mechanisms are the capabilities that say how to log in.
func (x *session) mechanisms() (list []string) {
	if !x.options.NoUSER {
		list = append(list, "USER")
	}
	if len(x.options.Mechanisms) > 0 {
		list = append(list, "SASL "+strings.Join(x.options.Mechanisms, " "))
	}
	return list
}

// lines sends an answer of several lines, none of which begins with a dot.
func (x *session) lines(list []string) bool {
	_, err := io.WriteString(x.out, strings.Join(list, "\r\n")+"\r\n.\r\n")
	return err == nil
}

// authorization is the state before the login.
func (x *session) authorization(verb, args string) bool {
	switch verb {
	case "STLS":
		return x.stls()
	case "USER", "PASS", "APOP", "AUTH":
		if x.options.TLS == StartTLS && !x.secure {
			return x.refuse("", "begin TLS first")
		}
	}
	switch {
	case verb == "USER" && !x.options.NoUSER:
		x.name = args
		return x.say("+OK")
	case verb == "PASS" && x.name != "":
		name := x.name
		x.name = ""
		return x.login(name, x.users.Match(name, args))
	case verb == "APOP" && !x.options.NoUSER:
		return x.apop(args)
	case verb == "AUTH":
		return x.auth(args)
	}
	return x.refuse("", "not now")
}

// stls begins TLS. What the client sent in the clear behind the command is dropped, as a server
// must (RFC 2595 §4 and CVE-2011-0411).
func (x *session) stls() bool {
	if x.options.TLS != StartTLS || x.secure {
		return x.refuse("", "no TLS here")
	}
	if !x.say("+OK begin TLS") || x.encrypt() != nil {
		return false
	}
	x.r = bufio.NewReaderSize(x.conn, maxLine)
	x.name = ""
	return true
}
