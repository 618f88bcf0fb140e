package connector_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crypto/sha256"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// TestMessageOfFixtures checks what a message tells of each sample mail against its expectation,
// the content of every part included.
func TestMessageOfFixtures(t *testing.T) {
	t.Parallel()
	for name, want := range fixtures.All() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
			require.NoError(t, err)
			assert.Equal(t, want.Subject, m.Subject)
			assert.Equal(t, want.Text, m.Text)
			assert.Len(t, m.Defects, want.Defects)
			require.Len(t, m.Attachments, len(want.Parts))
			for i, p := range want.Parts {
				a := m.Attachments[i]
				assert.Equal(t, p, fixtures.Part{ID: a.Part, Kind: string(a.Kind), Name: a.Name, Type: a.Type, Size: a.Size,
					SHA256: a.SHA256, Inline: a.Inline, ContentID: a.ContentID})
				r, err := a.Open(t.Context())
				require.NoError(t, err)
				b, err := io.ReadAll(r)
				require.NoError(t, err)
				require.NoError(t, r.Close())
				sum := sha256.Sum256(b)
				assert.Equal(t, p.SHA256, hex.EncodeToString(sum[:]))
			}
		})
	}
}

func TestThread(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n": "a@x",
		"Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\n":                            "b@x",
		"Message-ID: <c@x>\r\n":                                                  "c@x",
		"Subject: none\r\n":                                                      "",
	} {
		m, err := connector.ReadMessage(strings.NewReader(header + "\r\n"))
		require.NoError(t, err)
		assert.Equal(t, want, m.Thread(), header)
	}
}

// TestOnePartBroken shows that what is broken is named and the rest is there.
func TestOnePartBroken(t *testing.T) {
	t.Parallel()
	m, err := connector.ReadMessage(strings.NewReader("From: a@example.com\r\nSender: b@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\n\r\nhello\r\n--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n" +
		"--b\r\nContent-Type: text/csv; name=y.csv; charset=utf-8\r\n\r\na,b\r\n"))
	require.NoError(t, err)
	assert.Equal(t, "hello", m.Text)
	assert.Equal(t, "b@example.com", m.Sender[0].Addr)
	require.Len(t, m.Attachments, 2)
	assert.Equal(t, "utf-8", m.Attachments[1].Charset)
	assert.Equal(t, connector.KindFile, m.Attachments[1].Kind)
	var parts []string
	for _, d := range m.Defects {
		parts = append(parts, d.Part)
	}
	assert.Contains(t, parts, "2", "the broken part is named: %v", m.Defects)
	assert.False(t, m.Truncated)
}
