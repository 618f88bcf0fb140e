package fakeimap

import (
	"bytes"
	"net"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/wire"
)

// Commands lists what clients sent, without the tags, in the order in which it came, literals included
// as they were written. Of LOGIN and AUTHENTICATE only the name stands there. What a client sends before
// it begins TLS by STARTTLS is listed, and not what comes after.
func (s *Server) Commands() []string { return s.log.Lines() }

// Requests counts the commands, but for LOGOUT.
func (s *Server) Requests() int {
	n := 0
	for _, c := range s.Commands() {
		if c != "LOGOUT" {
			n++
		}
	}
	return n
}

// logged takes the commands from what a server reads.
type logged struct {
	net.Conn
	log  *wire.Log
	text []byte
	lit  int // bytes of a literal that are still to come
	from int // where the line begins that is looked at
	tls  bool
}

// Read passes on what comes.
func (c *logged) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.tls {
		c.text = append(c.text, p[:n]...)
		c.parse()
	}
	return n, err
}

// parse cuts the text into commands.
func (c *logged) parse() {
	for {
		if c.lit > 0 {
			if len(c.text)-c.from < c.lit {
				return
			}
			c.from, c.lit = c.from+c.lit, 0
		}
		end := bytes.Index(c.text[c.from:], []byte("\r\n"))
		if end < 0 {
			return
		}
		end += c.from
		if n, ok := literal(c.text[c.from:end]); ok {
			c.from, c.lit = end+2, n
			continue
		}
		c.command(string(c.text[:end]))
		c.text, c.from = c.text[end+2:], 0
	}
}

// literal reads the length at the end of a line (RFC 9051 §4.3).
func literal(line []byte) (int, bool) {
	at := bytes.LastIndexByte(line, '{')
	if at < 0 || !bytes.HasSuffix(line, []byte("}")) {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(string(line[at+1:len(line)-1]), "+"))
	return n, err == nil
}

// command notes one command. Lines without a tag are answers to the server.
func (c *logged) command(text string) {
	_, line, ok := strings.Cut(text, " ")
	if !ok {
		return
	}
	name, _, _ := strings.Cut(line, " ")
	switch strings.ToUpper(name) {
	case "LOGIN", "AUTHENTICATE":
		line = strings.ToUpper(name)
	case "STARTTLS":
		c.tls = true
	}
	c.log.Add(line)
}
