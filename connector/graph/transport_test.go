package graph_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

// tunnel is a proxy that leads every connection to one address, and remembers where it was asked to
// go.
type tunnel struct {
	to, password string
	mu           sync.Mutex
	asked        []string
}

func (p *tunnel) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Host)
	p.mu.Unlock()
	_, password, _ := proxyAuth(r)
	switch {
	case r.Method != http.MethodConnect:
		rw.WriteHeader(http.StatusMethodNotAllowed)
		return
	case password != p.password:
		rw.Header().Set("Proxy-Authenticate", "Basic")
		rw.WriteHeader(http.StatusProxyAuthRequired)
		return
	case p.to == "":
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	rw.WriteHeader(http.StatusOK)
	here, sent, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		there.Close()
		return
	}
	go func() { _, _ = io.Copy(there, sent); there.Close() }() // of which some may have come already
	_, _ = io.Copy(here, there)
	here.Close()
}

func proxyAuth(r *http.Request) (user, password string, ok bool) {
	copied := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	return copied.BasicAuth()
}

func (p *tunnel) hosts() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]bool{}
	for _, h := range p.asked {
		out[h] = true
	}
	return out
}

// Both services are asked through the proxy, by their own names, which the certificate must bear.
func TestProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	service, err := w.fake.Start()
	require.NoError(t, err)
	defer service.Close()
	p := &tunnel{to: parse(service.URL).Host, password: "pw"}
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	address := parse(proxy.URL).Host

	server := w.server()
	server.Transport, server.RootCAs, server.Proxy = nil, service.CertPool, parse("http://user:pw@"+address)
	opens(t, server)
	assert.Equal(t, map[string]bool{"login.microsoftonline.com:443": true, "graph.microsoft.com:443": true}, p.hosts())

	server.Proxy = parse("http://user:wrong@" + address)
	_, err = server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "user and password into Proxy")

	p.password, p.to = "", ""
	server.Proxy = parse(proxy.URL)
	_, err = server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	require.ErrorContains(t, err, "the proxy answered 403 Forbidden; the proxy does not let us through")
}

// What NoProxy lists is asked directly.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := &tunnel{}
	proxy := httptest.NewServer(p)
	defer proxy.Close()
	server := w.server()
	server.Transport, server.Proxy = nil, parse(proxy.URL)
	server.AuthorityHost, server.Endpoint = "https://login.invalid", "https://graph.invalid"
	server.NoProxy = []string{".example.com", "login.invalid"}
	_, err := server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	assert.Empty(t, p.hosts())

	server.NoProxy = []string{"graph.invalid"}
	_, err = server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	assert.Equal(t, map[string]bool{"login.invalid:443": true}, p.hosts())
}

// Without the authority that signed the certificate the error names the field to set.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	server := w.loopback(t)
	server.RootCAs = nil
	_, err := server.Open(t.Context(), nil)
	require.ErrorIs(t, err, connector.ErrConfig)
	require.ErrorContains(t, err, "RootCAs")
}
