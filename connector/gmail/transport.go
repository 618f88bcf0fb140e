package gmail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

// patience is how long a connection may be silent within a request before it counts as dead. The
// caller's context ends requests earlier.
const patience = time.Minute

// errSilent is what a request ends with after that.
var errSilent = errors.New("no answer within a minute")

// maxReplay is the largest body kept for a second attempt with a fresh token.
const maxReplay = 8 << 20

// transport makes the connection pool, and what releases it.
func (w Workspace) transport() (http.RoundTripper, func()) {
	if w.Transport != nil {
		return patient{w.Transport}, func() {}
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               w.proxy(),
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: w.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 15 * time.Second,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: inFlight,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode == http.StatusProxyAuthRequired {
				return &connector.Error{Kind: connector.ErrConfig, Err: errors.New(proxyUser), Remedy: proxyRemedy}
			}
			return nil
		},
	}
	return patient{t}, t.CloseIdleConnections
}

// proxy chooses the proxy for each request.
func (w Workspace) proxy() func(*http.Request) (*url.URL, error) {
	conf := httpproxy.FromEnvironment()
	if w.Proxy != nil {
		conf = &httpproxy.Config{HTTPProxy: w.Proxy.String(), HTTPSProxy: w.Proxy.String()}
	}
	if len(w.NoProxy) > 0 {
		conf.NoProxy = strings.Trim(conf.NoProxy+","+strings.Join(w.NoProxy, ","), ",")
	}
	choose := conf.ProxyFunc()
	return func(req *http.Request) (*url.URL, error) { return choose(req.URL) }
}

// client follows no redirect: neither Google's API nor its token endpoint sends one, and what is
// sent there is not for others.
func client(rt http.RoundTripper) *http.Client {
	return &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// authorized adds the access token to each request. A refused token is replaced once.
type authorized struct {
	base   http.RoundTripper
	tokens *oauth.Google
}

// RoundTrip implements [http.RoundTripper].
func (a authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	again, err := replayable(req)
	if err != nil {
		return nil, err
	}
	token, err := a.tokens.Token(req.Context(), "")
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := a.base.RoundTrip(withToken(req, token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized || again == nil {
		return resp, err
	}
	fresh, err := a.tokens.Token(req.Context(), token)
	if err == nil && fresh == token {
		return resp, nil
	}
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	second := withToken(req, fresh)
	if second.Body, err = again(); err != nil {
		return nil, err
	}
	return a.base.RoundTrip(second)
}

// withToken copies a request.
func withToken(req *http.Request, token string) *http.Request {
	r := req.Clone(req.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// replayable returns what gives the body once more; nil where nothing can. The API client clears
// GetBody of small requests, so these are kept.
func replayable(req *http.Request) (func() (io.ReadCloser, error), error) {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return func() (io.ReadCloser, error) { return http.NoBody, nil }, nil
	case req.GetBody != nil:
		return req.GetBody, nil
	case req.ContentLength < 0 || req.ContentLength > maxReplay:
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	closeBody(req)
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, err = open()
	return open, err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// patient ends requests whose connection is silent for too long, and types what goes wrong on the
// way.
type patient struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (p patient) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	t := time.AfterFunc(patience, func() { cancel(errSilent) })
	w := &watched{timer: t, cancel: func() { t.Stop(); cancel(nil) },
		silent: func() bool { return errors.Is(context.Cause(ctx), errSilent) }}
	r := req.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = sending{r.Body, t}
	}
	resp, err := p.base.RoundTrip(r)
	t.Stop()
	if err != nil {
		err = w.cause(err)
		w.cancel()
		return nil, typed(err)
	}
	w.body = resp.Body
	resp.Body = w
	hide.Answer(req, resp)
	return resp, nil
}

// sending starts the time anew with each piece of a body that is sent.
type sending struct {
	io.ReadCloser
	timer *time.Timer
}

func (s sending) Read(p []byte) (int, error) {
	s.timer.Reset(patience)
	return s.ReadCloser.Read(p)
}

// watched is the body of an answer.
type watched struct {
	body   io.ReadCloser
	timer  *time.Timer
	cancel func()
	silent func() bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(patience)
	n, err := w.body.Read(p)
	w.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.cause(err)
	}
	return n, err
}

func (w *watched) Close() error {
	err := w.body.Close()
	w.cancel()
	return err
}

// cause tells silence from a context that ended.
func (w *watched) cause(err error) error {
	if w.silent() {
		return errSilent
	}
	return err
}

// loopback reports whether the host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
