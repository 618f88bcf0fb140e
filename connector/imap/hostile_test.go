package imap_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// TestHostileFolders searches 3,000 folders of hostile names, watches, fills and moves into 250: the server is
// asked for these folders, and for nothing else.
func TestHostileFolders(t *testing.T) {
	t.Parallel()
	g := newSiege(t)
	b := g.open(connector.Inbox)
	for i, name := range hostileValues(1, 3000) {
		g.folder(name, func(f connector.Folder) {
			requireNone(t, b, connector.Query{Folder: f, Everything: true})
			g.expect(listAll, "EXAMINE "+mailboxArg(name))
			if i%12 == 0 {
				g.watch(f, name)
				g.fill(f, name)
				g.move(b, f, name)
			}
			g.check("%q", name)
		})
	}
}

// watch opens the mailbox with the folder among those watched, and looks.
func (g *siege) watch(f connector.Folder, name string) {
	b, err := g.at.Open(g.t.Context(), []connector.Folder{connector.Inbox, f})
	require.NoError(g.t, err, "%q", name)
	end, err := b.End(g.t.Context())
	require.NoError(g.t, err)
	require.Contains(g.t, end.Token, " ")
	_, _, err = b.Arrivals(g.t.Context(), end)
	require.NoError(g.t, err)
	require.NoError(g.t, b.(io.Closer).Close())
	inbox, _ := g.box.Folder(mailstore.Inbox)
	g.expect("AUTHENTICATE", listAll, "EXAMINE INBOX", "EXAMINE INBOX", "EXAMINE "+mailboxArg(name), "EXAMINE INBOX", "NOOP",
		"STATUS "+mailboxArg(name)+statusItems, fmt.Sprintf("UID FETCH %d:4294967295 (BODY.PEEK[HEADER] FLAGS INTERNALDATE RFC822.SIZE UID)", inbox.UIDNext))
}

// fill puts a mail into the folder.
func (g *siege) fill(f connector.Folder, name string) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	require.NoError(g.t, g.at.Append(g.t.Context(), f, []byte("Subject: x\r\n\r\n"), at))
	require.Len(g.t, g.box.List(name), 1)
	g.expect("AUTHENTICATE", listAll, "APPEND "+mailboxArg(name)+` " 4-Mar-2026 05:06:07 +0000" {14+}`+"\r\nSubject: x\r\n\r\n")
}

// move moves a mail into the folder.
func (g *siege) move(b connector.Backend, f connector.Folder, name string) {
	m := g.box.Deliver([]byte("Subject: y\r\n\r\n"), mailstore.Delivery{})
	inbox, _ := g.box.Folder(mailstore.Inbox)
	id, err := b.(connector.Mover).Move(g.t.Context(), fmt.Sprintf("INBOX:%d.%d", inbox.UIDValidity, m.UID), f)
	require.NoError(g.t, err, "%q", name)
	require.NotEmpty(g.t, id)
	require.Len(g.t, g.box.List(name), 2)
	g.expect("SELECT INBOX", fmt.Sprintf("UID FETCH %d (UID)", m.UID), "STATUS "+mailboxArg(name)+statusItems,
		fmt.Sprintf("UID MOVE %d %s", m.UID, mailboxArg(name)))
}

// requireNone searches, and finds nothing.
func requireNone(t *testing.T, b connector.Backend, q connector.Query) {
	t.Helper()
	for _, err := range b.Search(t.Context(), q) {
		require.NoError(t, err)
		require.Fail(t, "nothing was there to be found")
	}
}

// TestHostileQueries searches for 4,000 hostile values in every criterion: the server is asked for time, and
// for Message-IDs that have nothing special in them.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	g := newSiege(t)
	b := g.open(connector.Inbox)
	r := rand.New(rand.NewPCG(2, 9051))
	for i, v := range hostileValues(2, 4000) {
		q := connector.Query{To: v, Cc: v, From: v, Recipient: v, Subject: v, Body: v, Attachment: v, MessageID: v, Header: map[string]string{v: v},
			AnyOf: []connector.Query{{Subject: v, MessageID: v}}}
		keys := ""
		if i%2 == 0 {
			q.MessageID = plainID(r)
			keys = ` HEADER "Message-ID" ` + stringArg(q.MessageID)
		}
		if i%3 == 0 {
			q.Since = time.Unix(r.Int64N(2e9), 0)
			q.Before = q.Since.Add(time.Duration(r.Int64N(1e17)))
			keys = ` SINCE "` + day(q.Since.UTC().Add(-24*time.Hour)) + `" BEFORE "` + day(q.Before.UTC().Add(48*time.Hour)) + `"` + keys
		}
		requireNone(t, b, q)
		g.expect(listAll, "EXAMINE INBOX")
		if keys != "" {
			g.expect("UID SEARCH" + keys)
		}
		g.check("%q", v)
	}
}

// plainID is a Message-ID of letters, digits and the marks that mean nothing to servers.
func plainID(r *rand.Rand) string {
	const marks = "abcxyzABCXYZ0123456789.!#$&+/=?^_~@-"
	out := []byte{marks[r.IntN(22)]}
	for range r.IntN(200) {
		out = append(out, marks[r.IntN(len(marks))])
	}
	return string(out)
}

