package fakehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
)

// exchange is one request and its answer.
type exchange struct {
	door   *Transport
	req    *http.Request // the client's
	in     *http.Request // the handler's
	body   *requestBody
	cancel context.CancelFunc // ends the handler's context
	stop   func() bool        // unhooks the client's context

	ready chan struct{} // closed when resp or err is there
	resp  *http.Response
	err   error

	out *writer
	pr  *io.PipeReader // the answer's body, if it is not small
	pw  *io.PipeWriter
}

func newExchange(t *Transport, req *http.Request) *exchange {
	ctx, cancel := context.WithCancel(context.Background())
	x := &exchange{door: t, req: req, cancel: cancel, ready: make(chan struct{})}
	x.in, x.body = arrived(ctx, req)
	x.pr, x.pw = io.Pipe()
	x.out = newWriter(x)
	x.stop = context.AfterFunc(req.Context(), x.clientGone)
	return x
}

// clientGone is a connection that the client closed.
func (x *exchange) clientGone() {
	x.cancel()
	_ = x.pw.CloseWithError(context.Cause(x.req.Context()))
	_ = x.body.Close()
}

// serve runs the handler to its end. Telling the client is the last thing it does, so that a client
// that saw the end of the body left nothing running.
func (x *exchange) serve() {
	returned := false
	defer func() {
		failed := x.failure(returned, recover())
		x.cancel()
		_ = x.body.Close()
		if !x.out.public { // else the rest may have to wait for the client
			x.stop()
		}
		x.end(failed)
	}()
	x.door.handler.ServeHTTP(x.out, x.in)
	returned = true
}

// end gives the client what is left of the answer, and what it reads after it. A handler that broke
// off before the client had the header leaves no answer at all.
func (x *exchange) end(failed error) {
	last := failed
	if failed == nil {
		last = x.out.finish()
	}
	x.stop()
	_ = x.pw.CloseWithError(last)
	if !x.out.public {
		x.err = reset(failed)
		close(x.ready)
	}
}

// failure is what the client sees of a handler that did not return: by a panic, or by
// [runtime.Goexit], as a failed test does it.
func (x *exchange) failure(returned bool, panicked any) error {
	switch {
	case returned:
		return nil
	case panicked == nil, panicked == http.ErrAbortHandler: //nolint:errorlint // Go's server compares so: wrapped, it is a panic like others
		return io.ErrUnexpectedEOF
	}
	x.door.blame(x.in, fmt.Sprintf("panic: %v\n%s", panicked, debug.Stack()))
	return fmt.Errorf("fakehttp: the handler of %s %s panicked: %v", x.in.Method, x.in.URL.Path, panicked)
}

// reset is a connection that broke before the answer; a handler's panic keeps its text.
func reset(failed error) error {
	if !errors.Is(failed, io.ErrUnexpectedEOF) {
		return failed
	}
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 49152}
	remote := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}
	return &net.OpError{Op: "read", Net: "tcp", Source: local, Addr: remote,
		Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}
