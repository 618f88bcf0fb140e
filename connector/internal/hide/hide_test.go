package hide_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/internal/hide"
)

const secret = `s3cret/&"value+`

func TestText(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"a [secret] b":                   "a " + secret + " b",
		"Basic cWE6[secret]":             "Basic " + strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("qa:"+secret)), "="),
		"q=[secret]&r=1":                 "q=s3cret%2F%26%22value%2B&r=1",
		"r=[secret]":                     "r=s3cret%2f%26%22value%2b",
		"hex [secret]":                   "hex 7333637265742f262276616c75652b",
		`{"m":"[secret]"}`:               `{"m":"s3cret/\u0026\"value+"}`,
		`"{\"m\":\"[secret]\"}"`:         `"{\"m\":\"s3cret/\\u0026\\\"value+\"}"`,
		"&lt;[secret]&gt;":               "&lt;s3cret/&amp;&#34;value+&gt;",
		"nothing of it: s3cret, value":   "nothing of it: s3cret, value",
		"[secret][secret]":               secret + secret,
		"two: [secret], [secret] and ab": "two: " + secret + ", another one and ab",
	} {
		assert.Equal(t, want, hide.Text(text, secret, "another one", "", "ab"))
	}
	assert.Equal(t, "unchanged", hide.Text("unchanged"))
	assert.Equal(t, "pin [secret], 736b6970", hide.Text("pin skip, 736b6970", "skip"), "of a short one no hex")
}

func TestError(t *testing.T) {
	t.Parallel()
	require.NoError(t, hide.Error(nil, secret))
	plain := errors.New("harmless")
	require.Equal(t, plain, hide.Error(plain, secret))
	err := hide.Error(fmt.Errorf("refused %s: %w", secret, io.ErrUnexpectedEOF), secret)
	require.EqualError(t, err, "refused [secret]: unexpected EOF")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotContains(t, fmt.Sprintf("%#v %+v", err, struct{ E error }{err}), secret)
}

// answer is a response of a server that quotes.
func answer(status int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Status: "4xx " + secret, Header: http.Header{"X": {secret}, "Content-Length": {"99"}}, Body: io.NopCloser(body), ContentLength: 99}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	form := "client_id=app&client_secret=s3cret%2F%26%22value%2B"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://login.example.com/token", strings.NewReader(form))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	resp := answer(http.StatusUnauthorized, strings.NewReader("no, "+secret+"! app"))
	hide.Answer(req, resp)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "no, [secret]! app", string(body))
	assert.Equal(t, "4xx [secret]", resp.Status)
	assert.Equal(t, http.Header{"X": {"[secret]"}}, resp.Header)
	assert.Equal(t, int64(len(body)), resp.ContentLength)
	again, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	assert.Equal(t, form, string(again), "the request is as it was")
}

func TestAnswerOfAuthorization(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"Bearer " + secret, "Basic " + base64.StdEncoding.EncodeToString([]byte("qa:"+secret))} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", field)
		resp := answer(http.StatusForbidden, io.MultiReader(strings.NewReader("see "+secret), broken{}))
		hide.Answer(req, resp)
		body, err := io.ReadAll(resp.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "what broke off does so still")
		assert.Equal(t, "see [secret]", string(body))

		granted := answer(http.StatusOK, strings.NewReader(secret))
		hide.Answer(req, granted)
		body, err = io.ReadAll(granted.Body)
		require.NoError(t, err)
		assert.Equal(t, secret, string(body), "a success is left alone")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What is no string of JSON, or tells no secret, stays as it is.
func TestAnswerKeepsTheRest(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer secret-token")
	for text, want := range map[string]string{
		`{"a\/b" : "c\u0064\"e", "n":1.50}`:                `{"a\/b" : "c\u0064\"e", "n":1.50}`,
		`"\x" "\`:                                          `"\x" "\`,
		`{"a":"in \u0073ecret-token"}`:                     `{"a":"in [secret]"}`,
		`{"a":"{\"b\":\"\\u0073ecret-token\"}", "c":"\/"}`: `{"a":"{\"b\":\"[secret]\"}", "c":"\/"}`,
	} {
		resp := answer(http.StatusBadRequest, strings.NewReader(text))
		hide.Answer(req, resp)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, want, string(body))
	}
}
