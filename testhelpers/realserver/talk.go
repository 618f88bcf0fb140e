package realserver

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"
)

// talk is a bare IMAP connection: lines out, answers in. It is enough for putting mail somewhere.
type talk struct {
	net.Conn
	r   *bufio.Reader
	tag int
}

// signIn opens a connection for a user.
func (s *Server) signIn(user string) (*talk, error) {
	conn, err := net.DialTimeout("tcp", s.IMAP, talkLimit)
	if err != nil {
		return nil, err
	}
	t := &talk{Conn: conn, r: bufio.NewReader(conn)}
	err = conn.SetDeadline(time.Now().Add(talkLimit))
	if err == nil {
		_, err = t.r.ReadString('\n')
	}
	if err == nil {
		_, err = t.do("LOGIN " + quoted(user) + " " + quoted(s.users[user]))
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return t, nil
}

// do sends a command and returns the answer's lines.
func (t *talk) do(line string) ([]string, error) {
	t.tag++
	if _, err := fmt.Fprintf(t, "a%d %s\r\n", t.tag, line); err != nil {
		return nil, err
	}
	return t.answer()
}

// answer reads up to the tagged line.
func (t *talk) answer() (lines []string, err error) {
	tag := fmt.Sprintf("a%d ", t.tag)
	for {
		line, err := t.r.ReadString('\n')
		if err != nil {
			return lines, err
		}
		line = strings.TrimRight(line, "\r\n")
		rest, tagged := strings.CutPrefix(line, tag)
		if !tagged {
			lines = append(lines, line)
			continue
		}
		if !strings.HasPrefix(rest, "OK") {
			return lines, fmt.Errorf("the server says %q", rest)
		}
		return lines, nil
	}
}

// appendMail sends a command that ends in a literal.
func (t *talk) appendMail(line string, raw []byte) error {
	t.tag++
	if _, err := fmt.Fprintf(t, "a%d %s\r\n", t.tag, line); err != nil {
		return err
	}
	for {
		answer, err := t.r.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(answer, "+") {
			break
		}
		if !strings.HasPrefix(answer, "*") {
			return fmt.Errorf("the server says %q", strings.TrimSpace(answer))
		}
	}
	if _, err := t.Write(append(raw, "\r\n"...)); err != nil {
		return err
	}
	_, err := t.answer()
	return err
}

// quoted is a string of the protocol (RFC 9051 §4.3).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
