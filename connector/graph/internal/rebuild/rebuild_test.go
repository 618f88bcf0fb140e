package rebuild

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
)

func sample() *Mail {
	return &Mail{
		From: Address{"Müller, Jörg", "joerg@contoso.example"}, Sender: Address{"", "robot@contoso.example"},
		To: []Address{{`Ada "A" Tester`, "ada@contoso.example"}, {"", "b@contoso.example"}, {"House", "/O=EXCHANGE/CN=x"}},
		Cc: []Address{{"c@contoso.example", "c@contoso.example"}}, Subject: "Ihr Code: 482 913 – schöne Grüße, und noch viel mehr Text, der umbrochen wird",
		MessageID: "<1@contoso.example>", Date: time.Date(2026, 11, 2, 9, 15, 29, 0, time.UTC),
		Text: "<p>Grüße</p>", HTML: true,
	}
}

func read(t *testing.T, m *Mail) *connector.Message {
	t.Helper()
	r := m.Open()
	defer r.Close()
	got, err := connector.ReadMessage(r)
	require.NoError(t, err)
	assert.Empty(t, got.Defects)
	return got
}

func TestFieldsSurvive(t *testing.T) {
	t.Parallel()
	m := sample()
	got := read(t, m)
	assert.Equal(t, m.Subject, got.Subject)
	assert.Equal(t, "1@contoso.example", got.MessageID)
	assert.Equal(t, m.Date, got.Date.UTC())
	assert.Equal(t, "joerg@contoso.example", got.From[0].Addr)
	assert.Equal(t, "Müller, Jörg", got.From[0].Name)
	assert.Equal(t, `Ada "A" Tester`, got.To[0].Name)
	assert.Equal(t, "b@contoso.example", got.To[1].Addr)
	assert.Equal(t, "c@contoso.example", got.Cc[0].Addr)
	assert.Equal(t, "<p>Grüße</p>", got.HTML)
	assert.Equal(t, "robot@contoso.example", got.Header.Get("Sender"))
}

func TestReceivedHeaderComesFirst(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Header = []Field{{"Subject", "=?utf-8?Q?as_received?="}, {"X-Run-Id", "7\r\n injected: no"}, {"Content-Type", "multipart/mixed; boundary=x"}, {"bad name", "x"}}
	got := read(t, m)
	assert.Equal(t, "as received", got.Subject)
	assert.Equal(t, "7  injected: no", got.Header.Get("X-Run-Id"))
	assert.Equal(t, "ada@contoso.example", got.To[0].Addr, "added, since it was missing")
	assert.Equal(t, "<p>Grüße</p>", got.HTML, "the old structure is gone")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	m := sample()
	content := strings.Repeat("0123456789", 10_000)
	m.Files = []File{
		{Name: "bericht ü.pdf", Type: "application/pdf", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }},
		{Name: "empty.bin"},
		{Name: "logo.png", Type: "image/png", ContentID: "logo@x", Inline: true},
		{Name: "Fwd", Item: true, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("Subject: inner\r\n\r\nhello\r\n")), nil
		}},
	}
	got := read(t, m)
	require.Len(t, got.Attachments, 4)
	for i, want := range []string{"2", "3", "4", "5"} {
		assert.Equal(t, want, got.Attachments[i].Part)
		assert.Equal(t, m.Files[i].Name, got.Attachments[i].Name)
	}
	r, err := got.Attachments[0].Open(t.Context())
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, content, string(b))
	assert.Equal(t, "logo@x", got.Attachments[2].ContentID)
	assert.Equal(t, "message/rfc822", got.Attachments[3].Type)
}

func TestLinesAreShort(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Subject = strings.Repeat("long ascii words ", 200)
	for range 300 {
		m.To = append(m.To, Address{"Somebody", "somebody@contoso.example"})
	}
	r := m.Open()
	raw, err := io.ReadAll(r)
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		require.Less(t, len(line), 999)
		require.True(t, strings.HasSuffix(line, "\r\n"))
	}
	got := read(t, m)
	assert.Len(t, got.To, 303)
}

func TestBrokenContentIsAnError(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, f := range map[string]func() (io.ReadCloser, error){
		"at opening": func() (io.ReadCloser, error) { return nil, boom },
		"within":     func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(boom)), nil },
		"broken off": func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)), nil },
	} {
		m := sample()
		m.Files = []File{{Name: "a", Open: f}}
		_, err := io.ReadAll(m.Open())
		assert.Error(t, err, name)
	}
}

func FuzzHead(f *testing.F) {
	f.Add("Ada", "ada@contoso.example", "Subject", "X-A", "value")
	f.Add("\xff\"<", "a@b\r\nX: y", "=?utf-8?B?", "X\r\n", "\x00\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, name, addr, subject, field, value string) {
		m := Mail{From: Address{name, addr}, Subject: subject, Header: []Field{{field, value}}}
		head := string(m.Head())
		if before, _, _ := strings.Cut(head, "\r\n\r\n"); len(before)+4 != len(head) && head != "\r\n" {
			t.Fatalf("the header ends early: %q", head)
		}
		if strings.Contains(strings.ReplaceAll(head, "\r\n", ""), "\n") {
			t.Fatalf("a bare line break: %q", head)
		}
	})
}
