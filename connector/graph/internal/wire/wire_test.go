package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers is a transport that gives one answer.
type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, kind, body string) answers {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {kind}, "Date": {"Mon, 02 Nov 2026 09:16:00 GMT"}}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
	}
}

func get(t *testing.T, next http.RoundTripper) (*http.Response, *Record, error) {
	t.Helper()
	ctx, rec := Watch(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://graph.example.com/v1.0/x?%24select=a%24b", nil)
	require.NoError(t, err)
	req.Header.Set("Accept", "application/json")
	resp, err := (&Guard{Next: next, Hosts: []string{"graph.example.com"}, Patience: time.Minute}).RoundTrip(req)
	return resp, rec, err
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		kind, body string
		foreign    bool
		passed     string // body that the layers above get; "-": an error instead
	}{
		"success":                {200, "application/json", `{"a":"b"}`, false, `{"a":"b"}`},
		"control characters":     {200, "application/json", "{\"a\":\"b\x01\nc\\\"\"}", false, `{"a":"b  c\""}`},
		"HTML with 200":          {200, "text/html", "<html>", true, "-"},
		"a redirect":             {302, "text/html", "", true, "-"},
		"HTML with 502":          {502, "text/html", "<html>", true, ""},
		"an empty 503":           {503, "", "", false, ""},
		"an error object":        {404, "application/json", `{"error":{"code":"x"}}`, false, `{"error":{"code":"x"}}`},
		"an error of Entra":      {401, "application/json", `{"error":"invalid_client"}`, false, `{"error":"invalid_client"}`},
		"an error of no meaning": {400, "application/json", `{"error":[1]}`, false, ""},
		"a cut error object":     {500, "application/json", `{"error":{"code":`, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			resp, rec, err := get(t, answer(c.status, c.kind, c.body))
			if c.passed == "-" {
				f, ok := errors.AsType[*StatusError](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, c.foreign, f.Foreign)
				assert.NotContains(t, f.Error(), "select")
				return
			}
			require.NoError(t, err)
			got, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, c.passed, string(got))
			if c.status < 400 {
				assert.Nil(t, rec.Failure())
				assert.Equal(t, 2026, rec.Date().Year())
				return
			}
			require.NotNil(t, rec.Failure())
			assert.Equal(t, c.body, string(rec.Failure().Body))
			assert.Equal(t, c.foreign, rec.Failure().Foreign)
		})
	}
}

func TestCutJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"value":[{"error":{"code":"x"}}`, `{"a":"b`, ``, `  `, `[`} {
		resp, _, err := get(t, answers(func(r *http.Request) (*http.Response, error) {
			resp, err := answer(200, "application/json", body)(r)
			resp.ContentLength = -1
			return resp, err
		}))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "%q", body)
	}
}

func TestNamesAreWrittenPlainly(t *testing.T) {
	t.Parallel()
	var got string
	_, _, err := get(t, answers(func(r *http.Request) (*http.Response, error) {
		got = r.URL.RawQuery
		return answer(200, "application/json", "{}")(r)
	}))
	require.NoError(t, err)
	assert.Equal(t, "$select=a%24b", got, "the value is left as it was")
}

func TestForeignHost(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodGet, "https://evil.example.com/v1.0/next", nil)
	require.NoError(t, err)
	asked := false
	_, err = (&Guard{Hosts: []string{"graph.example.com"}, Next: answers(func(*http.Request) (*http.Response, error) {
		asked = true
		return nil, nil
	})}).RoundTrip(req)
	require.ErrorIs(t, err, ErrForeignHost)
	assert.False(t, asked)
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"as documented":     {[]string{`Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ=="`}, `{"a":1}`},
		"the second field":  {[]string{`Negotiate`, `Bearer claims="eyJhIjoxfQ=="`}, `{"a":1}`},
		"not quoted":        {[]string{`Bearer claims=eyJhIjoxfQ`}, `{"a":1}`},
		"no base64":         {[]string{`Bearer claims="{"`}, ""},
		"no claims":         {[]string{`Bearer realm=""`}, ""},
		"nothing at all":    {nil, ""},
		"empty":             {[]string{`Bearer claims=""`}, ""},
		"another mechanism": {[]string{`Basic claims="eyJhIjoxfQ=="`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &StatusError{Header: http.Header{challengeHeader: c.lines}}
			assert.Equal(t, c.want, f.Claims())
			tidyChallenge(f.Header)
			assert.Equal(t, c.want, f.Claims(), "after tidying")
			assert.LessOrEqual(t, len(f.Header.Values(challengeHeader)), 1)
		})
	}
}

// stalled never gives a byte.
type stalled struct{ done <-chan struct{} }

func (s stalled) Read([]byte) (int, error) { <-s.done; return 0, context.Canceled }
func (s stalled) Close() error             { return nil }

func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, _, err := get(t, answers(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		require.ErrorIs(t, err, ErrSilent)
		assert.Equal(t, time.Minute, time.Since(began))
		resp, _, err := get(t, answers(func(r *http.Request) (*http.Response, error) {
			resp, err := answer(200, "text/plain", "")(r)
			resp.Header.Set("Content-Type", "application/json")
			resp.Body = stalled{r.Context().Done()}
			return resp, err
		}))
		require.NoError(t, err)
		time.Sleep(time.Hour) // a slow reader is no silent server
		_, err = io.ReadAll(resp.Body)
		require.ErrorIs(t, err, ErrSilent)
		require.NoError(t, resp.Body.Close())
	})
}

func FuzzJSONBody(f *testing.F) {
	f.Add(`{"a":"b\u0000\"","c":[1,{"d":null}]}`)
	f.Add("{\"a\":\"\x00\\\x01\"}")
	f.Fuzz(func(t *testing.T, text string) {
		b := &jsonBody{src: io.NopCloser(strings.NewReader(text))}
		got, err := io.ReadAll(b)
		if len(got) != len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(got))
		}
		if err == nil && !b.scan.complete() {
			t.Fatal("cut JSON passed as whole")
		}
	})
}
