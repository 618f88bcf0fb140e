package gmail_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// proxy is an HTTP proxy behind which Google's hosts are the fake.
type proxy struct {
	to    string // host and port of the fake
	mu    sync.Mutex
	asked []string // targets
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "Basic cWE6c2VjcmV0" { // qa:secret
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	up, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	down, sent, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	go func() { _, _ = io.Copy(up, sent); up.Close() }() // of which some may have come already
	_, _ = io.Copy(down, up)
	down.Close()
}

// proxied is the mailbox behind a proxy that wants user and password.
func (w *world) proxied(t *testing.T) (gmail.Workspace, *proxy) {
	t.Helper()
	s, err := w.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	p := &proxy{to: strings.TrimPrefix(s.URL, "https://")}
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	u, err := url.Parse(front.URL)
	require.NoError(t, err)
	u.User = url.UserPassword("qa", "secret")
	return gmail.Workspace{Address: w.box.Address(), ServiceAccount: w.credential, Proxy: u, RootCAs: s.CertPool}, p
}

// All requests, those for tokens too, take the proxy; what it says of us shows as its own fault.
func TestProxy(t *testing.T) {
	w := newWorld(t, nil)
	server, p := w.proxied(t)
	watch := []connector.Folder{connector.Inbox}
	b, err := server.Open(t.Context(), watch)
	require.NoError(t, err)
	require.NoError(t, b.(io.Closer).Close())
	slices.Sort(p.asked)
	assert.Equal(t, []string{"CONNECT gmail.googleapis.com:443", "CONNECT oauth2.googleapis.com:443"}, p.asked)

	stranger := *server.Proxy
	stranger.User = nil
	server.Proxy = &stranger
	_, err = server.Open(t.Context(), watch)
	require.ErrorIs(t, err, connector.ErrConfig)
	assert.ErrorContains(t, err, "put user and password into Proxy")

	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	server.Proxy = &url.URL{Scheme: "http", Host: dead.Addr().String()}
	_, err = server.Open(t.Context(), watch)
	require.ErrorIs(t, err, connector.ErrUnavailable)
	assert.ErrorContains(t, err, "the proxy does not answer: see Proxy, NoProxy")
	assert.NotContains(t, err.Error(), "secret")
}

// rawFirst is a service that tells of a mail after the mail itself, as it may.
type rawFirst struct{ http.RoundTripper }

func (r rawFirst) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.RoundTripper.RoundTrip(req)
	if err != nil || req.URL.Query().Get("format") != "raw" {
		return resp, err
	}
	defer resp.Body.Close()
	var m map[string]json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return nil, err
	}
	raw := m["raw"]
	delete(m, "raw")
	rest, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	text := slices.Concat([]byte(`{"raw":`), raw, []byte(","), rest[1:])
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// Folders and time are known, however the service orders its answer, and the mail is read whole. A
// large one costs a second request.
func TestFetchInAnyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	server := w.server()
	server.Transport = rawFirst{server.Transport}
	b := w.open(server)
	for size, asks := range map[int]int{10: 1, 3 << 20: 2} {
		text := letter + strings.Repeat("0123456789abcde\r\n", size/17)
		sent := w.box.Deliver([]byte(text), mailstore.Delivery{Folder: mailstore.Junk})
		id := ""
		for e, err := range b.Search(t.Context(), connector.Query{Everything: true, Folder: connector.Junk}) {
			require.NoError(t, err)
			id = e.ID
			break
		}
		before := w.fake.Counter.Total().Requests
		src, err := b.Fetch(t.Context(), id, connector.DepthWhole)
		require.NoError(t, err)
		got, err := io.ReadAll(src)
		require.NoError(t, err)
		require.NoError(t, src.Close())
		assert.True(t, bytes.HasSuffix(got, []byte(text)), "%d bytes of %d", len(got), len(text))
		assert.Equal(t, []connector.Folder{connector.Junk}, src.Folders)
		assert.Equal(t, sent.Received.Truncate(1e6).UTC(), src.Received)
		assert.Equal(t, asks, w.fake.Counter.Total().Requests-before)
		require.NoError(t, w.box.Delete(sent.Key))
	}
}
