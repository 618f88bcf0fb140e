package mailparse

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCharsets reads every label in a body, a subject and a file name.
func TestCharsets(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(charsetSamples), 54)
	for _, c := range charsetSamples {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			raw, err := base64.StdEncoding.DecodeString(c.base64)
			require.NoError(t, err)
			m := read(t, fmt.Sprintf("From: a@example.com\r\nSubject: =?%s?B?%s?=\r\nContent-Type: text/plain; charset=%q; name*=%s''%s\r\n"+
				"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n", c.label, c.base64, c.label, c.label, percent(raw), c.base64))
			assert.Equal(t, c.text, m.Text)
			assert.Equal(t, c.text, m.Subject)
			assert.Empty(t, m.Defects)
			_, p := parseParams(fmt.Sprintf("text/plain; name*=%s''%s", c.label, percent(raw)))
			assert.Equal(t, c.text, p.text("name", ""))
		})
	}
}

func percent(raw []byte) (out string) {
	for _, c := range raw {
		out += fmt.Sprintf("%%%02X", c)
	}
	return out
}

func TestDecodeTextOfWrongLabel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, label, want, defect string }{
		"no label, ASCII":            {"abc", "", "abc", ""},
		"no label, UTF-8":            {"é", "", "é", "read as utf-8"},
		"no label, Latin-1":          {"caf\xe9 \x80", "", "café €", "read as windows-1252"},
		"no label, ISO-2022-JP":      {"\x1b$B$3$s\x1b(B", "", "こん", "read as iso-2022-jp"},
		"no label, Shift_JIS":        {"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "", "こんにちは", "read as shift_jis"},
		"no label, EUC-JP":           {"\xa4\xb3\xa4\xf3\xa4\xcb\xa4\xc1\xa4\xcf", "", "こんにちは", "read as euc-jp"},
		"utf-8 with a stray byte":    {"é \xe9", "utf-8", "é é", "is not"},
		"utf-8 that is ISO-2022-JP":  {"\x1b$B$3$s\x1b(B", "utf-8", "\x1b$B$3$s\x1b(B", ""},
		"us-ascii that is UTF-8":     {"é", "US-ASCII", "é", "labelled us-ascii"},
		"gb2312 that is UTF-8":       {"日本語です", "gb2312", "日本語です", "is UTF-8"},
		"iso-2022-jp that is UTF-8":  {"日本語", "iso-2022-jp", "日本語", "is UTF-8"},
		"utf-16 that is ASCII":       {"plain text", "utf-16", "plain text", "is ASCII"},
		"latin1 is honoured":         {"\xc3\xa9", "iso-8859-1", "Ã©", ""},
		"unknown":                    {"é", "x-none", "é", "unknown charset"},
		"quotes and blanks":          {"\xe9", " 'ISO-8859-1'; ", "é", ""},
		"language tag":               {"\xe9", "iso-8859-1*de", "é", ""},
		"refused by WHATWG, no text": {"abc", "iso-2022-cn", "abc", "unknown charset"},
		"utf-8 byte order mark":      {"\uFEFFabc", "utf-8", "abc", ""},
		"character not in charset":   {"a\x81\x20", "shift_jis", "a\uFFFD ", "not in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, defect := decodeText([]byte(c.raw), c.label)
			assert.Equal(t, c.want, string(text))
			if c.defect == "" {
				assert.Empty(t, defect)
			} else {
				assert.Contains(t, defect, c.defect)
			}
		})
	}
}
