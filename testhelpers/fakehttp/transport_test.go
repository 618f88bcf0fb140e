package fakehttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

const url = "https://service.example/x"

func memory(h http.HandlerFunc) *http.Client {
	return &http.Client{Transport: fakehttp.RoundTripper(h)}
}

func TestAnswerIsStreamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memory(func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				fmt.Fprint(w, "tick")
				w.(http.Flusher).Flush()
				<-time.After(time.Hour)
			}
		})
		start := time.Now()
		resp, err := c.Do(request(t, "GET", url, ""))
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Zero(t, time.Since(start), "the header does not wait for the body")
		buf := make([]byte, 4)
		for i := range 3 {
			_, err := io.ReadFull(resp.Body, buf)
			require.NoError(t, err)
			assert.Equal(t, "tick", string(buf))
			assert.Equal(t, time.Duration(i)*time.Hour, time.Since(start))
		}
		_, err = resp.Body.Read(buf)
		assert.Equal(t, io.EOF, err)
		assert.Equal(t, 3*time.Hour, time.Since(start))
	})
}

func TestStreamingHoldsNoBody(t *testing.T) {
	const size = 64 << 20
	chunk := make([]byte, 32<<10)
	c := memory(func(w http.ResponseWriter, _ *http.Request) {
		for range size / len(chunk) {
			_, _ = w.Write(chunk)
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, err := c.Do(request(t, "GET", url, ""))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	runtime.ReadMemStats(&after)
	assert.EqualValues(t, size, n)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size/8))
}

func TestHandlerContextEnds(t *testing.T) {
	t.Parallel()
	ends := map[string]func(cancel context.CancelFunc, resp *http.Response){
		"with the client's context": func(cancel context.CancelFunc, _ *http.Response) { cancel() },
		"when the body is closed":   func(_ context.CancelFunc, resp *http.Response) { _ = resp.Body.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended, wrote := false, error(nil)
				c := memory(func(w http.ResponseWriter, r *http.Request) {
					w.(http.Flusher).Flush()
					<-r.Context().Done()
					_, wrote = w.Write(make([]byte, 5000))
					ended = true
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				resp, err := c.Do(request(t, "GET", url, "").WithContext(ctx))
				require.NoError(t, err)
				end(cancel, resp)
				synctest.Wait()
				assert.True(t, ended)
				require.Error(t, wrote, "the connection is gone")
				_, err = resp.Body.Read(make([]byte, 1))
				require.Error(t, err)
				assert.NotErrorIs(t, err, io.EOF)
				assert.NoError(t, resp.Body.Close())
			})
		})
	}
}

func TestHandlerContextIsItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var in context.Context
		c := memory(func(_ http.ResponseWriter, r *http.Request) {
			in = r.Context()
			assert.Nil(t, in.Value(key{}), "values do not cross a wire")
			assert.NoError(t, in.Err())
		})
		ctx := context.WithValue(t.Context(), key{}, 1)
		do(t, c, request(t, "GET", url, "").WithContext(ctx))
		assert.ErrorIs(t, in.Err(), context.Canceled, "it ends with the handler")
	})
}

func TestContextEndsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memory(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Do(request(t, "GET", url, "").WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = c.Do(request(t, "GET", url, "").WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded, "not even started")

		c.Timeout = time.Hour
		start := time.Now()
		_, err = c.Do(request(t, "GET", url, ""))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		assert.True(t, timeout.Timeout())
		assert.Equal(t, time.Hour, time.Since(start))
	})
}

func TestReadAfterCancelFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memory(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "small") })
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := c.Do(request(t, "GET", url, "").WithContext(ctx))
		require.NoError(t, err)
		defer resp.Body.Close()
		cancel()
		_, err = io.ReadAll(resp.Body)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestAbortIsAReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memory(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "never sent")
			panic(http.ErrAbortHandler)
		})
		_, err := c.Do(request(t, "GET", url, ""))
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		require.ErrorIs(t, err, syscall.ECONNRESET)

		c = memory(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "part")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		resp, err := c.Do(request(t, "GET", url, ""))
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		assert.Equal(t, "part", string(b))
		assert.Equal(t, io.ErrUnexpectedEOF, err)
	})
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	cases := map[string]http.HandlerFunc{
		"superfluous WriteHeader(500) after 200": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "x")
			w.WriteHeader(http.StatusInternalServerError)
		},
		"wrote a body with status 204": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			_, err := w.Write([]byte("x"))
			assert.Equal(t, http.ErrBodyNotAllowed, err)
		},
		"wrote more than the declared 1 bytes": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1")
			_, err := w.Write([]byte("xy"))
			assert.Equal(t, http.ErrContentLength, err)
			_, _ = w.Write([]byte("x"))
		},
		"wrote 1 of the declared 2 bytes": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2")
			_, _ = w.Write([]byte("x"))
		},
		"panic: no such thing": func(http.ResponseWriter, *http.Request) { panic(errors.New("no such thing")) },
	}
	for want, h := range cases {
		synctest.Test(t, func(t *testing.T) {
			door := fakehttp.RoundTripper(h)
			resp, err := door.RoundTrip(request(t, "GET", url, ""))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			} else {
				assert.ErrorContains(t, err, "no such thing")
			}
			synctest.Wait()
			require.Len(t, door.Misuse(), 1, want)
			assert.True(t, strings.HasPrefix(door.Misuse()[0], "GET /x: "+want), door.Misuse()[0])
		})
	}
}

// closeSpy tells whether a transport closed the request's body, as every one has to.
type closeSpy struct {
	io.Reader
	closed chan struct{}
}

func (c *closeSpy) Close() error { close(c.closed); return nil }

func TestRequestBodyIsClosed(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"served": url, "refused": "ftp://service.example"} {
		synctest.Test(t, func(t *testing.T) {
			c := memory(func(http.ResponseWriter, *http.Request) {})
			body := &closeSpy{strings.NewReader("unread"), make(chan struct{})}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, body)
			require.NoError(t, err)
			resp, err := c.Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			assert.Equal(t, name == "refused", err != nil)
			<-body.closed
		})
	}
}

func TestShortRequestBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var err error
		c := memory(func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) })
		r := request(t, "POST", url, "12345")
		r.ContentLength = 9
		do(t, c, r)
		assert.Equal(t, io.ErrUnexpectedEOF, err)
	})
}

func TestFailedTestInAHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := memory(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }).Do(request(t, "GET", url, ""))
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})
}
