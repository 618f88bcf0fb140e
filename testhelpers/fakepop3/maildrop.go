package fakepop3

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// maildrop is the inbox as it was at the login.
type maildrop struct {
	box     *mailstore.Mailbox
	mails   []mailstore.Message
	uids    []string
	deleted map[int]bool
	read    map[int]bool
}

// newMaildrop takes the picture that a session sees from its login to its end.
func (s *Server) newMaildrop(box *mailstore.Mailbox) *maildrop {
	s.mu.Lock()
	epoch := s.epoch
	s.mu.Unlock()
	d := &maildrop{box: box, mails: box.Above(mailstore.Inbox, 0), deleted: map[int]bool{}, read: map[int]bool{}}
	for _, m := range d.mails {
		uid := fmt.Sprintf("%08x%08x", m.UID, epoch+1)
		if s.options.HashUIDs {
			sum := sha256.Sum256(m.Raw)
			uid = hex.EncodeToString(sum[:16])
		}
		d.uids = append(d.uids, uid)
	}
	return d
}

// lock opens a maildrop for one client, or waits for it.
func (x *session) lock(address string) bool {
	until := time.Now().Add(x.options.LockWait)
	for {
		x.mu.Lock()
		if x.options.Shared || x.open[address] == 0 {
			x.open[address]++
			x.mu.Unlock()
			return true
		}
		if x.released == nil {
			x.released = make(chan struct{})
		}
		released := x.released
		x.mu.Unlock()
		select {
		case <-released:
		case <-time.After(time.Until(until)):
			return false
		}
	}
}

// release gives the maildrop back.
func (x *session) release() {
	if x.drop == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open[x.drop.box.Address()]--
	if x.released != nil {
		close(x.released)
		x.released = nil
	}
	x.drop = nil
}

// transaction is the state after the login (RFC 1939 §5).
func (x *session) transaction(verb, args string) bool {
	switch verb {
	case "NOOP":
		return x.say("+OK")
	case "RSET":
		clear(x.drop.deleted)
		clear(x.drop.read)
		return x.say("+OK")
	case "STAT":
		n, size := x.drop.stat()
		return x.say("+OK %d %d", n, size)
	case "LIST":
		return x.list(args, func(i int) string { return strconv.Itoa(len(onWire(x.drop.mails[i].Raw))) })
	}
	switch {
	case verb == "UIDL" && !x.options.NoUIDL:
		return x.list(args, func(i int) string { return x.drop.uids[i] }) && x.afterUIDL()
	case verb == "TOP" && !x.options.NoTOP:
		return x.top(args)
	case verb == "RETR":
		return x.retr(args)
	case verb == "DELE":
		return x.dele(args)
	}
	return x.refuse("", "unknown command")
}

func (d *maildrop) stat() (n, size int) {
	for i, m := range d.mails {
		if !d.deleted[i] {
			n, size = n+1, size+len(onWire(m.Raw))
		}
	}
	return n, size
}

// list is LIST or UIDL, of one mail or of all.
func (x *session) list(args string, value func(int) string) bool {
	if args != "" {
		i, ok := x.number(args)
		if !ok {
			return x.refuse("", "no such message")
		}
		return x.say("+OK %d %s", i+1, value(i))
	}
	lines := []string{"+OK"}
	for i := range x.drop.mails {
		if !x.drop.deleted[i] {
			lines = append(lines, fmt.Sprintf("%d %s", i+1, value(i)))
		}
	}
	return x.lines(lines)
}

// afterUIDL lets mails vanish that were just listed.
func (x *session) afterUIDL() bool {
	for i := len(x.drop.mails) - 1; i >= 0; i-- {
		m := x.drop.mails[i]
		if _, there := x.drop.box.Get(m.Key); there && x.vanishes() {
			_ = x.drop.box.Delete(m.Key) // it is there
		}
	}
	return true
}

// number finds the mail of an argument; one that is gone from the store is not there.
func (x *session) number(arg string) (int, bool) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 || n > len(x.drop.mails) || x.drop.deleted[n-1] {
		return 0, false
	}
	m, ok := x.drop.box.Get(x.drop.mails[n-1].Key)
	return n - 1, ok && m.Folder == mailstore.Inbox
}

// top sends the header and some lines of the body.
func (x *session) top(args string) bool {
	first, second, _ := strings.Cut(args, " ")
	i, ok := x.number(first)
	n, err := strconv.Atoi(second)
	if !ok || err != nil || n < 0 {
		return x.refuse("", "no such message")
	}
	if x.tops++; x.tops == 1 {
		x.broken = x.breaksTops()
	} else if x.broken {
		return false
	}
	return x.say("+OK") && x.send(head(onWire(x.drop.mails[i].Raw), n))
}

func (x *session) retr(args string) bool {
	i, ok := x.number(args)
	if !ok {
		return x.refuse("", "no such message")
	}
	x.drop.read[i] = true
	raw := onWire(x.drop.mails[i].Raw)
	return x.say("+OK %d octets", len(raw)) && x.send(raw)
}

func (x *session) dele(args string) bool {
	i, ok := x.number(args)
	if !ok {
		return x.refuse("", "no such message")
	}
	x.drop.deleted[i] = true
	return x.say("+OK marked")
}

// quit ends the session; only now is deleted what was marked (RFC 1939 §6).
func (x *session) quit() bool {
	if x.drop == nil {
		return x.say("+OK bye") && false
	}
	for i := range x.drop.deleted {
		_ = x.drop.box.Delete(x.drop.mails[i].Key) // who else deleted it did the same
	}
	for i := range x.drop.read {
		if x.options.MarksRead {
			_, _ = x.drop.box.Update(x.drop.mails[i].Key, func(m *mailstore.Message) { m.Seen = true })
		}
	}
	x.release()
	return x.say("+OK bye") && false
}

// onWire is a mail as it is counted and sent: it ends with a line end.
func onWire(raw []byte) []byte {
	if bytes.HasSuffix(raw, []byte("\r\n")) {
		return raw
	}
	return append(bytes.Clone(raw), "\r\n"...)
}

// send sends a mail with its dots doubled. Line ends are CRLF alone: other bytes go as they are.
func (x *session) send(raw []byte) bool {
	var b bytes.Buffer
	b.Grow(len(raw) + len(raw)/64 + 8)
	for len(raw) > 0 {
		line := raw
		if i := bytes.Index(raw, []byte("\r\n")); i >= 0 {
			line = raw[:i+2]
		}
		raw = raw[len(line):]
		if line[0] == '.' {
			b.WriteByte('.')
		}
		b.Write(line)
	}
	b.WriteString(".\r\n")
	_, err := x.out.Write(b.Bytes())
	return err == nil
}

// head is the header, the empty line, and n lines of the body.
func head(raw []byte, n int) []byte {
	end := 0
	for inBody := false; end < len(raw); {
		i := bytes.Index(raw[end:], []byte("\r\n"))
		if i < 0 {
			return raw
		}
		if inBody {
			if n == 0 {
				return raw[:end]
			}
			n--
		}
		inBody = inBody || i == 0
		end += i + 2
	}
	return raw[:end]
}
