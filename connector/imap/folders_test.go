package imap_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// A folder that SPECIAL-USE names is that folder, also where another one has its usual name.
func TestSpecialUseBeforeNames(t *testing.T) {
	t.Parallel()
	inBubble(t, &fakeimap.Options{TLS: fakeimap.Plain}, func(w *world, s *imap.Server) {
		require.NoError(t, w.box.CreateFolder("Sent Items"))
		require.NoError(t, w.box.CreateFolder("*"))
		w.saying(s, `(\Sent) "/" "Sent"`, `() "/" "Sent"`, `() "/" "Sent Items"`, `(\Sent) "/" "Sent Items"`)
	}, func(t *testing.T, w *world, s *connector.Session) {
		folders, err := s.Folders(t.Context())
		require.NoError(t, err)
		assert.Subset(t, folders, []connector.Folder{connector.Sent, "Sent (2)", "* (2)"})
		assert.NotContains(t, folders, connector.Folder("Sent Items"))
		receipt, err := s.Send(t.Context(), note)
		require.NoError(t, err)
		require.NoError(t, receipt.NoCopy)
		assert.Len(t, w.box.Above("Sent Items", 0), 1)
		assert.Empty(t, w.copies())
		w.box.Deliver([]byte("Subject: old\r\n\r\n"), mailstore.Delivery{Folder: mailstore.Sent})
		found, err := s.Find(t.Context(), connector.Query{Folder: "Sent (2)", Subject: "old"}, 0)
		require.NoError(t, err)
		assert.Len(t, found, 1)
	})
}

// rolesByAttribute is the same on a real server that lets a client give the attribute.
func (r *realRun) rolesByAttribute(t *testing.T) {
	if r.server.Kind != realserver.Cyrus {
		return
	}
	h := &hands{t: t, server: r.server, user: r.user()}
	require.NoError(t, h.with(func(c *imapclient.Client) error {
		if err := c.SetMetadata("Sent", map[string]*[]byte{"/private/specialuse": nil}).Wait(); err != nil {
			return err
		}
		return c.Create("Sent Items", &goimap.CreateOptions{SpecialUse: []goimap.MailboxAttr{goimap.MailboxAttrSent}}).Wait()
	}))
	s, err := connector.Connect(t.Context(), mailbox(r.server, h.user), nil)
	require.NoError(t, err)
	defer s.Close()
	folders, err := s.Folders(t.Context())
	require.NoError(t, err)
	slices.Sort(folders)
	assert.Equal(t, []connector.Folder{"Archive", "Drafts", "Inbox", "Junk", "Sent", "Sent (2)", "Trash"}, folders)
}

// strange are names of folders that some server takes.
var strange = []string{"Entwürfe", "日本語", "R&D", "x&-y", `quo"te`, `back\slash`, "star*", "per%cent", " sp ace ", "a/b", "c.d", "(list)", "{5}", "😀", "~tilde"}

// strangeNames makes folders of strange names, puts a mail into each by the protocol, and finds it there.
func (r *realRun) strangeNames(t *testing.T) {
	h := &hands{t: t, server: r.server, user: r.user()}
	made := 0
	for _, name := range strange { // Courier hangs up over some
		if h.with(func(c *imapclient.Client) error {
			return c.Create(names(r.server.Kind, connector.Folder(name)), nil).Wait()
		}) == nil {
			made++
		}
	}
	require.Greater(t, made, 8)
	server := mailbox(r.server, h.user)
	s, err := connector.Connect(t.Context(), server, &connector.Options{Wait: 20 * time.Second, Folders: []connector.Folder{connector.Anywhere}})
	require.NoError(t, err)
	defer s.Close()
	folders, err := s.Folders(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(folders), made+6)
	folders = slices.DeleteFunc(folders, func(f connector.Folder) bool { return f == connector.Sent || f == connector.Drafts })
	id := func(i int) string { return fmt.Sprint(i, "@example.com") }
	for i, f := range folders {
		raw := []byte("Subject: in\r\nMessage-ID: <" + id(i) + ">\r\n\r\nhello\r\n")
		require.NoError(t, server.Append(t.Context(), f, raw, time.Time{}), "%q", f)
	}
	for i, f := range folders {
		m, err := s.WaitFor(t.Context(), connector.Query{Folder: f, MessageID: id(i)})
		require.NoError(t, err, "%q", f)
		require.Equal(t, []connector.Folder{f}, m.Folders)
		require.NoError(t, s.Move(t.Context(), m, connector.Inbox))
		require.NoError(t, s.Move(t.Context(), m, f))
	}
}
