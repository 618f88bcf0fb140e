package fakegraph_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(`{"MESSAGE":{"SUBJECT":"Zip","TORECIPIENTS":[{"EMAILADDRESS":{"ADDRESS":"` + bob + `"}}]}}`))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	r := simpleRig(t)
	assert.Equal(t, 202, r.post(sendMail, b.String(), "Content-Encoding", "gzip").Status)
	assert.Contains(t, r.in(bob, mailstore.Inbox)[0], "Subject: Zip\r\n", "names match without regard to case")
	assert.Equal(t, 400, r.post(sendMail, `{"message":{}}`, "Content-Encoding", "gzip").Status, "not compressed")
	strict := newRig(t, &fakegraph.Options{RefuseGzip: true}, fakegraph.App{})
	assert.Equal(t, 415, strict.post(sendMail, b.String(), "Content-Encoding", "gzip").Status)
}

func TestOtherClouds(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(11)
	for _, host := range []string{"graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn", "127.0.0.1:4711"} {
		a := r.get("https://" + host + "/v1.0/users/" + ada + "/messages")
		require.Equal(t, 200, a.Status, host)
		assert.True(t, strings.HasPrefix(a.str("@odata.nextLink"), "https://"+host+"/v1.0/"), "links carry the host of the request")
		form := secretForm(r.app)
		form.Set("scope", "https://graph.microsoft.us/.default")
		assert.Equal(t, 200, r.tokenRequest(r.app.Tenant, form).Status)
	}
	assert.Equal(t, 200, r.get("https://graph.microsoft.com/beta/users/"+ada+"/messages").Status)
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(11)
	server, err := r.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	r.http = server.Client()
	a := r.get(server.URL + "/" + r.app.Tenant + "/v2.0/.well-known/openid-configuration")
	assert.True(t, strings.HasPrefix(a.str("token_endpoint"), server.URL+"/"))
	a = r.get(server.URL + "/v1.0/users/" + ada + "/messages")
	require.Equal(t, 200, a.Status)
	assert.True(t, strings.HasPrefix(a.str("@odata.nextLink"), server.URL+"/v1.0/users/"))
	assert.Len(t, r.get(a.str("@odata.nextLink")).values("id"), 1)
	assert.Equal(t, 200, r.get(login+r.app.Tenant+"/v2.0/.well-known/openid-configuration").Status, "any host leads to the fake")
}

func TestRequestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &fakegraph.Options{Limits: fakegraph.Limits{Requests: 3}, TokenLife: time.Hour}, fakegraph.App{})
		r.list()
		time.Sleep(time.Minute)
		r.get(messages + "nonsense") // a failed call counts too
		require.Equal(t, 200, r.list().Status)
		a := r.list()
		assert.Equal(t, 429, a.Status)
		assert.Equal(t, "TooManyRequests", a.code())
		assert.Equal(t, "540", a.Header.Get("Retry-After"))
		assert.NotContains(t, a.Text, "innerError")
		assert.Equal(t, 200, r.get("/users/"+bob+"/messages").Status, "another mailbox")
		time.Sleep(9 * time.Minute)
		assert.Equal(t, 200, r.list().Status)
	})
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	for perApp, want := range map[bool]int{false: 0, true: 4} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, &fakegraph.Options{Limits: fakegraph.Limits{ConcurrentPerApp: perApp}}, fakegraph.App{})
			r.fake.Latency.Set(time.Second)
			var wg sync.WaitGroup
			var mu sync.Mutex
			refused := 0
			for i := range 8 {
				user := ada
				if i%2 == 1 {
					user = bob
				}
				wg.Go(func() {
					if a := r.get("/users/" + user + "/messages"); a.Status == 429 {
						mu.Lock()
						refused++
						mu.Unlock()
						assert.Equal(t, "ApplicationThrottled", a.code())
						assert.Equal(t, "Application is over its MailboxConcurrency limit.", a.message())
						assert.Equal(t, "1", a.Header.Get("Retry-After"))
					}
				})
			}
			wg.Wait()
			assert.Equal(t, want, refused)
			assert.Equal(t, 200, r.list().Status)
		})
	}
}

