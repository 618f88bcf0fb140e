package outgoing

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

const letter = "From: qa@example.com\r\nTo: Ada <ada@example.com>\r\nBcc: b@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"Message-ID: <1@example.com>\r\nReferences: <0@example.com>\r\nX-Run-Id: 7\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=out\r\n\r\n" +
	"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
	"--in\r\nContent-Type: text/plain\r\n\r\nplain\r\n--in\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>h=C3=BC</p>\r\n--in--\r\n" +
	"--out\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--out--\r\n"

func TestSplit(t *testing.T) {
	t.Parallel()
	rest, files, err := Split([]byte(letter))
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Equal(t, File{Name: "a b.pdf", Type: "application/pdf", Data: []byte{0, 1, 2}}, files[0])
	m, err := connector.ReadMessage(bytes.NewReader(rest))
	require.NoError(t, err)
	assert.Empty(t, m.Defects)
	assert.Empty(t, m.Attachments)
	assert.Equal(t, "1@example.com", m.MessageID)
	assert.Equal(t, "plain", strings.TrimSpace(m.Text))
	assert.Contains(t, m.HTML, "hü")
}

func TestSplitWithoutFiles(t *testing.T) {
	t.Parallel()
	raw := []byte("Subject: x\r\n\r\nhello\r\n")
	rest, files, err := Split(raw)
	require.NoError(t, err)
	assert.Empty(t, files)
	assert.Equal(t, raw, rest)
}

func TestRead(t *testing.T) {
	t.Parallel()
	m, err := Read([]byte(letter))
	require.NoError(t, err)
	assert.Equal(t, "Grüße", m.Subject)
	assert.Equal(t, []Address{{"Ada", "ada@example.com"}}, m.To)
	assert.Equal(t, []Address{{"", "b@example.com"}}, m.Bcc)
	assert.Equal(t, []Field{{"X-Run-Id", "7"}}, m.Header)
	assert.Equal(t, "<0@example.com>", m.References)
	assert.True(t, m.HTML)
	assert.Contains(t, m.Text, "hü")
	assert.Len(t, m.Files, 1)
}
