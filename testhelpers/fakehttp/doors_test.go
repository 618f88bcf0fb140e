package fakehttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// doors runs a test at each door: the handler must look the same from all of them.
func doors(t *testing.T, h http.HandlerFunc, test func(t *testing.T, url string, c *http.Client)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			test(t, "https://service.example", &http.Client{Transport: fakehttp.RoundTripper(h)})
		})
	})
	for name, listen := range map[string]func() (*fakehttp.Server, error){
		"h2":    func() (*fakehttp.Server, error) { return fakehttp.Listen(h, "service.example") },
		"plain": func() (*fakehttp.Server, error) { return fakehttp.ListenPlain(h) },
	} {
		t.Run(name, func(t *testing.T) {
			s, err := listen()
			require.NoError(t, err)
			defer s.Close()
			url := "http://service.example"
			if s.CertPool != nil {
				url = "https://service.example"
			}
			test(t, url, s.Client())
		})
	}
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	return r
}

func do(t *testing.T, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(b)
}

func TestRequestAsAServerSeesIt(t *testing.T) {
	t.Parallel()
	h := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		fmt.Fprintln(w, r.Method, r.RequestURI, r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery, r.URL.Host == "")
		fmt.Fprintln(w, r.Host, r.Header.Get("X-A"), r.Header.Get("Host") == "", r.UserAgent() != "")
		fmt.Fprintln(w, r.ContentLength, r.Header.Get("Content-Length"), string(body))
		assert.NotEmpty(t, r.RemoteAddr)
	}
	doors(t, h, func(t *testing.T, url string, c *http.Client) {
		r := request(t, "POST", url+"/a%2Fb/c%20d?q=x%2By#frag", "hello")
		r.Header.Set("X-A", "1")
		_, got := do(t, c, r)
		assert.Equal(t, "POST /a%2Fb/c%20d?q=x%2By /a/b/c d /a%2Fb/c%20d q=x%2By true\n"+
			"service.example 1 true true\n5 5 hello\n", got)
		r = request(t, "GET", url, "")
		r.Host = "other.example"
		_, got = do(t, c, r)
		assert.Equal(t, "GET / / /  true\nother.example  true true\n0  \n", got)
	})
}

func TestRequestOfUnknownLength(t *testing.T) {
	t.Parallel()
	h := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		fmt.Fprint(w, r.ContentLength, string(body))
	}
	doors(t, h, func(t *testing.T, url string, c *http.Client) {
		pr, pw := io.Pipe()
		go func() {
			_, _ = io.WriteString(pw, strings.Repeat("x", 10))
			_ = pw.Close()
		}()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, pr)
		require.NoError(t, err)
		_, got := do(t, c, r)
		assert.Equal(t, "-1xxxxxxxxxx", got)
	})
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 1000)
	h := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			fmt.Fprint(w, "short")
		case "/long":
			_, _ = io.WriteString(w, long)
		case "/declared":
			w.Header().Set("Content-Length", "10000")
			w.Header().Set("Content-Type", "text/x")
			_, _ = io.WriteString(w, long)
		case "/none":
			w.WriteHeader(http.StatusAccepted)
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		case "/flushed":
			w.Header().Set("Content-Type", "text/y")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "late")
			w.Header().Set("X-Late", "1")
		}
	}
	cases := []struct {
		method, path string
		status       int
		length       int64
		kind, body   string
	}{
		{"GET", "/short", 200, 5, "text/plain; charset=utf-8", "short"},
		{"GET", "/long", 200, -1, "text/plain; charset=utf-8", long},
		{"GET", "/declared", 200, 10000, "text/x", long},
		{"GET", "/none", 202, 0, "", ""},
		{"DELETE", "/204", 204, 0, "", ""},
		{"GET", "/304", 304, 0, "", ""},
		{"GET", "/flushed", 200, -1, "text/y", "late"},
		{"HEAD", "/short", 200, 5, "text/plain; charset=utf-8", ""},
		{"HEAD", "/long", 200, -1, "text/plain; charset=utf-8", ""},
		{"HEAD", "/declared", 200, 10000, "text/x", ""},
		{"HEAD", "/none", 202, -1, "", ""},
	}
	doors(t, h, func(t *testing.T, url string, c *http.Client) {
		for _, want := range cases {
			name := want.method + " " + want.path
			resp, body := do(t, c, request(t, want.method, url+want.path, ""))
			assert.Equal(t, want.status, resp.StatusCode, name)
			assert.Equal(t, fmt.Sprintf("%d %s", want.status, http.StatusText(want.status)), resp.Status, name)
			assert.Equal(t, want.length, resp.ContentLength, name)
			assert.Equal(t, want.kind, resp.Header.Get("Content-Type"), name)
			assert.Equal(t, want.body, body, name)
			assert.Empty(t, resp.Header.Get("X-Late"), name)
			date, err := http.ParseTime(resp.Header.Get("Date"))
			assert.NoError(t, err, name)
			assert.False(t, date.IsZero(), name)
		}
	})
}

func TestBodyCutShort(t *testing.T) {
	t.Parallel()
	h := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "12345")
		if r.URL.Path == "/abort" {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	doors(t, h, func(t *testing.T, url string, c *http.Client) {
		for _, path := range []string{"/short", "/abort"} {
			resp, err := c.Do(request(t, "GET", url+path, ""))
			require.NoError(t, err, path)
			b, err := io.ReadAll(resp.Body)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, "12345", string(b), path)
			require.Error(t, err, path)
		}
	})
}
