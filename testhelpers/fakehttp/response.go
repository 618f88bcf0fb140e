package fakehttp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// finish ends an answer whose handler returned, and gives what the client reads after the last
// byte.
func (w *writer) finish() error {
	w.begin()
	last := w.shortfall()
	if w.public {
		if err := w.drain(); err != nil {
			return err
		}
		return last
	}
	w.sniff(w.buf)
	if w.length < 0 && bodyAllowed(w.status) && (!w.isHead() || len(w.buf) > 0) {
		w.length = int64(len(w.buf))
		w.sent.Set("Content-Length", strconv.Itoa(len(w.buf)))
	}
	body := io.ReadCloser(http.NoBody)
	if !w.headOnly() && w.length > 0 {
		body = &responseBody{x: w.x, r: io.MultiReader(bytes.NewReader(w.buf), &final{last})}
	}
	w.publish(body)
	return last
}

// shortfall is what the client reads after a body that is shorter than declared.
func (w *writer) shortfall() error {
	if w.headOnly() || w.written >= w.length {
		return io.EOF
	}
	w.blame("wrote %d of the declared %d bytes", w.written, w.length)
	return io.ErrUnexpectedEOF
}

// sniff completes the header as Go's server does, once the first bytes are known.
func (w *writer) sniff(first []byte) {
	_, typed := w.sent["Content-Type"]
	if !typed && len(first) > 0 && w.sent.Get("Content-Encoding") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(first))
	}
	if _, dated := w.sent["Date"]; !dated {
		w.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	w.sent.Del("Transfer-Encoding")
	if !bodyAllowed(w.status) {
		w.sent.Del("Content-Length")
	}
	if w.status == http.StatusNotModified {
		w.sent.Del("Content-Type")
	}
}

// publish gives the client its answer.
func (w *writer) publish(body io.ReadCloser) {
	w.public = true
	resp := &http.Response{
		Status:        strings.TrimSpace(strconv.Itoa(w.status) + " " + http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          body,
		ContentLength: w.length,
		Request:       w.x.req,
		TLS:           w.x.in.TLS,
	}
	switch {
	case !bodyAllowed(w.status):
		resp.ContentLength = 0
	case w.length < 0 && !w.isHead():
		resp.TransferEncoding = []string{"chunked"}
	}
	w.x.resp = resp
	close(w.x.ready)
}

// responseBody is the answer's body at the client.
type responseBody struct {
	x      *exchange
	r      io.Reader
	closed atomic.Bool
}

// Read fails with the cause of the request's context once that ended, as Go's client does.
func (b *responseBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if ctx := b.x.req.Context(); ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return b.r.Read(p)
}

// Close ends the handler's context and its writes, if it is still running.
func (b *responseBody) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	b.x.cancel()
	return b.x.pr.Close()
}

// final is a reader that has nothing but its last word.
type final struct{ err error }

func (f *final) Read([]byte) (int, error) { return 0, f.err }
