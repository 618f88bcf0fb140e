package mailparse

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/fixtures"
)

func FuzzRead(f *testing.F) {
	for _, name := range fixtures.Names() {
		if raw := fixtures.Raw(name); len(raw) < 10_000 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Read(bytes.NewReader(raw), Limits{})
		require.NoError(t, err)
		again, err := Read(iotest.OneByteReader(bytes.NewReader(raw)), Limits{})
		require.NoError(t, err)
		assert.Equal(t, m, again, "pieces change the mail")
		assert.Equal(t, int64(len(raw)), m.Size)
		assert.True(t, utf8.ValidString(m.Text) && utf8.ValidString(m.HTML) && utf8.ValidString(m.Subject))
		assert.NotContains(t, m.Text+m.HTML, "\r")
		for _, p := range m.Parts {
			r, err := Open(bytes.NewReader(raw), p.ID, Limits{})
			require.NoError(t, err)
			data, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, p.Size, int64(len(data)))
		}
		for _, d := range m.Defects {
			assert.False(t, strings.ContainsAny(d.What, "\r\n\x00"), "control characters in %q", d.What)
		}
	})
}

func FuzzHead(f *testing.F) {
	f.Add([]byte("From: a\r\nSubject: =?utf-8?Q?x?=\r\n\r\n"))
	f.Add([]byte("From x\nbroken\n To: a"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept := bytes.Clone(raw)
		m := Head(raw, Limits{})
		assert.Equal(t, kept, raw)
		assert.True(t, utf8.ValidString(m.Subject))
		assert.False(t, strings.ContainsAny(m.Subject, "\r\n"))
	})
}

func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{"A <a@x>, b@x", `"A, B" <a@x> (c)`, "g: a@x;", "<a@x", "=?utf-8?Q?a?= <@b:c@x>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		list, defects := Addresses(raw)
		assert.LessOrEqual(t, len(list), maxAddresses)
		assert.LessOrEqual(t, len(defects), 11)
		for _, a := range list {
			assert.True(t, utf8.ValidString(a.Name) && utf8.ValidString(a.Addr))
			assert.NotEmpty(t, a.Name+a.Addr)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	for _, seed := range []string{"=?utf-8?Q?a_b?=", "=?utf-8?B?w6k=?= =?iso-2022-jp?B?GyRCJDM=?=", "\xff=?a?q?", "=?utf-7?Q?+AGE-?="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		text := DecodeHeader(raw)
		assert.True(t, utf8.ValidString(text), "%q", text)
		assert.False(t, strings.ContainsAny(text, "\r\n\x00"), "%q", text)
	})
}

func FuzzDate(f *testing.F) {
	for _, seed := range []string{"Mon, 23 Nov 2026 10:00:00 +0000", "23 Nov 26 10:00 (noon) EST", "2026-11-23T10:00:00Z", "Mon, 32 Xxx 99999 25:61:61 +9999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		when, ok := Date(value)
		assert.Equal(t, ok, !when.IsZero(), "%q", value)
		if ok {
			again, ok := Date(when.Format(time.RFC1123Z))
			assert.True(t, ok && again.Equal(when.Truncate(time.Second)), "%q: %v, then %v", value, when, again)
		}
	})
}

func FuzzParams(f *testing.F) {
	for _, seed := range []string{`a/b; x="y"`, "a/b; name*0*=utf-8''a; name*1=b", "a/b;;x=y z;(c)=", `a/b; x="\"`, "attachment; filename*=utf-7''+AGE-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		kind, p := parseParams(field)
		assert.Equal(t, strings.ToLower(kind), kind)
		assert.LessOrEqual(t, len(p.list), maxParams)
		for _, key := range []string{"name", "filename", "x"} {
			text := p.text(key, "")
			assert.True(t, utf8.ValidString(text), "%q", text)
		}
		assert.False(t, strings.ContainsAny(p.defect, "\r\n\x00"), "control characters in %q", p.defect)
	})
}

func FuzzCharset(f *testing.F) {
	for _, c := range charsetSamples {
		raw, err := base64.StdEncoding.DecodeString(c.base64)
		require.NoError(f, err)
		f.Add(c.label, raw)
	}
	f.Fuzz(func(t *testing.T, label string, raw []byte) {
		kept := bytes.Clone(raw)
		text, _ := decodeText(raw, label)
		assert.True(t, utf8.Valid(text), "%q", text)
		assert.Equal(t, kept, raw)
	})
}
