package gmail_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world, *gmail.Workspace)
		checks int    // findings
		says   string // in the last one; "" if all is well
	}{
		"all is well":   {nil, 5, ""},
		"key is wrong":  {func(_ *world, s *gmail.Workspace) { s.ServiceAccount = connector.Literal("{}") }, 1, "service_account"},
		"key deleted":   {func(w *world, _ *gmail.Workspace) { w.fake.RevokeKeys() }, 2, "make a new JSON key"},
		"no delegation": {func(w *world, _ *gmail.Workspace) { w.fake.Delegate("example.com", w.robot.ClientID) }, 3, "exactly these scopes: https://www.googleapis.com/auth/gmail.modify"},
		"API is off":    {func(w *world, _ *gmail.Workspace) { w.fake.EnableAPI(w.robot.Project, "gmail.googleapis.com", false) }, 4, "enable it at"},
		"no mailbox":    {state(fakegmail.UserWithoutMail), 4, "licence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			server := w.server()
			if c.change != nil {
				c.change(w, &server)
			}
			found := server.Preflight(t.Context())
			require.Len(t, found, c.checks, "%+v", found)
			for i, f := range found {
				assert.Equal(t, i < len(found)-1 || c.says == "", f.OK, "%+v", f)
				assert.NotEmpty(t, f.Check)
				assert.NotEmpty(t, f.Detail)
			}
			last := found[len(found)-1]
			assert.Contains(t, last.Detail+last.Remedy, c.says)
		})
	}
}

// A mail above 5 MB is sent by upload, as one request.
func TestSendLarge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		data := bytes.Repeat([]byte("0123456789abcdef"), 6<<16)
		w.fake.ExpireTokens() // so that the body is sent twice
		r, err := s.Send(t.Context(), connector.Draft{To: []string{connectortest.Address}, Subject: "large",
			Attachments: []connector.File{{Name: "a.bin", Data: data}}})
		require.NoError(t, err)
		m, err := s.WaitFor(t.Context(), connector.Query{MessageID: r.MessageID})
		require.NoError(t, err)
		a, err := m.Attachment("a.bin")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), a.SHA256)
		assert.Equal(t, 2, w.fake.Counter.Count("send"))
		assert.ElementsMatch(t, []connector.Folder{connector.Inbox, connector.Sent}, m.Folders)
	})
}

// A reply stands in the thread of its mail.
func TestReplyInThread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b := w.open(w.server())
		w.deliver("question", time.Time{})
		var id string
		for e, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
			require.NoError(t, err)
			id = e.ID
		}
		r := b.(connector.Replier)
		require.NoError(t, r.SendReply(t.Context(), id, nil, strings.NewReader(letter)))
		require.NoError(t, r.SendReply(t.Context(), "19a0000000000abc", nil, strings.NewReader(letter)), "the mail is gone")
		assert.ErrorIs(t, r.SendReply(t.Context(), id, nil, failing{}), connector.ErrUnavailable)
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, context.DeadlineExceeded }

// The search index is asked by Message-ID and time alone, and what it has not got yet is found.
func TestSearchBesideTheIndex(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{SearchLag: 30 * time.Minute, UserUnits: -1, KeepDuplicates: true})
		w.fill(1100)
		var asked []string
		server := w.server()
		server.Transport = recording{server.Transport, &asked}
		s, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer s.Close()
		find := func(q connector.Query) []*connector.Message {
			ms, err := s.Find(t.Context(), q, 1)
			require.NoError(t, err)
			return ms
		}
		w.box.Deliver([]byte(letter), mailstore.Delivery{})
		before := w.fake.Counter.Total().Requests
		require.Len(t, find(connector.Query{MessageID: "<1@example.com>"}), 1, "not indexed yet")
		assert.LessOrEqual(t, w.fake.Counter.Total().Requests-before, 5)
		time.Sleep(2 * time.Hour)
		before = w.fake.Counter.Total().Requests
		require.Len(t, find(connector.Query{MessageID: "1@example.com"}), 1)
		assert.LessOrEqual(t, w.fake.Counter.Total().Requests-before, 3, "list, get, and a token")
		old := find(connector.Query{Everything: true, Before: time.Now().Add(-49 * time.Hour)})
		require.Len(t, old, 1)
		assert.Empty(t, find(connector.Query{MessageID: "none@example.com"}))
		for _, q := range asked {
			assert.Regexp(t, `^(rfc822msgid:[^ ]+|before:\d+)$`, q)
		}
		assert.NotEmpty(t, asked)
	})
}

// recording notes each q.
type recording struct {
	http.RoundTripper
	asked *[]string
}

func (r recording) RoundTrip(req *http.Request) (*http.Response, error) {
	if q := req.URL.Query().Get("q"); q != "" {
		*r.asked = append(*r.asked, q)
	}
	return r.RoundTripper.RoundTrip(req)
}

// Feeds are shared by the same mailbox seen with the same rights, and by nobody else.
func TestIdentity(t *testing.T) {
	w := newWorld(t, nil)
	server := w.loopback(t)
	identity := func(s gmail.Workspace) string {
		b := w.open(s)
		defer b.(interface{ Close() error }).Close()
		return b.(connector.Identifier).Identity()
	}
	own := identity(server)
	assert.NotEmpty(t, own)
	assert.Equal(t, own, identity(server))
	assert.NotContains(t, own, "PRIVATE")
	peer := server
	peer.Address = connectortest.Peer
	assert.NotEqual(t, own, identity(peer))
	injected := w.server()
	assert.Empty(t, identity(injected))
	sourced(connectortest.Address, fakegmail.ScopeModify)(w, &server)
	assert.Empty(t, identity(server), "nobody knows whose tokens these are")
}

// An unknown authority is told apart from an outage; no GOOGLE_ variable changes where requests go.
func TestTLSAndEnvironment(t *testing.T) {
	for _, name := range []string{"GOOGLE_API_USE_MTLS_ENDPOINT", "GOOGLE_API_USE_MTLS"} {
		t.Setenv(name, "always")
	}
	t.Setenv("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "evil.example")
	t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "evil")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
	t.Setenv("GOOGLE_SDK_GO_LOGGING_LEVEL", "debug")
	w := newWorld(t, nil)
	w.open(w.server())
	server := w.loopback(t)
	w.open(server)
	for _, e := range w.fake.Counter.Log() {
		assert.Contains(t, []string{"token", "profile"}, e.Kind)
	}
	server.RootCAs = nil
	_, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
	require.ErrorIs(t, err, connector.ErrConfig)
	assert.ErrorContains(t, err, "RootCAs")
}

// What a list of folders says, and what it is asked by, are the same names.
func TestFolders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		require.NoError(t, w.box.CreateFolder("Projects/2026"))
		b := w.open(w.server(), connector.Inbox, "Projects/2026")
		list, err := b.(connector.Folderer).Folders(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []connector.Folder{"Inbox", "Junk", "Sent", "Drafts", "Trash", "Archive", "Projects", "Projects/2026"}, list)
		_, err = w.server().Open(t.Context(), []connector.Folder{"Nowhere"})
		assert.ErrorIs(t, err, connector.ErrConfig)
	})
}
