package fakehttp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
)

// arrived is the client's request as a server would have read it from the wire.
func arrived(ctx context.Context, req *http.Request) (*http.Request, *requestBody) {
	body := newRequestBody(req)
	in := &http.Request{
		Method:        cmp.Or(req.Method, http.MethodGet),
		URL:           wireURL(req.URL),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        req.Header.Clone(),
		Body:          body,
		ContentLength: body.length,
		Host:          cmp.Or(req.Host, req.URL.Host),
		RequestURI:    req.URL.RequestURI(),
		RemoteAddr:    "127.0.0.1:49152",
	}
	if body.length < 0 {
		in.TransferEncoding = []string{"chunked"}
	}
	if body.length == 0 {
		in.Body = http.NoBody
	}
	if req.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: req.URL.Hostname()}
	}
	in.Header = wireHeader(in.Header, in.Method, body.length)
	return in.WithContext(ctx), body
}

// wireURL keeps what a request line carries: path, its escaping, and query.
func wireURL(u *url.URL) *url.URL {
	if parsed, err := url.ParseRequestURI(u.RequestURI()); err == nil {
		return parsed
	}
	return &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
}

// wireHeader adds what Go's client adds.
func wireHeader(h http.Header, method string, length int64) http.Header {
	if h == nil {
		h = http.Header{}
	}
	if _, ok := h["User-Agent"]; !ok {
		h.Set("User-Agent", "Go-http-client/1.1")
	}
	h.Del("Host")
	h.Del("Content-Length")
	sends := method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
	if length > 0 || length == 0 && sends {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	return h
}

// requestBody reads the client's body until the exchange is over.
type requestBody struct {
	rc     io.ReadCloser
	length int64 // as a server knows it: -1 is unknown
	left   int64
	closed atomic.Bool
}

func newRequestBody(req *http.Request) *requestBody {
	b := &requestBody{rc: req.Body, length: req.ContentLength}
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		b.length = 0
	case req.ContentLength == 0: // a body of unknown length
		b.length = -1
	}
	b.left = b.length
	return b
}

// Read ends after the declared length, and fails if there is less.
func (b *requestBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.length < 0 {
		return b.rc.Read(p)
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.rc.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close may be called at any time and by several.
func (b *requestBody) Close() error {
	if b.closed.Swap(true) || b.rc == nil {
		return nil
	}
	return b.rc.Close()
}
