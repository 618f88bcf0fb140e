package graph_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// everything does all that a session can do.
func everything(ctx context.Context, t *testing.T, w *world) {
	t.Helper()
	server := w.server()
	server.Transport = watched{w, server.Transport}
	s, err := connector.Connect(ctx, server, nil)
	require.NoError(t, err)
	defer s.Close()
	w.box.Deliver(mixed(filePart("big.bin", "application/octet-stream", strings.Repeat("0123456789", 150_000))), mailstore.Delivery{})
	m, err := s.WaitFor(ctx, connector.Query{Subject: "files", Claim: true})
	require.NoError(t, err)
	_ = contentOf(t, m, "*")
	_, err = s.Find(ctx, connector.Query{To: "qa@example.com", From: "a@example.com", Subject: "files", Body: "see", Attachment: "*", Folder: connector.Anywhere}, 0)
	require.NoError(t, err)
	_, err = s.Find(ctx, connector.Query{MessageID: "files@example.com"}, 0)
	require.NoError(t, err)
	require.NoError(t, s.SetRead(ctx, m, true))
	require.NoError(t, s.Move(ctx, m, connector.Archive))
	_, err = s.Reply(ctx, m, connector.Draft{To: []string{connectortest.Address}, Text: "thanks"})
	require.NoError(t, err)
	_, err = s.Send(ctx, connector.Draft{To: []string{connectortest.Address}, Subject: "large", Text: "x",
		Attachments: []connector.File{{Name: "a.bin", Data: bytes.Repeat([]byte("abcdefgh"), 1<<20)}, {Name: "b.bin", Data: []byte("b")}}})
	require.NoError(t, err)
	_, err = s.Folders(ctx)
	require.NoError(t, err)
	for range 70 { // looks enough for the deltas
		time.Sleep(time.Second)
		require.NoError(t, s.ExpectNone(ctx, connector.Query{Subject: "never"}, 0))
	}
	require.NoError(t, s.Trash(ctx, m))
}

// watched keeps every request.
type watched struct {
	w    *world
	next http.RoundTripper
}

func (x watched) RoundTrip(r *http.Request) (*http.Response, error) {
	x.w.mu.Lock()
	x.w.seen = append(x.w.seen, r)
	x.w.mu.Unlock()
	return x.next.RoundTrip(r)
}

// What every request to Graph has and has not, and which questions are never asked.
func TestRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		everything(t.Context(), t, w)
		kinds := w.fake.Counter.Kinds()
		for _, kind := range []string{"list", "get", "value", "attachments", "patch", "move", "send", "create", "upload", "folders", "delta", "attach"} {
			assert.NotZero(t, kinds[kind].Requests, kind)
		}
		assert.Zero(t, kinds["search"].Requests, "the index of $search lags, and its answers break off")
		for _, r := range w.seen {
			query := strings.ToLower(r.URL.RawQuery)
			assert.NotContains(t, "&"+query, "&%24", "the names of options are written plainly")
			assert.Empty(t, r.Header.Get("Content-Encoding"), "a retried body would go out uncompressed under this name")
			for _, never := range []string{"search=", "recipients%2f", "subject%20", "from%2f", "contains%28", "body%2f", "$skip=0"} {
				assert.NotContains(t, query, never)
			}
			if filter := r.URL.Query().Get("$filter"); filter != "" && !strings.Contains(r.URL.Path, "attachments") {
				assert.True(t, strings.HasPrefix(filter, "receivedDateTime ge "), filter)
			}
			switch host := r.URL.Hostname(); {
			case strings.HasPrefix(r.URL.Path, "/api/"): // an upload: its address is the permission
				assert.Empty(t, r.Header.Get("Authorization"))
				assert.NotEmpty(t, r.Header.Get("Content-Range"))
			case host == "graph.microsoft.com":
				prefer := strings.Join(r.Header.Values("Prefer"), ",")
				assert.Contains(t, prefer, `IdType="ImmutableId"`, r.URL.Path)
				assert.NotContains(t, prefer, "outlook.timezone", "times without a zone would be read as local ones")
				assert.True(t, strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "), r.URL.Path)
			}
		}
	})
}

