package mailparse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDecodeHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{"plain", "plain"},
		{" folded\r\n line\r\n\ttab ", "folded line tab"},
		{"=?utf-8?Q?a_b=C3=A9?=", "a bé"},
		{"=?UTF-8?b?w6k=?= x", "é x"},
		{"x =?utf-8?Q?a?= y", "x a y"},
		{"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?=  b =?utf-8?Q?c?=", "a  b c"},
		{"=?utf-8?B?w6?= =?utf-8?B?qQ==?=", "é"},
		{"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"},
		{"=?utf-8?Q?=C3=A9?= =?iso-8859-1?Q?=E9?=", "éé"},
		{"=?utf-8*en?Q?a?=", "a"},
		{"=?utf-8?Q?two words?=", "two words"},
		{"=?utf-8?Q?What?_now??=", "What? now?"},
		{"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?no end", "=?utf-8?Q?no end"},
		{"=?utf-8?B?w6k", "é"},
		{"=?utf-8?X?a?=", "=?utf-8?X?a?="},
		{"=?text? here", "=?text? here"},
		{"=?utf-8?Q?broken =?utf-8?Q?whole?=", "=?utf-8?Q?broken whole"},
		{"=?x-none?Q?=C3=A9?=", "é"},
		{"=?utf-8?Q?a=0D=0Ab=00?=", "a  b"},
		{"caf\xe9", "café"},
		{"日本", "日本"},
		{"=?utf-8?Q?=ZZ=4?=", "=ZZ=4"},
		{"=?utf-8?Q??=", ""},
	} {
		assert.Equal(t, c.want, DecodeHeader(c.raw), "%q", c.raw)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 23, 10, 5, 6, 0, time.UTC)
	for _, c := range []struct {
		raw   string
		exact bool
	}{
		{"Mon, 23 Nov 2026 10:05:06 +0000", true},
		{"Mon, 23 Nov 2026 11:05:06 +0100 (CET)", true},
		{"23 Nov 2026 05:05:06 EST", true},
		{"Mon,23 Nov 2026 10:05:06 GMT", true},
		{"Tue, 23 Nov 2026 10:05:06 UT", true},
		{"Monday, 23 November 2026 10:05:06 +0000", true},
		{"Mon, 23 Nov 26 10:05:06 +0000", true},
		{"Mon, 23 Nov 2026 19:05:06 JST", true},
		{"Mon, 23 Nov 2026 11:05:06 GMT +0100", true},
		{"Mon, 23 Nov 2026 11:05:06 UTC+0100", true},
		{"Mon Nov 23 10:05:06 2026", false},
		{"2026-11-23T10:05:06Z", true},
		{"2026-11-23 10:05:06 +0000", true},
		{"(comment) Mon, 23 Nov 2026 10:05:06", false},
		{"Mon, 23 Nov 2026 10:05:06 XYZ", false},
	} {
		got, exact, ok := parseDate(c.raw)
		assert.True(t, ok, c.raw)
		assert.True(t, want.Equal(got), "%s: %v", c.raw, got)
		assert.Equal(t, c.exact, exact, c.raw)
	}
	for _, raw := range []string{"", "today", "Mon", "31 Foo 2026 10:00:00 +0000", "(", ",,,"} {
		_, _, ok := parseDate(raw)
		assert.False(t, ok, raw)
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a@x", "b@x"}, messageIDs("<a@x> (c) <b@x>"))
	assert.Equal(t, []string{"a@x", "b@x"}, messageIDs("<a@x><b@x>"))
	assert.Equal(t, []string{"a@x"}, messageIDs("a@x"))
	assert.Equal(t, []string{"a@x"}, messageIDs("<a@x"))
	assert.Empty(t, messageIDs(""))
}

// TestTabs unfolds values that begin with a tab, as some mailers write them.
func TestTabs(t *testing.T) {
	t.Parallel()
	m := read(t, "Subject:\ta\r\n\tb\r\nTo:\r\n\tc@example.com\r\n\r\ntext")
	assert.Equal(t, "a b", m.Subject)
	assert.Equal(t, "c@example.com", m.To[0].Addr)
	assert.Equal(t, "a b", DecodeHeader("\ta\r\n\tb"))
}