func TestUploadQuota(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{Limits: fakegraph.Limits{Upload: 1000}}, fakegraph.App{})
	require.Equal(t, 202, r.post(sendMail, sendBody(bob, strings.Repeat("x", 600))).Status)
	a := r.post(sendMail, sendBody(bob, strings.Repeat("x", 600)))
	assert.Equal(t, 429, a.Status)
	assert.NotEmpty(t, a.Header.Get("Retry-After"))
	assert.Equal(t, 200, r.list().Status)
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := simpleRig(t)
		r.fake.Latency.Set(250 * time.Millisecond)
		start := time.Now()
		require.Equal(t, 200, r.list().Status)
		assert.Equal(t, 250*time.Millisecond, time.Since(start))
		require.Equal(t, 400, r.get(messages+"x").Status)
		assert.Equal(t, 500*time.Millisecond, time.Since(start))
		r.renew()
		assert.Equal(t, 750*time.Millisecond, time.Since(start))
	})
}

// Each row of the table reaches the client as the service sends it.
func TestGraphErrorsAsFaults(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	for _, row := range fakegraph.GraphErrors {
		r.fake.Faults.Push(fakegraph.GraphError("list", row.Code))
		a := r.list()
		assert.Equal(t, row.Status, a.Status, row.Code)
		assert.Equal(t, row.Code, a.code())
		assert.Equal(t, row.Message, a.message())
		assert.NotEmpty(t, a.Header.Get("Request-Id"))
		assert.Equal(t, row.Status == 429 || row.Status == 503, a.Header.Get("Retry-After") != "", row.Code)
		assert.Equal(t, 200, r.list().Status)
	}
}

func TestFaultsByKind(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(filesMail, at(0))
	id := r.only("Files")
	att := r.get(messages + id + "/attachments?$select=id").values("id")[1]
	r.fake.Counter.Reset()
	for kind, do := range map[string]func() answer{
		"list":        func() answer { return r.list() },
		"search":      func() answer { return r.list("$search", `"x"`) },
		"count":       func() answer { return r.get("/users/" + ada + "/messages/$count") },
		"delta":       func() answer { return r.get(inboxDelta) },
		"get":         func() answer { return r.get(messages + id) },
		"value":       func() answer { return r.get(messages + id + "/$value") },
		"attachments": func() answer { return r.get(messages + id + "/attachments/" + att + "/$value") },
		"send":        func() answer { return r.post(sendMail, sendBody(bob, "x")) },
		"move":        func() answer { return r.post(messages+id+"/move", map[string]any{"destinationId": "archive"}) },
		"patch":       func() answer { return r.call("PATCH", messages+id, map[string]any{"isRead": true}) },
		"delete":      func() answer { return r.call("DELETE", messages+id, nil) },
		"folders":     func() answer { return r.get("/users/" + ada + "/mailFolders") },
		"create":      func() answer { return r.post("/users/"+ada+"/messages", map[string]any{}) },
		"batch":       func() answer { return r.post("/$batch", map[string]any{}) },
		"token":       func() answer { return r.tokenRequest(r.app.Tenant, secretForm(r.app)) },
		"openid":      func() answer { return r.get(login + r.app.Tenant + "/v2.0/.well-known/openid-configuration") },
		"discovery":   func() answer { return r.get(login + "common/discovery/instance") },
		"other":       func() answer { return r.get("/nonsense") },
	} {
		r.fake.Faults.Push(fakehttp.Fault{Kind: kind, Status: 418})
		assert.Equal(t, 418, do().Status, kind)
		assert.Equal(t, 1, r.fake.Counter.Count(kind), kind)
	}
	assert.Zero(t, r.fake.Faults.Pending())
}