// A request that writes is made once, whatever comes back, and with its whole body: the default
// middleware repeats it with a body that does not fit its header.
func TestWritesAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, f := range []fakehttp.Fault{{Status: 429, Header: http.Header{"Retry-After": {"1"}}}, {Status: 503}, {Status: 504}, {Reset: true}, {AfterEffect: true}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			b := w.open(w.server())
			f.Kind = "send"
			w.fake.Faults.Push(f)
			require.Error(t, send(t.Context(), b))
			assert.Equal(t, 1, w.fake.Counter.Count("send"))
			require.NoError(t, send(t.Context(), b))
			sent := w.box.List(mailstore.Inbox)
			assert.Contains(t, string(sent[0].Raw), "Subject: hello")
		})
	}
}

// Many tests on one mailbox stay within the service's four requests at a time.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegraph.Options{Limits: fakegraph.Limits{ConcurrentPerApp: true}})
		w.fake.Latency.Set(300 * time.Millisecond)
		s := w.connect(t, nil)
		var tests sync.WaitGroup
		for i := range 40 {
			tests.Go(func() {
				id := "c" + strings.Repeat("x", i) + "@example.com"
				w.box.Deliver([]byte("From: a@example.com\r\nTo: qa@example.com\r\nSubject: many\r\nMessage-ID: <"+id+">\r\n\r\nx\r\n"), mailstore.Delivery{})
				_, err := s.WaitFor(t.Context(), connector.Query{MessageID: id, Body: "x"})
				assert.NoError(t, err)
				_, err = s.Find(t.Context(), connector.Query{MessageID: id}, 1)
				assert.NoError(t, err)
			})
		}
		tests.Wait()
		assert.LessOrEqual(t, w.fake.Counter.MaxInFlight(), 4)
		for _, e := range w.fake.Counter.Log() {
			assert.NotEqual(t, http.StatusTooManyRequests, e.Status)
		}
	})
}

// A large mail goes out by an upload session, and comes whole; without a copy in Sent where that is
// asked for.
func TestSending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		big := bytes.Repeat([]byte("abcdefgh\r\n"), 1_100_000)
		sent, err := s.Send(t.Context(), connector.Draft{To: []string{connectortest.Address}, Subject: "großes", Text: "see Anhänge",
			Attachments: []connector.File{{Name: "größe.bin", Data: big}, {Name: "b.txt", Data: []byte("b")}}})
		require.NoError(t, err)
		assert.Equal(t, 5, w.fake.Counter.Count("upload"), "a session, and 11 MB by 3 MiB")
		m, err := s.WaitFor(t.Context(), connector.Query{MessageID: sent.MessageID, Subject: "GROSSES", Body: "anhänge"})
		require.NoError(t, err)
		assert.Equal(t, string(big), contentOf(t, m, "größe.bin"))
		assert.Equal(t, "b", contentOf(t, m, "b.txt"))
		assert.Len(t, w.box.List(mailstore.Sent), 1)
		assert.Empty(t, w.box.List(mailstore.Drafts), "the draft became the mail")

		server := w.server()
		server.NoSentCopy = true
		quiet, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer quiet.Close()
		sent, err = quiet.Send(t.Context(), connector.Draft{To: []string{connectortest.Address}, Subject: "no copy", HTML: "<p>hi</p>",
			Attachments: []connector.File{{Name: "b.txt", Data: []byte("b")}}})
		require.NoError(t, err)
		m, err = quiet.WaitFor(t.Context(), connector.Query{MessageID: sent.MessageID, Body: "hi"})
		require.NoError(t, err)
		assert.Equal(t, "b", contentOf(t, m, "*"))
		assert.Len(t, w.box.List(mailstore.Sent), 1, "still one")
	})
}

// An upload that breaks off is told, and nothing is sent.
func TestBrokenUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s := w.connect(t, nil)
		second := func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Content-Range"), "bytes 3145728-") }
		w.fake.Faults.Push(fakehttp.Fault{Kind: "upload", Match: second, Status: 503})
		_, err := s.Send(t.Context(), connector.Draft{To: []string{connectortest.Address}, Subject: "never", Text: "x",
			Attachments: []connector.File{{Name: "a.bin", Data: bytes.Repeat([]byte("x"), 8<<20)}}})
		require.ErrorIs(t, err, connector.ErrUnavailable)
		assert.Empty(t, w.box.List(mailstore.Inbox))
	})
}
