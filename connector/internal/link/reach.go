package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strconv"
)

// Reach opens a connection, by the account's own dial function if there is one.
func Reach(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error), host string, port int) (net.Conn, error) {
	if dial == nil {
		dial = (&net.Dialer{Timeout: Patience}).DialContext
	}
	return dial(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
}

// TLS is how TLS is spoken with a host; nil roots are the system's.
func TLS(host string, roots *x509.CertPool) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}
}
