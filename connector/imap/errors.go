package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/link"
)

// fail makes the error that a call returns.
func (b *backend) fail(op string, err error) error { return b.server.fail(op, err) }

// fail makes the error that a call returns: its kind, what it means, and what to do.
func (s Server) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		own := *e
		if own.Op == "" {
			own.Op = op
		}
		if own.Mailbox == "" {
			own.Mailbox = s.Address
		}
		return &own
	}
	out := &connector.Error{Op: op, Mailbox: s.Address, Err: err}
	if bye, ok := errors.AsType[*byeError](err); ok {
		s.explain(out, "", bye.said)
		return out
	}
	if refusal, ok := errors.AsType[*imap.Error](err); ok {
		s.explain(out, op, refusal)
		return out
	}
	out.Kind, out.Remedy = s.transport(err)
	return out
}

// explain says what a refusal means.
func (s Server) explain(out *connector.Error, op string, refusal *imap.Error) {
	row := lookup(op, refusal)
	out.Kind, out.Remedy, out.RetryAfter = row.kind, s.fill(row.remedy), backoff(refusal.Text)
	if refusal.Type == imap.StatusResponseTypeBye && errors.Is(row.kind, connector.ErrUnexpected) {
		out.Kind, out.Remedy = connector.ErrUnavailable, "the server turned the connection away: is it up, and this machine welcome?"
	}
}

// transport sorts what happens on the way to the server and back.
func (s Server) transport(err error) (kind error, remedy string) { //nolint:staticcheck // kind is the answer, not a failure
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, name := errors.AsType[*net.DNSError](err)
	switch {
	case untrusted:
		return connector.ErrConfig, "is Host the name in the server's certificate? For a certificate of your own set RootCAs"
	case record, s.Security != Plain && strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		return connector.ErrConfig, fmt.Sprintf("port %d does not speak TLS from the start: set Security to StartTLS, or another Port", s.Port)
	case errors.Is(err, link.ErrTLSFirst):
		return connector.ErrConfig, link.TLSFirstRemedy
	case name:
		return connector.ErrUnavailable, "is Host right, and this machine online?"
	case strings.Contains(err.Error(), "in LIST: utf7: invalid"), strings.Contains(err.Error(), "in LIST: invalid UTF-8"):
		return connector.ErrUnexpected, "the server lists a folder whose name is no modified UTF-7 (RFC 3501 §5.1.3): have it renamed"
	case isOldTLS(err):
		return connector.ErrConfig, "the server speaks no TLS 1.2 or newer: it must be renewed, or somebody between turns TLS down"
	case isForeign(err):
		return connector.ErrUnexpected, "is this the right server, and nobody between?"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return connector.ErrUnavailable, "the server does not answer"
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return connector.ErrUnavailable, "the server ended the connection"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return connector.ErrUnavailable, ""
	}
	return connector.ErrUnavailable, "the connection broke, or the server says what is no IMAP: are Host and Port right?"
}

// isForeign reports whether the other side does what no mail server does.
func isForeign(err error) bool {
	return slices.ContainsFunc([]error{errPreauth, errFlood, errHead, errGreeting, errAnswer, errNonsense, errInjected, errChallenge},
		func(e error) bool { return errors.Is(err, e) })
}

// isOldTLS reports whether there is no version of TLS that both sides speak. crypto/tls has no type for it.
func isOldTLS(err error) bool {
	return strings.Contains(err.Error(), "tls: server selected unsupported protocol version") ||
		strings.Contains(err.Error(), "tls: protocol version not supported")
}

// config is an ErrConfig about a field.
func (s Server) config(what, remedy string) error {
	return &connector.Error{Op: "connect", Mailbox: s.Address, Kind: connector.ErrConfig, Err: errors.New(what), Remedy: remedy}
}

// noFolder is what a folder gets that is not there.
func (s Server) noFolder(op string, f connector.Folder) error {
	return &connector.Error{Op: op, Mailbox: s.Address, Kind: connector.ErrConfig, Err: fmt.Errorf("the mailbox has no folder %q", string(f)),
		Remedy: "Session.Folders lists those it has"}
}

// fill puts into a remedy what it names.
func (s Server) fill(remedy string) string {
	secret := "password of " + s.User + " right, and allowed for IMAP? Exchange Online and Gmail take no account passwords"
	if s.Token != nil {
		secret = "token of " + s.User + " still valid, and for IMAP?"
	}
	return strings.NewReplacer("{user}", s.User, "{address}", s.Address, "{secret}", secret).Replace(remedy)
}

// kindOf is the kind of a refusal that says more than that the command was refused; nil else.
func kindOf(err error) error {
	if refusal, ok := errors.AsType[*imap.Error](err); ok {
		if k := lookup("", refusal).kind; !errors.Is(k, connector.ErrUnexpected) && !errors.Is(k, connector.ErrConfig) {
			return k
		}
	}
	return nil
}

// shorten bounds foreign text.
func shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}
