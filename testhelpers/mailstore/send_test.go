package mailstore_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestSendGivesEachMailboxItsCopy(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	a, b := s.Add("a@example.com", "alias@example.com"), s.Add("b@example.com")
	raw := []byte("To: a@example.com\nBcc: b@example.com\nSubject: s\n\nbody\n")
	unknown := s.Send("from@example.com", []string{"a+1@example.com", "B@example.com", "alias@example.com"}, raw)
	assert.Empty(t, unknown)

	got := a.List("")
	require.Len(t, got, 1, "one copy, though two of its addresses are named")
	assert.Equal(t, "a+1@example.com", got[0].Rcpt)
	assert.Equal(t, "from@example.com", got[0].From)
	assert.Contains(t, string(got[0].Raw), "Delivered-To: a+1@example.com\r\n")
	assert.True(t, bytes.HasSuffix(got[0].Raw, []byte("To: a@example.com\nSubject: s\n\nbody\n")), "%s", got[0].Raw)
	got = b.List("")
	require.Len(t, got, 1)
	assert.Equal(t, "B@example.com", got[0].Rcpt)
	assert.NotContains(t, string(got[0].Raw), "Bcc")
}

func TestSendDropsBcc(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Bcc: x\r\n\r\nBcc: y\r\n":                  "\r\nBcc: y\r\n",
		"A: 1\r\nbcc: x,\r\n y,\r\n\tz\r\nB: 2\r\n": "A: 1\r\nB: 2\r\n",
		"A: 1\nBCC : x\nBcc: y\n z\n\nb":            "A: 1\n\nb",
		"A: 1\r\n Bcc: folded\r\n\r\n":              "A: 1\r\n Bcc: folded\r\n\r\n",
		"Bcc: only":                                 "",
		"X-Bcc: x\r\n\r\n":                          "X-Bcc: x\r\n\r\n",
		"":                                          "",
	} {
		s := mailstore.New()
		b := s.Add("qa@example.com")
		s.Send("", []string{"qa@example.com"}, []byte(in))
		_, got, _ := bytes.Cut(b.List("")[0].Raw, []byte(" +0000\r\n"))
		assert.Equal(t, want, string(got), "%q", in)
	}
}

func TestRelayKeepsTheHeader(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	b := s.Add("qa@example.com")
	unknown := s.Relay("a@example.com", []string{"qa@example.com", "x@example.com"}, []byte("Bcc: leaked@example.com\r\n\r\n"))
	assert.Equal(t, []string{"x@example.com"}, unknown)
	assert.Contains(t, string(b.List("")[0].Raw), "\r\nBcc: leaked@example.com\r\n\r\n")
}

func TestSendBouncesWhatIsUnknown(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	from := s.Add("from@example.com")
	raw := []byte("From: from@example.com\r\nSubject: hi\r\nMessage-ID: <1@example.com>\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n")
	unknown := s.Send("from+1@example.com", []string{"x@example.com", "y@contoso.example"}, raw)
	assert.Equal(t, []string{"x@example.com", "y@contoso.example"}, unknown)

	list := from.List(mailstore.Inbox)
	require.Len(t, list, 1)
	assert.Empty(t, list[0].From, "a bounce has no envelope sender, so that it is never bounced")
	m, err := mail.ReadMessage(bytes.NewReader(list[0].Raw))
	require.NoError(t, err)
	assert.Equal(t, "Undeliverable: hi", m.Header.Get("Subject"))
	assert.Equal(t, "<1@example.com>", m.Header.Get("In-Reply-To"))
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	assert.Equal(t, "multipart/report", kind)
	assert.Equal(t, "delivery-status", params["report-type"])

	parts := readParts(t, m.Body, params["boundary"])
	require.Len(t, parts, 3)
	assert.Contains(t, parts[0], "y@contoso.example")
	assert.Contains(t, parts[1], "Final-Recipient: rfc822; x@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n")
	assert.Equal(t, string(raw), parts[2])
}

func TestSendBouncesNeverLoop(t *testing.T) {
	t.Parallel()
	s := mailstore.New()
	s.Add("qa@example.com")
	assert.Equal(t, []string{"x@example.com"}, s.Send("", []string{"x@example.com"}, nil))
	assert.Equal(t, []string{"x@example.com"}, s.Send("away@contoso.example", []string{"x@example.com"}, nil))
	for _, m := range s.Mailboxes() {
		assert.Empty(t, m.List(""))
	}
}

func readParts(t *testing.T, body io.Reader, boundary string) (out []string) {
	t.Helper()
	r := multipart.NewReader(body, boundary)
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		b, err := io.ReadAll(p)
		require.NoError(t, err)
		out = append(out, string(b))
	}
}
