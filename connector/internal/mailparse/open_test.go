package mailparse

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/fixtures"
)

// TestOpenGivesWhatReadSaw opens every part of every sample mail.
func TestOpenGivesWhatReadSaw(t *testing.T) {
	t.Parallel()
	parts := 0
	for _, name := range fixtures.Names() {
		m, err := Read(bytes.NewReader(fixtures.Raw(name)), Limits{})
		require.NoError(t, err)
		for _, p := range m.Parts {
			r, err := Open(bytes.NewReader(fixtures.Raw(name)), p.ID, Limits{})
			require.NoError(t, err, "%s %s", name, p.ID)
			data, err := io.ReadAll(iotest.OneByteReader(r))
			require.NoError(t, err)
			assert.Equal(t, p.SHA256, sha256.Sum256(data), "%s %s", name, p.ID)
			assert.Equal(t, p.Data, data, "%s %s", name, p.ID)
			parts++
		}
	}
	assert.GreaterOrEqual(t, parts, 20)
}

func TestOpenText(t *testing.T) {
	t.Parallel()
	r, err := Open(strings.NewReader(crlf(head+"\n"+code+"\n")), "1", Limits{})
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, code+"\r\n", string(data))
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	_, err := Open(strings.NewReader(crlf(head+"\n"+code)), "2", Limits{})
	require.ErrorIs(t, err, ErrNoPart)

	broken := errors.New("reset")
	_, err = Open(iotest.ErrReader(broken), "1.7", Limits{})
	require.ErrorIs(t, err, broken)

	cut := io.MultiReader(strings.NewReader(crlf(head+"\n"+code)), iotest.ErrReader(broken))
	r, err := Open(cut, "1", Limits{})
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, code, string(data))
}

// TestHeadIsTheHeaderOfRead holds for every sample mail, with and without
// the empty line, with CRLF and LF.
func TestHeadIsTheHeaderOfRead(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names() {
		if name == "no-header" {
			continue
		}
		raw := fixtures.Raw(name)
		m, err := Read(bytes.NewReader(raw), Limits{})
		require.NoError(t, err)
		end := bytes.Index(raw, []byte("\r\n\r\n"))
		if end < 0 {
			end = len(raw)
		}
		for _, block := range [][]byte{raw, raw[:end], raw[:min(end+4, len(raw))], bytes.ReplaceAll(raw[:end], []byte("\r\n"), []byte("\n"))} {
			kept := bytes.Clone(block)
			h := Head(block, Limits{})
			assert.Equal(t, kept, block, "the caller's bytes are not touched")
			assert.True(t, h.HeadOnly)
			assert.Equal(t, m.Fields, h.Fields, name)
			assert.Equal(t, m.Subject, h.Subject, name)
			assert.Equal(t, m.From, h.From, name)
			assert.Equal(t, m.To, h.To, name)
			assert.Equal(t, m.MessageID, h.MessageID, name)
			assert.Equal(t, m.Date, h.Date, name)
			assert.Equal(t, m.References, h.References, name)
			assert.Empty(t, h.Text+h.HTML)
		}
	}
}

func TestHeadOfOddBlocks(t *testing.T) {
	t.Parallel()
	assert.Empty(t, Head(nil, Limits{}).Fields)
	assert.Empty(t, Head([]byte("\r\n"), Limits{}).Fields)
	assert.Equal(t, "x", Head([]byte("Subject: x"), Limits{}).Subject)
	assert.Equal(t, "x y", Head([]byte("Subject: x\r\n y\r"), Limits{}).Subject)
	assert.Equal(t, []Field{{Name: "Foo", Value: "1", Raw: "1"}}, Head([]byte("foo: 1\n"), Limits{}).Fields)
}
