package mailparse

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// crlf writes a mail with the line ends of the wire.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func read(t testing.TB, raw string) *Mail {
	t.Helper()
	m, err := Read(strings.NewReader(raw), Limits{})
	require.NoError(t, err)
	return m
}

func TestSimple(t *testing.T) {
	m := read(t, crlf("From: A <a@example.com>\nTo: b@example.com\nSubject: =?utf-8?Q?caf=C3=A9?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\npre\n--x\nContent-Type: text/plain\n\nhello\n--x\nContent-Type: application/pdf; name=\"a b.pdf\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--x--\n"))
	require.Equal(t, "hello", m.Text)
	require.Equal(t, "café", m.Subject)
	require.Empty(t, m.Defects)
	require.Len(t, m.Parts, 1)
	require.Equal(t, "hello", string(m.Parts[0].Data))
	require.Equal(t, "2", m.Parts[0].ID)
}
