package fakehttp

import (
	"context"
	"io"
	"net/http"
)

// unheard takes an answer that nobody gets.
type unheard struct{ header http.Header }

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) WriteHeader(int)             {}
func (u *unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u *unheard) Flush()                      {}

// cut serves the real answer up to f.CutAfter bytes, and then breaks the connection. The handler
// sees what it sees of a connection that broke: failing writes and the end of its context.
func (f Fault) cut(w http.ResponseWriter, r *http.Request, next http.Handler) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &cutter{ResponseWriter: w, left: max(0, f.CutAfter), broken: cancel}
	next.ServeHTTP(c, r.WithContext(ctx))
	c.Flush()
	panic(http.ErrAbortHandler)
}

type cutter struct {
	http.ResponseWriter
	left   int64
	broken func()
}

func (c *cutter) Write(p []byte) (int, error) {
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	n, err := c.ResponseWriter.Write(p[:c.left])
	c.left = 0
	c.Flush()
	c.broken()
	if err == nil {
		err = io.ErrClosedPipe
	}
	return n, err
}

// Flush sends what is there.
func (c *cutter) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

// Unwrap is for [http.ResponseController].
func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
