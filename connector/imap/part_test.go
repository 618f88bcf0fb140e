package imap_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/internal/apart"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// filed is a mail with a text, a file of that size and a smaller one, and what is in the two.
func filed(size int) (raw, large, small []byte) {
	large, small = make([]byte, size), make([]byte, 300_000)
	_, _ = rand.Read(large) // never fails
	_, _ = rand.Read(small)
	var b bytes.Buffer
	b.WriteString("From: a@example.com\r\nSubject: filed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nsee the files\r\n")
	for name, data := range map[string][]byte{"large.zip": large, "small.pdf": small} {
		kind := "application/" + name[len(name)-3:]
		b.WriteString("--x\r\nContent-Type: " + kind + "\r\nContent-Disposition: attachment; filename=" + name + "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for line := range slices.Chunk(data, 57) {
			b.WriteString(base64.StdEncoding.EncodeToString(line) + "\r\n")
		}
	}
	b.WriteString("--x--\r\n")
	return b.Bytes(), large, small
}

// whole reports whether a client asked for a mail as a whole.
func (w *world) whole() bool {
	return slices.ContainsFunc(w.fake.Commands(), func(c string) bool { return strings.Contains(c, "BODY.PEEK[])") })
}

// withFiles waits for a filed mail and opens its files.
func withFiles(t *testing.T, size int, change func(*world, *imap.Server), opened func(*world, func(name string))) {
	t.Helper()
	raw, large, small := filed(size)
	inBubble(t, &fakeimap.Options{TLS: fakeimap.Plain}, func(w *world, s *imap.Server) {
		s.Security = imap.Plain
		if change != nil {
			change(w, s)
		}
	}, func(t *testing.T, w *world, s *connector.Session) {
		w.box.Deliver(raw, mailstore.Delivery{})
		m, err := s.WaitFor(t.Context(), connector.Query{Body: "see the files"})
		require.NoError(t, err)
		require.Len(t, m.Attachments, 2)
		opened(w, func(name string) {
			t.Helper()
			a, err := m.Attachment(name)
			require.NoError(t, err)
			assert.False(t, a.Loaded())
			assert.True(t, bytes.Equal(map[string][]byte{"large.zip": large, "small.pdf": small}[name], read(t, a)), "%s has other bytes", name)
		})
	})
}

func TestPartIsReadAlone(t *testing.T) {
	t.Parallel()
	withFiles(t, 25_000_000, nil, func(w *world, open func(string)) {
		before := len(w.fake.Commands())
		open("small.pdf")
		open("large.zip")
		assert.Equal(t, 2, strings.Count(strings.Join(w.fake.Commands()[before:], "\n"), ".MIME]"))
		assert.False(t, w.whole())
	})
}

// A server whose parts are not those of its structure costs the whole mail, and no byte of it.
func TestPartOfAServerThatLies(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"the type":     {`"application" "pdf"`, `"application" "xml"`, `"APPLICATION" "PDF"`, `"APPLICATION" "XML"`},
		"the encoding": {`NIL NIL "base64"`, `NIL NIL "8bit"`},
		"the size":     {` 410526 `, ` 410525 `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withFiles(t, 2_000_000, func(w *world, s *imap.Server) { w.saying(s, words...) }, func(w *world, open func(string)) {
				open("small.pdf")
				assert.True(t, w.whole())
			})
		})
	}
}

func TestPartOfAServerThatRefuses(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakeimap.Fault{
		"it refuses":  {Commands: []string{"FETCH"}, Reply: "NO [UNKNOWN-CTE] it cannot be decoded"},
		"it hangs up": {Commands: []string{"FETCH"}, Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withFiles(t, 2_000_000, nil, func(w *world, open func(string)) {
				w.fake.Push(fault)
				open("small.pdf")
				assert.True(t, w.whole())
				open("large.zip")
			})
		})
	}
}

// opensPart reads one file of a mail on a real server, and no more.
func (r *realRun) opensPart(t *testing.T) {
	in := r.instance(t)
	server := in.Server.(imap.Server)
	wire := apart.NewWire(t, r.server.IMAPS)
	_, port, err := net.SplitHostPort(wire.Addr)
	require.NoError(t, err)
	server.Port, err = strconv.Atoi(port)
	require.NoError(t, err)
	s, err := connector.Connect(t.Context(), server, nil)
	require.NoError(t, err)
	defer s.Close()
	raw, _, small := filed(2_000_000)
	in.Deliver(raw)
	m, err := s.WaitFor(t.Context(), connector.Query{Body: "see the files"})
	require.NoError(t, err)
	a, err := m.Attachment("small.pdf")
	require.NoError(t, err)
	before := wire.Bytes()
	assert.True(t, bytes.Equal(small, read(t, a)))
	assert.Less(t, wire.Bytes()-before, int64(600_000), "base64 makes 410,526 bytes of it, and the other file has 2.7 million")
}

func TestPartThatIsGone(t *testing.T) {
	t.Parallel()
	raw, _, _ := filed(2_000_000)
	inBubble(t, nil, nil, func(t *testing.T, w *world, s *connector.Session) {
		mail := w.box.Deliver(raw, mailstore.Delivery{})
		m, err := s.WaitFor(t.Context(), connector.Query{Body: "see the files"})
		require.NoError(t, err)
		require.NoError(t, w.box.Delete(mail.Key))
		_, err = m.Attachments[0].Open(t.Context())
		require.ErrorIs(t, err, connector.ErrNotFound)
	})
}