func TestBatch(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.deliver(mail("Raw", "a@app.example.com", "x"), at(0))
	id := r.only("Raw")
	part := func(id, method, path string, extra ...any) map[string]any {
		p := map[string]any{"id": id, "method": method, "url": path}
		for i := 0; i+1 < len(extra); i += 2 {
			p[extra[i].(string)] = extra[i+1]
		}
		return p
	}
	a := r.post("/$batch", map[string]any{"requests": []any{
		part("1", "GET", messages+id+"?$select=subject"),
		part("2", "PATCH", messages+id, "body", map[string]any{"isRead": true}, "headers", map[string]string{"Content-Type": "application/json"}),
		part("3", "GET", "users/"+ada+"/messages/nonsense"),
		part("4", "GET", messages+id, "dependsOn", []string{"3"}),
		part("5", "GET", messages+id+"/$value", "dependsOn", []string{"2"}),
		part("6", "POST", sendMail, "body", sendBody(bob, "Batched"), "headers", map[string]string{"content-type": "application/json"}),
	}})
	require.Equal(t, 200, a.Status, a.Text)
	got := map[string]map[string]any{}
	for _, p := range a.JSON["responses"].([]any) {
		got[p.(map[string]any)["id"].(string)] = p.(map[string]any)
	}
	for id, status := range map[string]float64{"1": 200, "2": 200, "3": 400, "4": 424, "5": 200, "6": 202} {
		assert.Equal(t, status, got[id]["status"], id)
	}
	assert.Equal(t, "Raw", got["1"]["body"].(map[string]any)["subject"])
	assert.Equal(t, "ErrorInvalidIdMalformed", got["3"]["body"].(map[string]any)["error"].(map[string]any)["code"])
	assert.Equal(t, b64(r.in(ada, mailstore.Inbox)[0]), got["5"]["body"], "what is no JSON comes in base64")
	assert.NotContains(t, got["6"], "body")
	assert.Equal(t, 1, r.fake.Counter.Count("patch"), "each part counts")

	many := make([]any, 21)
	for i := range many {
		many[i] = part(fmt.Sprint(i), "GET", messages+id)
	}
	for name, body := range map[string]any{"21": many, "none": []any{}, "twins": []any{many[0], many[0]}, "no method": []any{map[string]any{"id": "1", "url": "/x"}}} {
		assert.Equal(t, 400, r.post("/$batch", map[string]any{"requests": body}).Status, name)
	}
	assert.Equal(t, 200, r.post("/$batch", map[string]any{"requests": many[:20]}).Status)
	r.token = ""
	assert.Equal(t, 401, r.post("/$batch", map[string]any{"requests": many[:1]}).Status)
}

func TestBatchOverrun(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{BatchOverrun: true}, fakegraph.App{})
	parts := make([]any, 6)
	for i := range parts {
		parts[i] = map[string]any{"id": fmt.Sprint(i), "method": "GET", "url": "/users/" + ada + "/messages"}
	}
	a := r.post("/$batch", map[string]any{"requests": parts})
	refused := 0
	for _, p := range a.JSON["responses"].([]any) {
		if p.(map[string]any)["status"] == 429.0 {
			refused++
			assert.Equal(t, "1", p.(map[string]any)["headers"].(map[string]any)["Retry-After"])
		}
	}
	assert.Equal(t, 2, refused)
}

// A list by receivedDateTime costs by what it finds, not by what the mailbox holds.
func TestLargeMailbox(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakegraph.Options{Limits: fakegraph.Limits{Requests: -1}}, fakegraph.App{})
	raw := []byte("From: a@app.example.com\r\nSubject: x\r\n\r\nbody\r\n")
	for i := range 100_000 {
		r.box().Deliver(raw, mailstore.Delivery{NoTrace: true, Received: day.Add(time.Duration(i) * time.Second)})
	}
	start := time.Now()
	for range 100 {
		a := r.list("$filter", "receivedDateTime ge "+day.Add(99_990*time.Second).Format(time.RFC3339), "$orderby", "receivedDateTime desc", "$select", "subject,from")
		require.Len(t, a.values("id"), 10)
	}
	narrow := time.Since(start)
	start = time.Now()
	require.Len(t, r.list("$top", "1000", "$select", "subject,receivedDateTime").values("id"), 1000)
	t.Logf("100 narrow lists: %v; one page of 1000: %v", narrow, time.Since(start))
	assert.Less(t, narrow, 30*time.Second)
	assert.Equal(t, http.StatusOK, r.list("$filter", "subject eq 'y'").Status)
}
