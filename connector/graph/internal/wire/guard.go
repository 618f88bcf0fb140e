package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
)

// Guard is a transport that hands on only what the layers above can be trusted with.
type Guard struct {
	// Next makes the requests.
	Next http.RoundTripper
	// Hosts may be asked, by name without port; any other is an error before the request.
	Hosts []string
	// Patience is how long a server may be silent, before the header and at each read of the body.
	// Zero is for ever.
	Patience time.Duration
}

// The errors of a Guard, but for [StatusError].
var (
	ErrForeignHost = errors.New("the request would have gone to a foreign host")
	ErrSilent      = errors.New("the server fell silent")
)

// RoundTrip makes one request.
func (g *Guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if !slices.Contains(g.Hosts, req.URL.Hostname()) {
		return nil, fmt.Errorf("%w: %s", ErrForeignHost, req.URL.Hostname())
	}
	rec := recordOf(req.Context())
	rec.begin()
	p := newPatience(req.Context(), g.Patience)
	next := req.WithContext(p.ctx)
	plainNames(next)
	p.start()
	resp, err := g.Next.RoundTrip(next)
	p.stop()
	if err != nil {
		err = p.end(err)
		rec.lost(err)
		return nil, err
	}
	resp.Body = &patientBody{src: resp.Body, patience: p, rec: rec}
	hide.Answer(req, resp)
	if fail := check(req, resp); fail != nil {
		return failed(rec, resp, fail)
	}
	rec.succeeded(resp.Header)
	if wantsJSON(req) && isJSON(resp.Header) && resp.StatusCode != http.StatusNoContent {
		resp.Body = &jsonBody{src: resp.Body, must: resp.StatusCode == http.StatusOK, rec: rec}
	}
	return resp, nil
}

// plainNames writes the names of query options as the service's documents do ($filter, not
// %24filter). A changed address needs its own copy.
func plainNames(req *http.Request) {
	if !strings.Contains(req.URL.RawQuery, "%24") {
		return
	}
	pairs := strings.Split(req.URL.RawQuery, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if found {
			pairs[i] = strings.ReplaceAll(name, "%24", "$") + "=" + value
		}
	}
	u := *req.URL
	u.RawQuery = strings.Join(pairs, "&")
	req.URL = &u
}

// AnyType is the Accept field of a request whose answer is passed on as it is: the bytes of a mail
// or a file, JSON files too. The answer to any other request must be JSON.
const AnyType = "*/*"

func wantsJSON(req *http.Request) bool { return req.Header.Get("Accept") != AnyType }

// check tells what is wrong with an answer, nil if nothing.
func check(req *http.Request, resp *http.Response) *StatusError {
	f := &StatusError{Status: resp.StatusCode, Host: req.URL.Hostname(), Header: resp.Header}
	hasBody := resp.ContentLength != 0 && resp.StatusCode != http.StatusNoContent && resp.StatusCode != http.StatusAccepted
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		f.Foreign = true
	case resp.StatusCode >= 400:
		f.Foreign = isHTML(resp.Header)
	case wantsJSON(req) && hasBody && !isJSON(resp.Header):
		f.Foreign = true
	default:
		return nil
	}
	return f
}

// maxFailure bounds what is kept of a failing answer.
const maxFailure = 64 << 10

// failed records a failing answer. The layers above get it too, with a body that they can parse,
// except what they would take for a success.
func failed(rec *Record, resp *http.Response, f *StatusError) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFailure))
	_ = resp.Body.Close() // what was read counts
	if isJSON(resp.Header) {
		var s scanner
		s.blank(body)
	}
	f.Body = body
	rec.failed(f)
	if f.Status < 400 {
		return nil, f
	}
	if err != nil && len(body) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	resp.Header = resp.Header.Clone()
	tidyChallenge(resp.Header)
	body = parsable(resp.Header, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

func contentType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return "no content type"
	}
	return kind
}

func isJSON(h http.Header) bool {
	kind := contentType(h)
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

func isHTML(h http.Header) bool { return contentType(h) == "text/html" }

// patience ends a request whose server falls silent.
type patience struct {
	ctx    context.Context //nolint:containedctx // it lives as long as the answer is read
	cancel context.CancelCauseFunc
	limit  time.Duration
	timer  *time.Timer // nil until first started
}

func newPatience(ctx context.Context, limit time.Duration) *patience {
	ctx, cancel := context.WithCancelCause(ctx)
	return &patience{ctx: ctx, cancel: cancel, limit: limit}
}

// start begins to wait for the server, stop ends it.
func (p *patience) start() {
	switch {
	case p.limit <= 0:
	case p.timer == nil:
		p.timer = time.AfterFunc(p.limit, func() { p.cancel(fmt.Errorf("%w for %s", ErrSilent, p.limit)) })
	default:
		p.timer.Reset(p.limit)
	}
}

func (p *patience) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// end releases the request and says why it failed.
func (p *patience) end(err error) error {
	if cause := context.Cause(p.ctx); err != nil && cause != nil {
		err = cause
	}
	p.cancel(nil)
	return err
}

// patientBody is a body that gives up on a silent server.
type patientBody struct {
	src io.ReadCloser
	rec *Record
	*patience
}

func (b *patientBody) Read(p []byte) (int, error) {
	b.start()
	n, err := b.src.Read(p)
	b.stop()
	if err != nil && err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself
		err = b.end(err)
		b.rec.lost(err)
	}
	return n, err
}

func (b *patientBody) Close() error {
	err := b.src.Close()
	b.cancel(nil)
	return err
}
