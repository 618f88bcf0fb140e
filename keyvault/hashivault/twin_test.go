package hashivault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakevault"
)

// said is what of an answer a client acts upon.
type said struct {
	Status int
	Errors []string
	Fields []string // of data, and of what is in its data
	Data   any      // the secret
	Auth   bool
}

// ask makes a request of a server by hand.
func ask(t *testing.T, c *http.Client, address, token, method, path, body string) said {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address+"/v1/"+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	r.Header.Set("X-Vault-Token", token)
	resp, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var doc struct {
		Errors []string
		Data   map[string]any
		Auth   *struct{}
	}
	if len(raw) > 0 {
		require.NoError(t, json.Unmarshal(raw, &doc), "%s", raw)
	}
	out := said{Status: resp.StatusCode, Fields: slices.Sorted(maps.Keys(doc.Data)), Data: doc.Data["data"], Auth: doc.Auth != nil}
	if inner, ok := doc.Data["metadata"].(map[string]any); ok {
		out.Fields = append(out.Fields, slices.Sorted(maps.Keys(inner))...)
	}
	for _, e := range doc.Errors {
		out.Errors = append(out.Errors, strings.Join(strings.Fields(e), " "))
	}
	return out
}

// TestTwins asks the real server and the fake the same things: they answer alike.
func TestTwins(t *testing.T) {
	s := start(t)
	one, two := s.mount(t, "1"), s.mount(t, "2")
	fake := fakevault.New(&fakevault.Options{Mounts: map[string]int{one: 1, two: 2}})
	s.policy(t, "mail", two+"/data/mail")
	reader := s.token(t, "mail")
	fake.Token(reader, time.Hour, two+"/data/mail")
	s.do(t, http.MethodPost, "sys/auth/userpass", map[string]any{"type": "userpass"})
	s.do(t, http.MethodPost, "auth/userpass/users/qa", map[string]any{"password": "pw"})
	fake.Userpass("qa", "pw", time.Hour)
	s.do(t, http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	s.do(t, http.MethodPost, "auth/approle/role/qa", map[string]any{"role_id": "role"})
	s.do(t, http.MethodPost, "auth/approle/role/qa/custom-secret-id", map[string]any{"secret_id": "secret"})
	fake.AppRole("role", "secret", time.Hour)

	for _, q := range []struct{ token, method, path, body string }{
		{"root", "POST", two + "/data/mail", `{"data":{"a":"1"}}`},
		{"root", "POST", two + "/data/mail", `{"data":{"a":"2"}}`},
		{"root", "GET", two + "/data/mail", ""},
		{"root", "GET", two + "/data/mail?version=1", ""},
		{"root", "GET", two + "/data/mail?version=0", ""},
		{"root", "GET", two + "/data/mail?version=7", ""},
		{"root", "GET", two + "/data/none", ""},
		{"root", "GET", two + "/mail", ""},
		{"root", "POST", two + "/data/mail", `{"data":{"a":"3"},"options":{"cas":1}}`},
		{"root", "POST", two + "/data/mail", `{"data":{"a":"3"},"options":{"cas":2}}`},
		{"root", "POST", two + "/data/mail", `{"options":{}}`},
		{"root", "POST", two + "/data/mail", `{`},
		{"root", "POST", two + "/data/mail", `x`},
		{"root", "POST", one + "/mail", `{"a":`},
		{"root", "POST", one + "/mail", `{"a":"1"}`},
		{"root", "GET", one + "/mail", ""},
		{"root", "GET", one + "/none", ""},
		{"root", "GET", "nowhere/mail", ""},
		{"root", "GET", "sys/internal/ui/mounts/" + two + "/mail", ""},
		{"root", "GET", "sys/internal/ui/mounts/" + one, ""},
		{"root", "GET", "sys/internal/ui/mounts/nowhere/mail", ""},
		{"reader", "GET", two + "/data/mail", ""},
		{"reader", "GET", two + "/data/other", ""},
		{"reader", "GET", one + "/mail", ""},
		{"bad", "GET", two + "/data/mail", ""},
		{"bad", "GET", "auth/token/lookup-self", ""},
		{"", "POST", "auth/userpass/login/qa", `{"password":"pw"}`},
		{"", "POST", "auth/userpass/login/qa", `{"password":"other"}`},
		{"", "POST", "auth/userpass/login/nobody", `{"password":"pw"}`},
		{"", "POST", "auth/approle/login", `{"role_id":"role","secret_id":"secret"}`},
		{"", "POST", "auth/approle/login", `{"role_id":"role","secret_id":"other"}`},
		{"", "POST", "auth/approle/login", `{"role_id":"other","secret_id":"secret"}`},
		{"", "POST", "auth/nowhere/login", `{"role":"x"}`},
		{"", "POST", "sys/wrapping/unwrap", `{"token":"hvs.none"}`},
	} {
		tokens := map[string][2]string{"root": {s.Token, fakevault.RootToken}, "reader": {reader, reader}, "bad": {"hvs.none", "hvs.none"}}[q.token]
		want := ask(t, http.DefaultClient, s.Address, tokens[0], q.method, q.path, q.body)
		got := ask(t, &http.Client{Transport: fake.RoundTripper()}, "https://vault.example.com", tokens[1], q.method, q.path, q.body)
		if strings.HasPrefix(q.path, "sys/internal") {
			want.Fields, got.Fields = nil, nil // the real one tells much more
		}
		assert.Equal(t, want, got, "%s %s %s %s: the real server's answer first", q.token, q.method, q.path, q.body)
	}
}
