package fakegraph_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const (
	ada   = "ada@contoso.example"
	bob   = "bob@contoso.example"
	login = "https://login.microsoftonline.com/"
	graph = "https://graph.microsoft.com/v1.0"
	users = graph + "/users/"
)

// rig is a fake with two mailboxes, an app, and a client that holds a token.
type rig struct {
	t     *testing.T
	store *mailstore.Store
	fake  *fakegraph.Fake
	app   fakegraph.App
	http  *http.Client
	token string
	pause time.Duration // between two looks for a mail that was sent
}

func newRig(t *testing.T, o *fakegraph.Options, app fakegraph.App) *rig {
	t.Helper()
	store := mailstore.New()
	store.Add(ada, "lovelace@contoso.example")
	store.Add(bob)
	door := fakegraph.New(store, o)
	transport := door.RoundTripper()
	t.Cleanup(func() { require.Empty(t, transport.Misuse()) })
	r := &rig{t: t, store: store, fake: door, http: &http.Client{Transport: transport}}
	r.app = door.AddApp(app)
	if r.app.Secret() != "" {
		r.renew()
	}
	return r
}

func simpleRig(t *testing.T) *rig { return newRig(t, nil, fakegraph.App{}) }

// answer is a response that was read.
type answer struct {
	Status int
	Header http.Header
	Text   string
	JSON   map[string]any
}

func (a answer) code() string {
	e, _ := a.JSON["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func (a answer) message() string {
	e, _ := a.JSON["error"].(map[string]any)
	text, _ := e["message"].(string)
	return text
}

// values gives a property of each item of a list.
func (a answer) values(property string) []string {
	list := []string{}
	items, _ := a.JSON["value"].([]any)
	for _, item := range items {
		list = append(list, fmt.Sprint(item.(map[string]any)[property]))
	}
	return list
}

func (a answer) str(name string) string { s, _ := a.JSON[name].(string); return s }

func (r *rig) send(req *http.Request) answer {
	r.t.Helper()
	resp, err := r.http.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	a := answer{Status: resp.StatusCode, Header: resp.Header, Text: string(b)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(b, &a.JSON) // some tests want broken JSON
	}
	return a
}

// call sends a request with the token; header is name, value, name, value …
func (r *rig) call(method, address string, body any, header ...string) answer {
	r.t.Helper()
	var in io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(body)
	default:
		b, err := json.Marshal(body)
		require.NoError(r.t, err)
		in = bytes.NewReader(b)
	}
	if strings.HasPrefix(address, "/") {
		address = graph + address
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, address, in)
	require.NoError(r.t, err)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if i > 0 && header[i] == header[i-2] || header[i] == "Prefer" {
			req.Header.Add(header[i], header[i+1])
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	return r.send(req)
}

func (r *rig) get(address string, header ...string) answer {
	r.t.Helper()
	return r.call(http.MethodGet, address, nil, header...)
}

func (r *rig) post(address string, body any, header ...string) answer {
	r.t.Helper()
	return r.call(http.MethodPost, address, body, header...)
}

// list asks for messages of ada with query options given as name, value …
func (r *rig) list(options ...string) answer {
	r.t.Helper()
	return r.get("/users/" + ada + "/messages?" + query(options...))
}

func query(options ...string) string {
	var all []string
	for i := 0; i+1 < len(options); i += 2 {
		all = append(all, options[i]+"="+strings.ReplaceAll(url.QueryEscape(options[i+1]), "+", "%20"))
	}
	return strings.Join(all, "&")
}

// tokenRequest posts a form to the token endpoint.
func (r *rig) tokenRequest(tenant string, form url.Values) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, login+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r.send(req)
}

func secretForm(app fakegraph.App) url.Values {
	return url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {app.ClientID},
		"client_secret": {app.Secret()},
		"scope":         {"https://graph.microsoft.com/.default openid offline_access profile"},
	}
}

// renew gets a new token.
func (r *rig) renew() {
	r.t.Helper()
	form := secretForm(r.app)
	form.Set("claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`)
	a := r.tokenRequest(r.app.Tenant, form)
	require.Equal(r.t, http.StatusOK, a.Status, a.Text)
	r.token = a.str("access_token")
}

// deliver stores a mail in ada's mailbox.
func (r *rig) deliver(raw string, d mailstore.Delivery) mailstore.Message {
	box, _ := r.store.Mailbox(ada)
	return box.Deliver([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), d)
}

// mail is a short text mail.
func mail(subject, from, body string) string {
	return "From: " + from + "\nTo: Ada Tester <" + ada + ">\nSubject: " + subject + "\nDate: Mon, 02 Nov 2026 09:15:29 +0000\n" +
		"Message-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@app.example.com>\n\n" + body + "\n"
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
