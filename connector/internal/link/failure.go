package link

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Meaning is what an error says to who runs a test.
type Meaning struct {
	Kind   error // one of connector's
	Remedy string
}

// Way sorts what goes wrong on the way to a server and back.
func Way(err error) Meaning {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, name := errors.AsType[*net.DNSError](err)
	switch {
	case untrusted:
		return Meaning{connector.ErrConfig, "is Host the name in the server's certificate? An authority of your own goes into RootCAs"}
	case noTLS:
		return Meaning{connector.ErrConfig, "the server speaks no TLS on this port: check Port, or set Security to starttls"}
	case errors.Is(err, ErrTLSFirst):
		return Meaning{connector.ErrConfig, TLSFirstRemedy}
	case name:
		return Meaning{connector.ErrUnavailable, "is this machine online, and Host right?"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Meaning{connector.ErrUnavailable, "the server closed the connection"}
	}
	return Meaning{connector.ErrUnavailable, ""}
}

// Fail makes the error that a call returns: one that has its kind keeps it, one of an ended context
// is ErrUnavailable, any other is what meaning says.
func Fail(ctx context.Context, op, mailbox string, err error, meaning func(error) Meaning) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		own := *e
		if own.Mailbox == "" {
			own.Mailbox = mailbox
		}
		return &own
	}
	out := &connector.Error{Op: op, Mailbox: mailbox, Kind: connector.ErrUnavailable, Err: err}
	if ctx.Err() != nil {
		out.Err = context.Cause(ctx)
		return out
	}
	m := meaning(err)
	out.Kind, out.Remedy = m.Kind, m.Remedy
	return out
}

// Loopback reports whether the host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Host reports whether the text is a host name or an IP address and nothing else.
func Host(s string) bool {
	return net.ParseIP(s) != nil || s != "" && !strings.ContainsAny(s, "/:@[]<>\\ \t\r\n\x00")
}

// Address reports whether the text is a mail address and nothing else.
func Address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// Shorten bounds foreign text.
func Shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}
