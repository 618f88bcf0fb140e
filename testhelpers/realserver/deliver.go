package realserver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// talkLimit bounds one conversation with a server; far beyond what it takes.
const talkLimit = 2 * time.Minute

var errDown = errors.New("the server does not run")

// Deliver brings a mail into the inbox of a user, as a mail system does: the server adds its own
// fields in front. The mail is there when it returns. Lines may end in LF or CRLF.
func (s *Server) Deliver(rcpt string, raw []byte) error {
	s.mu.Lock()
	runs := s.run != nil
	s.mu.Unlock()
	err := errDown
	if runs {
		err = s.setup.deliver(rcpt, crlf(raw))
	}
	if err != nil {
		return fmt.Errorf("realserver: deliver to %s at %s: %w", rcpt, s.Kind, err)
	}
	return nil
}

// crlf makes all line ends CRLF.
func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// lmtp delivers by RFC 2033.
func (s *Server) lmtp(rcpt string, raw []byte) error {
	conn, err := net.DialTimeout("tcp", s.LMTP, talkLimit)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(talkLimit)); err != nil {
		return err
	}
	c := textproto.NewConn(conn)
	if _, _, err := c.ReadResponse(220); err != nil {
		return err
	}
	for _, step := range []struct {
		line string
		want int
	}{{"LHLO localhost", 250}, {"MAIL FROM:<sender@example.com>", 250}, {"RCPT TO:<" + rcpt + ">", 250}, {"DATA", 354}} {
		if err := c.PrintfLine("%s", step.line); err != nil {
			return err
		}
		if _, _, err := c.ReadResponse(step.want); err != nil {
			return fmt.Errorf("%s: %w", step.line, err)
		}
	}
	w := c.DotWriter()
	_, err = w.Write(raw)
	if end := w.Close(); err == nil {
		err = end
	}
	if err != nil {
		return err
	}
	_, _, err = c.ReadResponse(250)
	return err
}

// Place puts a mail into a folder as received at some time, byte for byte, by the server's own IMAP
// APPEND. The folder is named in the server's words ("INBOX", "Projects.2026"); it is made if it is
// missing.
func (s *Server) Place(user, folder string, raw []byte, received time.Time) error {
	conn, err := s.signIn(user)
	if err != nil {
		return fmt.Errorf("realserver: place a mail of %s: %w", user, err)
	}
	defer conn.Close()
	if !strings.EqualFold(folder, "INBOX") {
		_, _ = conn.do("CREATE " + quoted(folder)) // it may be there
	}
	raw = crlf(raw)
	date := ""
	if !received.IsZero() {
		date = received.Format(`"_2-Jan-2006 15:04:05 -0700" `)
	}
	if err := conn.appendMail(fmt.Sprintf("APPEND %s %s{%d}", quoted(folder), date, len(raw)), raw); err != nil {
		return fmt.Errorf("realserver: place a mail in %q: %w", folder, err)
	}
	return nil
}

// maildir delivers into a Maildir: a file in tmp, renamed into new. Lines end by LF there, as those of
// all files. Its name begins with the time in seconds (https://cr.yp.to/proto/maildir.html): with more digits Courier
// mistakes the order of the names, and gives its mails new UIDs again and again.
func (s *Server) maildir(dir string, raw []byte) error {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	now := time.Now()
	name := fmt.Sprintf("%d.M%dP%dQ%d.localhost", now.Unix(), now.Nanosecond()/1000, os.Getpid(), s.delivered.Add(1))
	tmp := filepath.Join(dir, "tmp", name)
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	if s.who.root {
		if err := os.Chown(tmp, s.who.uid, s.who.gid); err != nil {
			return err
		}
	}
	return os.Rename(tmp, filepath.Join(dir, "new", name))
}
