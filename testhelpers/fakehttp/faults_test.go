package fakehttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// fake is a service with one act: it counts, and answers with 10 bytes.
type fake struct {
	fakehttp.Front
	acts atomic.Int64
	h    http.Handler
}

func newFake() *fake {
	f := &fake{}
	f.h = f.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f.acts.Add(1)
		fmt.Fprint(w, "0123456789")
	}), func(r *http.Request) string { return strings.Trim(r.URL.Path, "/") })
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.h.ServeHTTP(w, r) }

// get gives the answer in short: its status and body, and the error.
func get(t *testing.T, f *fake, kind string) (string, error) {
	t.Helper()
	resp, err := memory(f.ServeHTTP).Do(request(t, "GET", "https://service.example/"+kind, ""))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, b), err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault fakehttp.Fault
		want  string
		err   error
		acts  int
		after time.Duration
	}{
		"nothing":             {fakehttp.Fault{}, "200 0123456789", nil, 1, 0},
		"status":              {fakehttp.Fault{Status: 503, Body: "busy"}, "503 busy", nil, 0, 0},
		"reset":               {fakehttp.Fault{Reset: true}, "", syscall.ECONNRESET, 0, 0},
		"cut":                 {fakehttp.Fault{CutAfter: 4}, "200 0123", io.ErrUnexpectedEOF, 1, 0},
		"cut after header":    {fakehttp.Fault{CutAfter: -1}, "200 ", io.ErrUnexpectedEOF, 1, 0},
		"cut behind the end":  {fakehttp.Fault{CutAfter: 99}, "200 0123456789", io.ErrUnexpectedEOF, 1, 0},
		"delay":               {fakehttp.Fault{Delay: time.Minute}, "200 0123456789", nil, 1, time.Minute},
		"delayed status":      {fakehttp.Fault{Delay: time.Minute, Status: 500}, "500 ", nil, 0, time.Minute},
		"after effect":        {fakehttp.Fault{AfterEffect: true}, "", syscall.ECONNRESET, 1, 0},
		"status after effect": {fakehttp.Fault{AfterEffect: true, Status: 504}, "504 ", nil, 1, 0},
		"another kind":        {fakehttp.Fault{Kind: "send", Status: 500}, "200 0123456789", nil, 1, 0},
		"this kind":           {fakehttp.Fault{Kind: "list", Status: 500}, "500 ", nil, 0, 0},
		"no match": {fakehttp.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodPut }, Status: 500},
			"200 0123456789", nil, 1, 0},
		"match": {fakehttp.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodGet }, Status: 500},
			"500 ", nil, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, start := newFake(), time.Now()
				f.Faults.Push(c.fault)
				got, err := get(t, f, "list")
				if c.err == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, c.err)
				}
				assert.Equal(t, c.want, got)
				assert.EqualValues(t, c.acts, f.acts.Load())
				assert.Equal(t, c.after, time.Since(start))
			})
		})
	}
}

func TestFaultTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.Faults.Push(fakehttp.Fault{Status: 429, Times: 2}, fakehttp.Fault{Status: 500, Times: -1})
		for _, want := range []string{"429 ", "429 ", "500 ", "500 ", "500 "} {
			got, err := get(t, f, "list")
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		assert.Equal(t, 1, f.Faults.Pending())
		f.Faults.Clear()
		got, err := get(t, f, "list")
		require.NoError(t, err)
		assert.Equal(t, "200 0123456789", got)
		assert.Zero(t, f.Faults.Pending())
	})
}

func TestFaultHeader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.Faults.Push(fakehttp.Fault{Status: 429, Header: http.Header{"retry-after": {"7"}}})
		resp, _ := do(t, memory(f.ServeHTTP), request(t, "GET", url, ""))
		assert.Equal(t, "7", resp.Header.Get("Retry-After"))
	})
}

// A hanging or slow request ends with its client, at every door.
func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakehttp.Fault{
		"hang": {Hang: true, Times: -1}, "delay": {Delay: time.Hour, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.Faults.Push(fault)
			doors(t, f.ServeHTTP, func(t *testing.T, url string, c *http.Client) {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				_, err := c.Do(request(t, "POST", url, "body").WithContext(ctx))
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
			assert.Eventually(t, func() bool { return f.Counter.InFlight() == 0 }, 5*time.Second, time.Millisecond)
			assert.Zero(t, f.acts.Load())
		})
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFake(), time.Now()
		f.Latency.Set(80 * time.Millisecond)
		for range 3 {
			_, err := get(t, f, "list")
			require.NoError(t, err)
		}
		assert.Equal(t, 240*time.Millisecond, time.Since(start))
		f.Latency.Set(0)
		_, err := get(t, f, "list")
		require.NoError(t, err)
		assert.Equal(t, 240*time.Millisecond, time.Since(start))
	})
}
