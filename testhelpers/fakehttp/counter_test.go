package fakehttp_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

func TestCounter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFake(), time.Now()
		f.Faults.Push(fakehttp.Fault{Kind: "send", Reset: true}, fakehttp.Fault{Status: 404, Delay: time.Second})
		_, err := get(t, f, "send")
		require.Error(t, err)
		for range 2 {
			_, err = get(t, f, "list")
			require.NoError(t, err)
		}
		assert.Equal(t, 1, f.Counter.Count("send"))
		assert.Equal(t, 2, f.Counter.Count("list"))
		assert.Zero(t, f.Counter.Count("token"))
		assert.Equal(t, fakehttp.Traffic{Requests: 3, Sent: 10}, f.Counter.Total())
		log := f.Counter.Log()
		require.Len(t, log, 3)
		assert.Equal(t, fakehttp.Entry{Time: start, Kind: "send", Method: "GET", Path: "/send"}, log[0])
		assert.Equal(t, fakehttp.Entry{Time: start, Took: time.Second, Kind: "list", Method: "GET", Path: "/list",
			Status: 404}, log[1])
		assert.Equal(t, 200, log[2].Status)

		f.Counter.Reset()
		assert.Zero(t, f.Counter.Total())
		assert.Empty(t, f.Counter.Log())
		assert.Zero(t, f.Counter.MaxInFlight())
	})
}

func TestCounterBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c fakehttp.Counter
		h := c.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
			w.(http.Flusher).Flush()
			assert.NoError(t, http.NewResponseController(w).Flush())
		}), nil)
		_, body := do(t, memory(h.ServeHTTP), request(t, "POST", "https://service.example/a%2Fb?q=1", strings.Repeat("x", 5000)))
		assert.Len(t, body, 5000)
		e := c.Log()[0]
		assert.Equal(t, "/a%2Fb", e.Path)
		assert.Equal(t, "q=1", e.Query)
		assert.Equal(t, fakehttp.Traffic{Requests: 1, Received: 5000, Sent: 5000}, c.Total())
	})
}

func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.Latency.Set(time.Second)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				_, err := get(t, f, "list")
				assert.NoError(t, err)
			})
		}
		synctest.Wait()
		assert.Equal(t, 5, f.Counter.InFlight())
		f.Latency.Set(0)
		all.Wait()
		assert.Equal(t, 5, f.Counter.MaxInFlight())
		assert.Zero(t, f.Counter.InFlight())
	})
}
