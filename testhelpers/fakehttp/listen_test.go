package fakehttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

func proto(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }

func TestListen(t *testing.T) {
	t.Parallel()
	s, err := fakehttp.Listen(http.HandlerFunc(proto))
	require.NoError(t, err)
	defer s.Close()
	assert.True(t, strings.HasPrefix(s.URL, "https://127.0.0.1:"), s.URL)
	_, got := do(t, s.Client(), request(t, "GET", s.URL, ""))
	assert.Equal(t, "HTTP/2.0", got)

	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(s.CAPEM))
	old := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer old.CloseIdleConnections()
	_, got = do(t, &http.Client{Transport: old}, request(t, "GET", s.URL, ""))
	assert.Equal(t, "HTTP/1.1", got)

	stranger := &http.Transport{}
	_, err = (&http.Client{Transport: stranger}).Do(request(t, "GET", s.URL, ""))
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown, "the authority is nobody else's")
}

func TestListenPlain(t *testing.T) {
	t.Parallel()
	s, err := fakehttp.ListenPlain(http.HandlerFunc(proto))
	require.NoError(t, err)
	defer s.Close()
	assert.Nil(t, s.CertPool)
	_, got := do(t, s.Client(), request(t, "GET", s.URL, ""))
	assert.Equal(t, "HTTP/1.1", got)
}

func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	ended := false
	s, err := fakehttp.Listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		ended = true
	}))
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := s.Client().Get(s.URL) //nolint:bodyclose // it fails
		failed <- err
	}()
	<-started
	require.NoError(t, s.Close())
	assert.True(t, ended, "Close returned before the handler did")
	require.Error(t, <-failed)
	require.NoError(t, s.Close())
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, err := fakehttp.NewCA()
	require.NoError(t, err)
	cert, err := ca.Issue("graph.example", "10.0.0.1")
	require.NoError(t, err)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "graph.example", "10.0.0.1"} {
		for _, year := range []int{2000, 2026, 2099} {
			_, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: ca.Pool(),
				CurrentTime: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)})
			assert.NoError(t, err, "%s in %d", name, year)
		}
	}
	_, err = cert.Leaf.Verify(x509.VerifyOptions{DNSName: "mail.example", Roots: ca.Pool()})
	require.Error(t, err)
}
