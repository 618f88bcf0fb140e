package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// wonderAfter is how long a server may be silent before it is asked whether it waits for TLS. Servers that
// make strangers wait for their greeting take longer, so that it ends nothing by itself.
const wonderAfter = 5 * time.Second

// ErrTLSFirst is a server that does not greet because its port speaks TLS from the start.
var ErrTLSFirst = errors.New("the port speaks TLS from the start")

// TLSFirstRemedy is what to do about it.
const TLSFirstRemedy = "set Security to tls, or Port to the one for starttls"

// Greeting runs read, which waits for a greeting in the clear. On a port for TLS from the start both sides
// would wait for each other; so a server that is silent for some seconds is tried with TLS, on a connection
// of its own. Where TLS is what it waits for, interrupt is called, and ErrTLSFirst returned.
func Greeting(ctx context.Context, dial func(context.Context) (net.Conn, error), config *tls.Config, interrupt func(), read func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	tried := make(chan bool, 1)
	wonder := time.AfterFunc(wonderAfter, func() {
		first := awaitsTLS(ctx, dial, config)
		if first {
			interrupt()
		}
		tried <- first
	})
	err := read()
	cancel()
	if wonder.Stop() || !<-tried || err == nil {
		return err
	}
	return ErrTLSFirst
}

// awaitsTLS reports whether a server takes TLS from the start, by whatever certificate. Nothing is said in it.
func awaitsTLS(ctx context.Context, dial func(context.Context) (net.Conn, error), config *tls.Config) bool {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	raw, err := dial(ctx)
	if err != nil {
		return false
	}
	defer raw.Close()
	err = tls.Client(raw, config).HandshakeContext(ctx)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return err == nil || untrusted
}
