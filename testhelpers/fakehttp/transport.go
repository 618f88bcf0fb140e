package fakehttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// Transport is an [http.RoundTripper] that hands each request to a handler in this process, and
// streams the answer back while the handler runs. [RoundTripper] makes one. It is safe for
// concurrent use and needs no closing: nothing of a request remains once its handler returned and
// its body was read to the end, or closed.
type Transport struct {
	handler http.Handler

	mu     sync.Mutex
	misuse []string
}

// RoundTripper returns the door in memory to h.
func RoundTripper(h http.Handler) *Transport { return &Transport{handler: h} }

// RoundTrip runs the handler in a goroutine and returns when the answer's header is there, or with
// the cause of the request's context when that ends first.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := refuse(req); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	x := newExchange(t, req)
	go x.serve()
	select {
	case <-x.ready:
		return x.resp, x.err
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// refuse says what no transport would send.
func refuse(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("fakehttp: the request has no URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("fakehttp: unsupported scheme %q in the request's URL: use http or https", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("fakehttp: no host in the request's URL")
	}
	return context.Cause(req.Context())
}

// Misuse lists what handlers did that Go's server would log and a client not see: a second
// WriteHeader, a body where none is allowed, fewer or more bytes than the Content-Length declared, a
// panic other than [http.ErrAbortHandler]. A fake's tests expect it empty.
func (t *Transport) Misuse() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.misuse)
}

func (t *Transport) blame(r *http.Request, what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.misuse = append(t.misuse, r.Method+" "+r.URL.Path+": "+what)
}
