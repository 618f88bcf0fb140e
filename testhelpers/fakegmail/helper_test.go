package fakegmail_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const (
	qa   = "qa@example.com"
	api  = "https://gmail.googleapis.com"
	me   = api + "/gmail/v1/users/me"
	mail = "From: Shop <shop@contoso.example>\r\nTo: qa@example.com\r\nSubject: Hello\r\n" +
		"Message-ID: <m1@contoso.example>\r\nDate: Fri, 07 Aug 2026 10:00:00 +0000\r\n\r\nYour code is 123456 & <more>\r\n"
)

// robot is one account for all tests: making a key takes a while.
var robot = sync.OnceValues(func() (*fakegmail.Account, error) { return fakegmail.NewAccount(1024) })

// world is a domain with one user, a robot, and a client in memory.
type world struct {
	t      *testing.T
	store  *mailstore.Store
	box    *mailstore.Mailbox
	fake   *fakegmail.Fake
	robot  *fakegmail.Account
	client *http.Client
	token  string
}

func newWorld(t *testing.T, o *fakegmail.Options, scopes ...string) *world {
	t.Helper()
	account, err := robot()
	require.NoError(t, err)
	if len(scopes) == 0 {
		scopes = []string{fakegmail.ScopeFull}
	}
	store := mailstore.New()
	w := &world{t: t, store: store, box: store.Add(qa), fake: fakegmail.New(store, o), robot: account}
	w.fake.Register(account)
	w.fake.Delegate("example.com", account.ClientID, scopes...)
	door := w.fake.RoundTripper()
	w.client = &http.Client{Transport: door}
	w.token = w.fake.Token(qa, scopes...)
	t.Cleanup(func() { require.Empty(t, door.(*fakehttp.Transport).Misuse()) })
	return w
}

// response is an answer that was read to the end.
type response struct {
	status int
	header http.Header
	body   string
}

// tree is the body as JSON.
func (r response) tree(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &out), r.body)
	return out
}

func (w *world) do(method, url, contentType string, body io.Reader) response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, url, body)
	require.NoError(w.t, err)
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return w.send(req)
}

func (w *world) send(req *http.Request) response {
	w.t.Helper()
	resp, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return response{resp.StatusCode, resp.Header, string(b)}
}

// get reads a path below users/me that must succeed.
func (w *world) get(path string) map[string]any {
	w.t.Helper()
	r := w.do(http.MethodGet, me+path, "", nil)
	require.Equal(w.t, http.StatusOK, r.status, r.body)
	return r.tree(w.t)
}

// post sends JSON, as a value or a string, to a path below users/me.
func (w *world) post(path string, body any) response {
	w.t.Helper()
	text, isText := body.(string)
	if !isText {
		b, err := json.Marshal(body)
		require.NoError(w.t, err)
		text = string(b)
	}
	return w.do(http.MethodPost, me+path, "application/json", strings.NewReader(text))
}

// ok is post that must succeed.
func (w *world) ok(path string, body any) map[string]any {
	w.t.Helper()
	r := w.post(path, body)
	require.Equal(w.t, http.StatusOK, r.status, r.body)
	return r.tree(w.t)
}

// ids are the ids in a list of messages.
func ids(list map[string]any, key string) (out []string) {
	items, _ := list[key].([]any)
	for _, item := range items {
		out = append(out, item.(map[string]any)["id"].(string))
	}
	return out
}

// dig walks into JSON: names for objects, numbers for lists.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			require.True(t, ok, "no object to look for %q in: %v", step, v)
			v = m[step]
		case int:
			l, ok := v.([]any)
			require.True(t, ok && len(l) > step, "no entry %d in %v", step, v)
			v = l[step]
		}
	}
	return v
}

// letter is a mail with these header lines and a text.
func letter(text string, lines ...string) []byte {
	var b bytes.Buffer
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n" + text + "\r\n")
	return b.Bytes()
}

func (w *world) deliver(raw []byte) mailstore.Message {
	return w.box.Deliver(raw, mailstore.Delivery{NoTrace: true})
}
