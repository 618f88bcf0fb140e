package imap_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// branching is a mail with all that a structure may have, and a large file. Its boundary is in quotes.
var branching = strings.ReplaceAll("From: a@example.com\nTo: qa@example.com\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <branching@example.com>\n"+
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"one (1)\"\n\npreamble\n--one (1)\nContent-Type: multipart/alternative; boundary=two\n\n"+
	"--two\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nSch=F6n\n"+
	"--two\nContent-Type: multipart/related; boundary=three\n\n--three\nContent-Type: text/html\n\n<p>Sch&ouml;n <img src=cid:i></p>\n"+
	"--three\nContent-Type: image/png\nContent-ID: <i>\nContent-Transfer-Encoding: base64\n\naW1hZ2U=\n--three--\n--two--\n"+
	"--one (1)\nContent-Type: message/rfc822\n\nSubject: inner\n\nforwarded\n--one (1)\nContent-Type: text/plain\nContent-Disposition: attachment; filename=note.txt\n\na note\n"+
	"--one (1)\nContent-Type: application/pdf; name=big.pdf\nContent-Transfer-Encoding: base64\n\n"+strings.Repeat("QUJDREVG\n", 300_000)+
	"--one (1)\n\nand a last word\n--one (1)--\n", "\n", "\r\n")

// What a reader sees of a large mail is read without its files, which are the same when they are opened.
func TestLargeMailByPart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakeimap.Options{})
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		w.box.Deliver([]byte(branching), mailstore.Delivery{})
		got, err := s.WaitFor(t.Context(), connector.Query{Body: "schön"})
		require.NoError(t, err)
		want, err := connector.ReadMessage(strings.NewReader(branching))
		require.NoError(t, err)
		assert.Equal(t, connector.DepthText, got.Depth)
		assert.Equal(t, []string{want.Subject, want.Text, want.HTML}, []string{got.Subject, got.Text, got.HTML})
		assert.Contains(t, got.Text, "and a last word")
		require.Len(t, got.Attachments, len(want.Attachments))
		for i, a := range got.Attachments {
			b := want.Attachments[i]
			assert.Equal(t, []any{b.Part, b.Kind, b.Name, b.Type, b.ContentID, b.Inline}, []any{a.Part, a.Kind, a.Name, a.Type, a.ContentID, a.Inline})
			assert.True(t, bytes.Equal(read(t, b), read(t, a)), "%s has other bytes", a.Part)
		}
	})
}

// A large mail whose structure says nothing is read as a whole.
func TestLargeMailWithoutParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakeimap.Options{})
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		for kind, whole := range map[string]bool{"text/plain": true, "multipart/mixed": false} { // the latter without a boundary
			w.box.Deliver([]byte("Subject: "+kind+"\r\nContent-Type: "+kind+"\r\n\r\n"+strings.Repeat("long text\r\n", 150_000)+"the end"), mailstore.Delivery{})
			m, err := s.WaitFor(t.Context(), connector.Query{Subject: kind, Body: "long text"})
			require.NoError(t, err, kind)
			assert.Equal(t, connector.DepthWhole, m.Depth, kind)
			assert.Equal(t, whole, strings.HasSuffix(m.Text, "the end"), kind)
			assert.Equal(t, !whole, m.Truncated, kind)
		}
	})
}

func read(t *testing.T, a *connector.Attachment) []byte {
	t.Helper()
	r, err := a.Open(t.Context())
	require.NoError(t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}
