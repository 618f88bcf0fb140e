package pop3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// load lists the maildrop once a connection: unique ids and sizes.
func (c *conn) load() error {
	if c.drop != nil {
		return nil
	}
	d := &maildrop{since: c.since, at: map[string]int{}}
	ids := map[int]string{}
	sizes := map[int]int64{}
	order := []int{}
	err := c.listing("UIDL", func(n int, value string) {
		ids[n] = printable(value)
		order = append(order, n)
	})
	if _, refused := errors.AsType[*RefusalError](err); refused {
		return errors.Join(errNoUIDL, err)
	}
	if err != nil {
		return err
	}
	err = c.listing("LIST", func(n int, value string) {
		sizes[n], _ = strconv.ParseInt(value, 10, 64) // a size that is no number is not told
	})
	if err != nil {
		return err
	}
	seen := map[string]int{}
	for _, n := range order {
		e := entry{number: n, id: ids[n], size: max(sizes[n], 0)}
		if seen[e.id]++; seen[e.id] > 1 { // copies may share an id (RFC 1939 §7); an id has no blank
			e.id = fmt.Sprintf("%s %d", e.id, seen[e.id])
		}
		d.at[e.id] = len(d.mails)
		d.mails = append(d.mails, e)
	}
	c.drop = d
	return nil
}

// printable is a unique id as text that can be written down. Ids are of printable ASCII (RFC 1939 §7); one of bytes that
// are no text is quoted, so that two of them stay apart.
func printable(id string) string {
	if utf8.ValidString(id) {
		return id
	}
	return strconv.QuoteToASCII(id)
}

// listing runs UIDL or LIST and hands out number and value of each mail.
func (c *conn) listing(command string, each func(n int, value string)) error {
	if _, err := c.cmd(command); err != nil {
		return err
	}
	bad := false
	err := readLines(c.r, func(line string) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || value == "" {
			bad = true
			return
		}
		each(n, value)
	})
	if err == nil && bad {
		err = errGrammar
	}
	return err
}

// batch is how many headers are asked for at a time: their commands fit into one packet, so that
// neither side waits for the other to read (RFC 2449 §6.6).
const batch = 50

// headMax bounds a header.
const headMax = 1 << 20

// heads reads the headers of mails in turn; a nil header is of a mail that the server does not
// show. It stops at the first error, and what was handed out before counts. A server without TOP,
// which is optional, is asked for the whole mails.
func (c *conn) heads(mails []entry, each func(e entry, head []byte)) error {
	step := 1
	if c.caps != nil && c.can("PIPELINING") {
		step = batch
	}
	for part := range slices.Chunk(mails, step) {
		if err := c.tops(part, each); err != nil {
			return err
		}
	}
	return nil
}

// tops asks for some headers at once. A server that does not say what it can is asked for one, and where it
// refuses TOP, for the whole mail: it may know no TOP, or not show the mail.
func (c *conn) tops(mails []entry, each func(e entry, head []byte)) error {
	command := "TOP %d 0"
	if !c.can("TOP") {
		command, c.undo = "RETR %d", true
	}
	lines := make([]string, len(mails))
	for i, e := range mails {
		lines[i] = fmt.Sprintf(command, e.number)
	}
	if err := c.send(lines...); err != nil {
		return err
	}
	for _, e := range mails {
		_, err := readStatus(c.r, strings.Fields(command)[0])
		_, refused := errors.AsType[*RefusalError](err)
		if refused && c.caps == nil && !c.noTop {
			c.noTop = true
			return c.tops(mails, each)
		}
		if refused {
			each(e, nil)
			continue
		}
		if err != nil {
			return err
		}
		raw, err := readAll(&body{r: c.r}, headMax, true)
		if err != nil {
			return err
		}
		each(e, head(raw))
	}
	return nil
}

// readAll reads an answer to its end. More than the limit is an error, or cut off: the rest is read
// and dropped, so that the next answer is found.
func readAll(r io.Reader, limit int64, cut bool) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil || n <= limit {
		return b.Bytes(), err
	}
	if !cut {
		return nil, errTooBig
	}
	_, err = io.Copy(io.Discard, io.LimitReader(r, defaultMax))
	return b.Bytes()[:limit], err
}

// allLines is more lines than a mail has: TOP gives the whole mail then (RFC 1939 §7).
const allLines = 1<<31 - 1

// whole reads a whole mail. TOP is no reading to a server, so that none marks the mail: Courier does it
// at RETR already, Dovecot at QUIT. Where TOP is refused, or gives less than the mail has by LIST,
// there is RETR.
func (c *conn) whole(e entry, limit int64) ([]byte, error) {
	if c.can("TOP") && !c.shortTop {
		raw, err := c.answer(fmt.Sprintf("TOP %d %d", e.number, allLines), limit)
		_, refused := errors.AsType[*RefusalError](err)
		if err != nil && !refused || err == nil && int64(len(raw)) >= e.size {
			return raw, err
		}
		c.shortTop = true
	}
	c.undo = true
	return c.answer("RETR "+strconv.Itoa(e.number), limit)
}

// answer runs a command that gives a mail.
func (c *conn) answer(command string, limit int64) ([]byte, error) {
	if _, err := c.cmd(command); err != nil {
		return nil, err
	}
	return readAll(&body{r: c.r}, limit, false)
}

// envelope is what a header tells.
func envelope(e entry, head []byte) connector.Envelope {
	return connector.Envelope{ID: e.id, Folders: []connector.Folder{connector.Inbox}, Received: received(head), Size: e.size, Head: head}
}

// received is when the mail came: the time of the topmost Received field, which the last server
// wrote (RFC 5321 §4.4), else of the Date field; zero if neither has one.
func received(head []byte) time.Time {
	if head == nil {
		return time.Time{}
	}
	m := mailparse.Head(head, mailparse.Limits{})
	for _, f := range m.Fields {
		if !strings.EqualFold(f.Name, "Received") {
			continue
		}
		at := strings.LastIndexByte(f.Value, ';')
		if t, err := mail.ParseDate(strings.TrimSpace(f.Value[at+1:])); err == nil {
			return t.UTC()
		}
		break
	}
	if m.Date.IsZero() {
		return m.Date
	}
	return m.Date.UTC()
}