// day is a date of IMAP (RFC 3501 §9, date-text).
func day(t time.Time) string {
	return fmt.Sprintf("%d-%s-%d", t.Day(), t.Month().String()[:3], t.Year())
}

// TestHostileUsers signs in by 1,000 hostile names, in both ways that take a password: the server gets that
// name, and commands of its own accord from nobody.
func TestHostileUsers(t *testing.T) {
	t.Parallel()
	store := mailstore.New()
	fake, err := fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Plain, Users: map[string]string{}})
	require.NoError(t, err)
	defer func() { require.NoError(t, fake.Close()) }()
	for i, name := range hostileValues(3, 1000) {
		name = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return 'c'
			}
			return r
		}, name)
		store.Add(name)
		fake.SetPassword(name, name)
		s := imap.Server{Host: "localhost", Security: imap.Plain, Address: "qa@example.com", User: name, Password: connector.Literal(name),
			Dial: fake.DialContext, Auth: []imap.Auth{imap.AuthPlain, imap.AuthLogin}[i%2]}
		b, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
		require.NoError(t, err, "%q", name)
		require.NoError(t, b.(io.Closer).Close())
		require.Equal(t, []string{[]string{"AUTHENTICATE", "LOGIN"}[i%2], listAll, "EXAMINE INBOX"}, fake.Commands()[3*i:], "%q", name)
	}
}

// TestHostileAddresses takes 2,000 hostile values as addresses: those that are none make no connection, and the
// others sign in as they are.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	g := newSiege(t)
	taken := 0
	for i, v := range hostileValues(4, 2000) {
		s := g.at
		s.Address = []string{v, v + "@example.com", "qa@" + v, strings.Map(atext, v) + "@example.com"}[i%4]
		_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
		if _, bad := mail.ParseAddress(s.Address); bad != nil || strings.ContainsAny(s.Address, " <>\"") {
			require.ErrorIs(t, err, connector.ErrConfig, "%q", s.Address)
			continue
		}
		if err == nil || errors.Is(err, connector.ErrConfig) {
			continue
		}
		taken++
		require.ErrorIs(t, err, connector.ErrAuth, "%q", s.Address)
		g.expect("AUTHENTICATE")
	}
	require.Positive(t, taken)
	g.check()
}

// atext drops what the local part of an address may not have (RFC 6532 §3.2), but for dots.
func atext(r rune) rune {
	if unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`()<>[]:;@\,."`, r) {
		return -1
	}
	return r
}

// TestLineEnds finds CR, LF and NUL in whatever a caller gives, before the first byte is sent.
func TestLineEnds(t *testing.T) {
	g := newSiege(t)
	b := g.open(connector.Inbox)
	g.check()
	mover := b.(connector.Mover)
	for _, value := range hostileValues(5, 100) {
		for _, bad := range []string{value + "\r\nT9 LOGOUT", value + "\n", "\x00" + value, "\r" + value, "\n"} {
			f := connector.Folder(bad)
			g.refused(func(s imap.Server) error { return openWith(g.t, s, f) }, bad)
			g.refused(func(s imap.Server) error { return s.Append(t.Context(), f, []byte("x"), time.Time{}) }, bad)
			g.refused(func(s imap.Server) error { s.Address = "qa" + bad + "@example.com"; return openWith(t, s) }, bad)
			g.refused(func(s imap.Server) error { s.User = bad; return openWith(t, s) }, bad)
			g.refused(func(s imap.Server) error { s.Host, s.Security = "mail"+bad+"x", imap.TLS; return openWith(t, s) }, bad)
			g.refused(func(s imap.Server) error { s.Auth = imap.Auth("PLAIN" + bad); return openWith(t, s) }, bad)
			g.refused(func(s imap.Server) error { s.Password = connector.Literal(bad); return openWith(t, s) }, bad)
			g.refused(func(imap.Server) error { _, err := mover.Move(t.Context(), "INBOX:1.1", f); return err }, bad)
			g.refused(func(imap.Server) error { return searchError(t, b, connector.Query{Folder: f, Everything: true}) }, bad)
			g.refused(func(imap.Server) error { return searchError(t, b, connector.Query{MessageID: bad}) }, bad)
			_, err := b.Fetch(t.Context(), bad, connector.DepthWhole)
			require.ErrorIs(t, err, connector.ErrNotFound, "%q", bad)
		}
	}
	g.check("nothing was sent")
	require.Equal(t, 1, g.fake.Connections())
}

// refused tries what must be refused.
func (g *siege) refused(try func(imap.Server) error, value string) {
	g.t.Helper()
	err := try(g.at)
	require.ErrorIs(g.t, err, connector.ErrConfig, "%q", value)
	typed := &connector.Error{}
	require.ErrorAs(g.t, err, &typed)
	require.NotEmpty(g.t, typed.Remedy)
}

func openWith(t *testing.T, s imap.Server, watch ...connector.Folder) error {
	t.Helper()
	_, err := s.Open(t.Context(), append([]connector.Folder{connector.Inbox}, watch...))
	return err
}

func searchError(t *testing.T, b connector.Backend, q connector.Query) error {
	t.Helper()
	for _, err := range b.Search(t.Context(), q) {
		return err
	}
	return nil
}
