package graph

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/cloudmail-go/cloudmail/connector/graph/internal/wire"
)

// patience is how long the services may be silent within a request.
const patience = 30 * time.Second

// receiveBuffer is how much of an answer may come before it is read: of a mail that turns out to be
// large, or of a file that is read slowly. net/http would take 4 MiB.
const receiveBuffer = 512 << 10

// newClient makes the one HTTP client of a mailbox, for Entra and Graph, and the function that ends
// its idle connections. It follows no redirect, since neither service sends one, and goes nowhere
// but to their hosts.
func (o Office365) newClient() (c *http.Client, release func()) {
	next, release := o.Transport, func() {}
	if next == nil {
		t := o.newTransport()
		next, release = t, t.CloseIdleConnections
	}
	e := o.endpoints()
	guard := &wire.Guard{Next: next, Hosts: []string{hostOf(e.authority), hostOf(e.graph)}, Patience: patience}
	return &http.Client{Transport: guard, CheckRedirect: noRedirect}, release
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport is net/http's with the proxy and the CAs that were asked for.
func (o Office365) newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  o.proxy(),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerStream: receiveBuffer, SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// proxy says which proxy a request takes.
func (o Office365) proxy() func(*http.Request) (*url.URL, error) {
	conf := httpproxy.FromEnvironment()
	if o.Proxy != nil {
		conf = &httpproxy.Config{HTTPSProxy: o.Proxy.String()}
	}
	if len(o.NoProxy) > 0 {
		conf.NoProxy = strings.Trim(conf.NoProxy+","+strings.Join(o.NoProxy, ","), ",")
	}
	choose := conf.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}

// proxyError is a proxy's refusal to connect to the service.
type proxyError int

func (e proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", int(e), http.StatusText(int(e)))
}

// proxyAnswer keeps the status, which net/http would make a text of.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return proxyError(resp.StatusCode)
	}
	return nil
}

// hostOf returns the host of an address without its port.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
