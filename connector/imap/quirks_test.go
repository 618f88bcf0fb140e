package imap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// between is a connection in the clear of which something sees, and may change, what the server and the client say.
type between struct {
	net.Conn
	server func([]byte) []byte
	client func([]byte)
}

func (c between) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:max(1, len(p)/2)])
	return copy(p, c.server(bytes.Clone(p[:n]))), err
}

func (c between) Write(p []byte) (int, error) {
	c.client(p)
	return c.Conn.Write(p)
}

// between puts something between a client and the fake, which then must not encrypt.
func (w *world) between(s *imap.Server, server func([]byte) []byte, client func([]byte)) {
	s.Security = imap.Plain
	s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := w.fake.DialContext(ctx, network, address)
		return between{c, server, client}, err
	}
}

// A server tells by itself, before its answer, that the flags of a mail changed, and names its UID: nothing is lost.
func TestFlagsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{"small": []byte("Subject: flagged\r\n\r\nbody\r\n"), "large": largeMail()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			inBubble(t, &fakeimap.Options{TLS: fakeimap.Plain}, func(w *world, s *imap.Server) {
				w.between(s, func(p []byte) []byte {
					const answer = "* 1 FETCH (UID 1 "
					if !bytes.Contains(p, []byte(answer)) || n.Add(1)%2 == 0 {
						return p
					}
					return bytes.Replace(p, []byte(answer), []byte("* 1 FETCH (UID 1 FLAGS (\\Flagged))\r\n"+answer), 1)
				}, func([]byte) {})
			}, func(t *testing.T, w *world, s *connector.Session) {
				w.box.Deliver(raw, mailstore.Delivery{})
				m, err := s.WaitFor(t.Context(), connector.Query{Body: "body"})
				require.NoError(t, err)
				assert.WithinDuration(t, time.Now(), m.Received, time.Minute)
				found, err := s.Find(t.Context(), connector.Query{Subject: "flagged", Since: time.Now().Add(-time.Hour)}, 0)
				require.NoError(t, err)
				require.Len(t, found, 1)
				got, err := m.Raw(t.Context())
				require.NoError(t, err)
				content, err := io.ReadAll(got)
				require.NoError(t, err)
				require.NoError(t, got.Close())
				assert.True(t, bytes.HasSuffix(content, raw))
				assert.Greater(t, n.Load(), int64(4))
			})
		})
	}
}

// largeMail is one whose text is read by parts.
func largeMail() []byte {
	return []byte("Subject: flagged\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x\r\n" +
		"Content-Type: application/pdf; name=a.pdf\r\n\r\n" + strings.Repeat("0123456789\r\n", 30_000) + "--x--\r\n")
}

// UIDs with gaps are asked for in lines that every server takes.
func TestSearchAmongGaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for i := range 4000 {
			m := w.box.Deliver(fmt.Appendf(nil, "Subject: %d\r\n\r\n", i), mailstore.Delivery{})
			if i%2 == 0 {
				require.NoError(t, w.box.Delete(m.Key))
			}
		}
		b, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err)
		defer b.(io.Closer).Close()
		found := 0
		for _, err := range b.Search(t.Context(), connector.Query{Everything: true, Since: time.Now().Add(-time.Hour)}) {
			require.NoError(t, err)
			found++
		}
		assert.Equal(t, 2000, found)
		for _, c := range w.fake.Commands() {
			assert.Less(t, len(c), 8000)
		}
	})
}

// A folder whose UIDs begin anew while it is searched ends the search with an error.
func TestValidityChangesWithinASearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for range 120 {
			w.box.Deliver([]byte("Subject: x\r\n\r\n"), mailstore.Delivery{})
		}
		b, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err)
		defer b.(io.Closer).Close()
		found := 0
		for _, e := range b.Search(t.Context(), connector.Query{Everything: true}) {
			if err = e; err == nil {
				found++
			}
			if found == 1 {
				w.fake.ResetUIDs(connectortest.Address)
			}
		}
		require.ErrorIs(t, err, connector.ErrUnavailable)
		assert.ErrorContains(t, err, "UIDVALIDITY")
		assert.Equal(t, 50, found)
	})
}

// A server that has no IDLE is not asked for it again and again: that is a connection and a sign-in each time.
func TestServerWithoutIdle(t *testing.T) {
	t.Parallel()
	inBubble(t, &fakeimap.Options{TLS: fakeimap.Plain}, func(w *world, s *imap.Server) { w.saying(s, " IDLE", " WILD") }, func(t *testing.T, w *world, s *connector.Session) {
		require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Everything: true}, 5*time.Minute))
		time.AfterFunc(3*time.Second, func() { w.box.Deliver([]byte("Subject: polled\r\n\r\n"), mailstore.Delivery{}) })
		_, err := s.WaitFor(t.Context(), connector.Query{Subject: "polled"})
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(strings.Join(w.fake.Commands(), "\n"), "AUTHENTICATE"))
	})
}

// Without UIDPLUS the moved mail is told from another that comes to the folder meanwhile.
func TestMoveBesideAnArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakeimap.Options{TLS: fakeimap.Plain, Without: []string{"MOVE", "UIDPLUS"}})
		server := w.server()
		hide := func(p []byte) []byte { return bytes.ReplaceAll(p, []byte("[COPYUID"), []byte("[UNKNOWN")) }
		w.between(&server, hide, func(p []byte) {
			if bytes.Contains(p, []byte(" EXPUNGE")) {
				w.box.Deliver([]byte("Subject: foreign\r\n\r\n"), mailstore.Delivery{Folder: mailstore.Archive})
			}
		})
		w.box.Deliver([]byte("Subject: moved\r\n\r\n"), mailstore.Delivery{})
		b, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err)
		defer b.(io.Closer).Close()
		for e, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
			require.NoError(t, err)
			id, err := b.(connector.Mover).Move(t.Context(), e.ID, connector.Archive)
			require.NoError(t, err)
			require.Len(t, w.box.List(mailstore.Archive), 2)
			src, err := b.Fetch(t.Context(), id, connector.DepthHead)
			require.NoError(t, err)
			head, err := io.ReadAll(src)
			require.NoError(t, err)
			assert.Contains(t, string(head), "Subject: moved")
		}
	})
}

// expungedInASearch lets somebody expunge mails while they are searched: none is told of that never was.
func (r *realRun) expungedInASearch(t *testing.T) {
	h := &hands{t: t, server: r.server, user: r.user()}
	for i := range 60 {
		h.place(fmt.Appendf(nil, "Subject: mail %d\r\nMessage-ID: <%d@example.com>\r\n\r\n", i, i), connector.Inbox, time.Now())
	}
	b, err := mailbox(r.server, h.user).Open(t.Context(), []connector.Folder{connector.Inbox})
	require.NoError(t, err)
	defer b.(io.Closer).Close()
	found := 0
	for e, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
		require.NoError(t, err)
		assert.Contains(t, string(e.Head), "Subject: mail ")
		if found++; found == 1 {
			h.must(h.with(func(c *imapclient.Client) error {
				if _, err := c.Select("INBOX", nil).Wait(); err != nil {
					return err
				}
				uids := goimap.UIDSet{goimap.UIDRange{Start: 1, Stop: 5}}
				if err := c.Store(uids, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Flags: []goimap.Flag{goimap.FlagDeleted}}, nil).Close(); err != nil {
					return err
				}
				return c.UIDExpunge(uids).Close()
			}))
		}
	}
	assert.Equal(t, 55, found)
}
