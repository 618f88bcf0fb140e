package fakehttp

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// bufferSize is what Go's server holds back before it sends the header of an answer whose length it
// does not know.
const bufferSize = 2048

// writer is the handler's http.ResponseWriter.
type writer struct {
	x       *exchange
	header  http.Header
	status  int         // 0 before WriteHeader
	sent    http.Header // as it was at WriteHeader
	length  int64       // the declared Content-Length, else -1
	written int64
	buf     []byte // written, not yet sent; never longer than bufferSize
	public  bool   // the client has the header
}

func newWriter(x *exchange) *writer {
	return &writer{x: x, header: http.Header{}, length: -1}
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("fakehttp: invalid WriteHeader code %v", status))
	}
	if w.status != 0 {
		w.blame("superfluous WriteHeader(%d) after %d", status, w.status)
		return
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		w.length = n
		return
	}
	w.sent.Del("Content-Length")
}

func (w *writer) Write(p []byte) (int, error) {
	w.begin()
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		w.blame("wrote a body with status %d", w.status)
		return 0, http.ErrBodyNotAllowed
	}
	if w.length >= 0 && w.written+int64(len(p)) > w.length {
		w.blame("wrote more than the declared %d bytes", w.length)
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	return w.push(p)
}

// Flush sends what is there, the header at least.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for [http.ResponseController].
func (w *writer) FlushError() error {
	w.begin()
	w.open()
	return w.drain()
}

func (w *writer) begin() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// push buffers p, or sends it after what was buffered.
func (w *writer) push(p []byte) (int, error) {
	if len(w.buf)+len(p) <= bufferSize {
		w.buf = append(w.buf, p...)
		return len(p), nil
	}
	if !w.public && len(w.buf) == 0 {
		w.sniff(p)
	}
	w.open()
	if err := w.drain(); err != nil {
		return 0, err
	}
	return w.send(p)
}

// open gives the client the header of a streamed answer.
func (w *writer) open() {
	if w.public {
		return
	}
	w.sniff(w.buf)
	body := io.ReadCloser(http.NoBody)
	if !w.headOnly() && w.length != 0 {
		body = &responseBody{x: w.x, r: w.x.pr}
	}
	w.publish(body)
}

func (w *writer) drain() error {
	rest := w.buf
	w.buf = w.buf[:0]
	_, err := w.send(rest)
	return err
}

func (w *writer) send(p []byte) (int, error) {
	if len(p) == 0 || w.headOnly() {
		return len(p), nil
	}
	return w.x.pw.Write(p)
}

func (w *writer) blame(format string, args ...any) {
	w.x.door.blame(w.x.in, fmt.Sprintf(format, args...))
}

func (w *writer) isHead() bool { return w.x.in.Method == http.MethodHead }

// headOnly tells that the client gets no body, whatever the handler writes.
func (w *writer) headOnly() bool { return w.isHead() || !bodyAllowed(w.status) }

// bodyAllowed is RFC 9110 §6.4.1.
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
