package fakegmail_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	for old, price := range map[bool]int{false: 20, true: 5} {
		w := newWorld(t, &fakegmail.Options{OldQuota: old})
		id := w.one() // 5 for the list
		w.get("/messages/" + id)
		w.get("/profile")
		w.get("/history?startHistoryId=37002")
		assert.Equal(t, 5+price+1+2, w.fake.Units(qa))
		w.do("GET", me+"/messages/HELLO", "", nil)
		assert.Equal(t, 5+price+1+2+price, w.fake.Units(qa), "a refused call costs too")
	}
}

func TestOverQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{UserUnits: 7})
		w.get("/messages")
		time.Sleep(20 * time.Second)
		until := time.Now().Add(40 * time.Second)
		r := w.do("GET", me+"/messages", "", nil)
		assert.Equal(t, http.StatusForbidden, r.status)
		assert.Empty(t, r.header.Get("Retry-After"))
		e := dig(t, r.tree(t), "error")
		assert.Equal(t, "PERMISSION_DENIED", dig(t, e, "status"))
		assert.Equal(t, "User-rate limit exceeded.  Retry after "+until.UTC().Format("2006-01-02T15:04:05.000Z"), dig(t, e, "message"))
		assert.Equal(t, map[string]any{"message": "User-rate limit exceeded.", "domain": "usageLimits", "reason": "rateLimitExceeded"},
			dig(t, e, "errors", 0))
		assert.Equal(t, 5, w.fake.UnitsInWindow(qa))
		time.Sleep(time.Until(until) - time.Millisecond)
		assert.Equal(t, http.StatusForbidden, w.do("GET", me+"/profile", "", nil).status, "cheap calls neither")
		time.Sleep(time.Millisecond)
		w.get("/messages")
	})
}

func TestOverQuotaEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{UserUnits: 7, Hammer: 10 * time.Second})
		w.get("/messages")
		assert.Equal(t, http.StatusForbidden, w.do("GET", me+"/messages", "", nil).status)
		time.Sleep(60 * time.Second)
		assert.Equal(t, http.StatusForbidden, w.do("GET", me+"/messages", "", nil).status, "too early: it became ten seconds more")
		time.Sleep(20 * time.Second)
		w.get("/messages")

		w.fake.Throttle(qa, time.Minute)
		assert.Equal(t, http.StatusForbidden, w.do("GET", me+"/profile", "", nil).status)
		time.Sleep(70 * time.Second)
		w.get("/profile")
	})
}

func TestQuotaForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &fakegmail.Options{UserUnits: 1, Plain429: true})
	r := w.do("GET", me+"/messages", "", nil)
	assert.Equal(t, http.StatusTooManyRequests, r.status)
	assert.Equal(t, "RESOURCE_EXHAUSTED", dig(t, r.tree(t), "error", "status"))

	w = newWorld(t, &fakegmail.Options{DailyUnits: 3})
	r = w.do("GET", me+"/messages", "", nil)
	assert.Equal(t, http.StatusForbidden, r.status)
	assert.Equal(t, "dailyLimitExceeded", dig(t, r.tree(t), "error", "errors", 0, "reason"))

	w = newWorld(t, &fakegmail.Options{SendLimit: 1})
	body := raw64(letter("x", "To: qa@example.com"))
	w.ok("/messages/send", body)
	r = w.post("/messages/send", body)
	assert.Equal(t, http.StatusTooManyRequests, r.status)
	assert.True(t, strings.HasSuffix(dig(t, r.tree(t), "error", "message").(string), " (Mail sending)"), r.body)
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{Concurrent: 4, Work: time.Second})
		var wg sync.WaitGroup
		var mu sync.Mutex
		count := map[int]int{}
		for range 6 {
			wg.Go(func() {
				r := w.do("GET", me+"/profile", "", nil)
				mu.Lock()
				defer mu.Unlock()
				count[r.status]++
				if r.status == http.StatusTooManyRequests {
					assert.Contains(t, r.body, "Too many concurrent requests for user")
				}
			})
		}
		wg.Wait()
		assert.Equal(t, map[int]int{200: 4, 429: 2}, count)
	})
}

func TestFailNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, c := range []struct {
		what   fakegmail.Failure
		status int
		reason string
	}{
		{fakegmail.BackendError(), 500, "backendError"},
		{fakegmail.Unavailable(), 503, "backendError"},
		{fakegmail.RateLimited(time.Now()), 403, "rateLimitExceeded"},
		{fakegmail.QuotaExceeded(), 403, "rateLimitExceeded"},
		{fakegmail.TooConcurrent(), 429, "rateLimitExceeded"},
		{fakegmail.Unauthenticated(), 401, "authError"},
		{fakegmail.NotFound(), 404, "notFound"},
	} {
		w.fake.FailNext("profile", 1, c.what)
		r := w.do("GET", me+"/profile", "", nil)
		assert.Equal(t, c.status, r.status)
		assert.Equal(t, c.reason, dig(t, r.tree(t), "error", "errors", 0, "reason"))
	}
	assert.Equal(t, 7, w.fake.Requests("profile"))
	assert.Zero(t, w.fake.Units(qa))
	w.get("/profile")

	w.fake.FailNext("token", 2, fakegmail.TokenFailure(500, "internal_failure", "Backend Error"))
	for _, status := range []int{500, 500, 200} {
		assert.Equal(t, status, w.tokenRequest(w.grantFor(nil, map[string]any{"scope": fakegmail.ScopeFull})).status)
	}
	w.fake.Faults.Push(fakehttp.Fault{Kind: "list", Reset: true})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, me+"/messages", nil)
	require.NoError(t, err)
	_, err = w.client.Do(req)
	assert.Error(t, err)
}

func TestBatchEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.one()
	before := w.fake.Units(qa)
	part := func(name, line, body string) string {
		return "--b\r\nContent-Type: application/http\r\nContent-ID: <" + name + ">\r\n\r\n" + line + "\r\n\r\n" + body + "\r\n"
	}
	body := part("1", "GET /gmail/v1/users/me/messages/"+id+"?format=minimal HTTP/1.1", "") +
		part("2", "POST /gmail/v1/users/me/messages/"+id+"/modify\r\nContent-Type: application/json", `{"removeLabelIds":["UNREAD"]}`) +
		part("3", "GET /gmail/v1/users/me/messages/HELLO", "") + "--b--\r\n"
	r := w.do("POST", api+"/batch/gmail/v1", "multipart/mixed; boundary=b", strings.NewReader(body))
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.True(t, strings.HasPrefix(r.header.Get("Content-Type"), "multipart/mixed; boundary=batch_"))
	for _, want := range []string{"<response-1>", "<response-2>", "HTTP/1.1 200 OK", "HTTP/1.1 400 Bad Request", "Invalid id value"} {
		assert.Contains(t, r.body, want)
	}
	assert.Equal(t, []any{"INBOX"}, w.labelsOf(id))
	assert.Equal(t, before+20+5+20+20, w.fake.Units(qa), "each part has its price")
	assert.Equal(t, http.StatusBadRequest, w.do("POST", api+"/batch/gmail/v1", "text/plain", strings.NewReader("x")).status)
	assert.Equal(t, http.StatusBadRequest, w.do("POST", api+"/batch/gmail/v1", "multipart/mixed; boundary=b",
		strings.NewReader("--b\r\n\r\n\r\n--b--")).status)
}
