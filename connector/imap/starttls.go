package imap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// beforeTLS is how much a server may say before TLS begins.
const beforeTLS = 64 << 10

var (
	errGreeting = errors.New("the server's greeting is none of IMAP")
	errAnswer   = errors.New("the server answers STARTTLS with what is no answer")
	errInjected = errors.New("something was said behind the answer to STARTTLS, where TLS must begin")
)

// startTLS begins TLS by the STARTTLS command (RFC 9051 §6.2.1). It is done here, and not by go-imap:
// what is said before TLS may come from someone between, so none of it gets to the parser and nothing
// is remembered, the capabilities least of all; and whatever stands behind the server's answer ends the
// connection.
func startTLS(ctx context.Context, raw net.Conn, config *tls.Config) (net.Conn, error) {
	limit := &io.LimitedReader{R: raw, N: beforeTLS}
	r := bufio.NewReader(limit)
	err := askForTLS(raw, r)
	switch {
	case err != nil && limit.N == 0:
		return nil, errFlood
	case err != nil:
		return nil, err
	case r.Buffered() > 0:
		return nil, errInjected
	}
	t := tls.Client(raw, config)
	if err := t.HandshakeContext(ctx); err != nil {
		if _, record := errors.AsType[tls.RecordHeaderError](err); record {
			return nil, errInjected
		}
		return nil, err
	}
	return greeted(t), nil
}

// askForTLS reads the greeting, sends the command, and reads up to the end of its answer.
func askForTLS(w io.Writer, r *bufio.Reader) error {
	const tag = "S1"
	l, err := readLine(r)
	switch {
	case err != nil:
		return err
	case l.tag != "*":
		return errGreeting
	case l.kind == "PREAUTH":
		return errPreauth
	case l.kind != "OK":
		return l.refusal(errGreeting)
	}
	if _, err := fmt.Fprintf(w, "%s STARTTLS\r\n", tag); err != nil {
		return err
	}
	for {
		l, err := readLine(r)
		switch {
		case err != nil:
			return err
		case l.tag == tag && l.kind == "OK":
			return nil
		case l.tag == tag:
			return noStartTLS(l.refusal(errAnswer))
		case l.tag != "*":
			return errAnswer
		case l.kind == "BYE":
			return l.refusal(errAnswer)
		}
	}
}

// noStartTLS tells of a server that refuses STARTTLS.
func noStartTLS(err error) error {
	if refusal, ok := errors.AsType[*imap.Error](err); ok {
		return &connector.Error{Kind: connector.ErrConfig, Err: refusal,
			Remedy: "the server has no STARTTLS, or someone between took it out; use TLS on port 993"}
	}
	return err
}

// statusLine is a line of the server before TLS: "* OK [CODE] text", "S1 NO text".
type statusLine struct{ tag, kind, text string }

// readLine reads a line. Only its status is of interest.
func readLine(r *bufio.Reader) (statusLine, error) {
	text, err := r.ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	var l statusLine
	l.tag, text, _ = strings.Cut(strings.TrimRight(text, "\r\n"), " ")
	l.kind, l.text, _ = strings.Cut(text, " ")
	l.kind = strings.ToUpper(l.kind)
	return l, err
}

// refusal is the server's NO, BAD or BYE as an error; nonsense if it is none of these.
func (l statusLine) refusal(nonsense error) error {
	switch l.kind {
	case "NO", "BAD", "BYE":
	default:
		return nonsense
	}
	return l.status()
}

// status is what the line says, as go-imap tells it.
func (l statusLine) status() *imap.Error {
	e := &imap.Error{Type: imap.StatusResponseType(l.kind), Text: shorten(l.text)}
	if rest, ok := strings.CutPrefix(l.text, "["); ok {
		code, text, _ := strings.Cut(rest, "]")
		code, _, _ = strings.Cut(code, " ")
		e.Code, e.Text = imap.ResponseCode(strings.ToUpper(code)), shorten(strings.TrimSpace(text))
	}
	return e
}

// greeted is a connection that begins with a greeting that says nothing, as go-imap waits for one: it asks
// for the capabilities anew.
func greeted(c net.Conn) net.Conn {
	return &preceded{Conn: c, r: io.MultiReader(strings.NewReader("* OK TLS\r\n"), c)}
}

// preceded is a connection before which something stands.
type preceded struct {
	net.Conn
	r io.Reader
}

// Read implements [io.Reader].
func (c *preceded) Read(p []byte) (int, error) { return c.r.Read(p) }
