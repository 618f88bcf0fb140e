package connector

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Hello \u00a0 World ":       "hello world",
		"Stra\u00dfe":                 "strasse",
		"\uff21\uff22\uff11":          "ab1",
		"a\u200bb\u00adc\u200ed":      "abcd",
		"Cafe\u0301":                  "café",
		"line\r\nbreak\ttab\u2028sep": "line break tab sep",
		"\u03a3\u03c2":                "σσ",
		"\uff76\uff9e":                "ガ",
	} {
		require.Equal(t, want, fold(in), "%q", in)
	}
	require.Equal(t, "A b\nC", plain("A\u00a0b\r\nC"))
}

func TestAddrWant(t *testing.T) {
	t.Parallel()
	for want, fits := range map[string]map[string]bool{
		"Ada@Example.com":         {"ada@example.COM": true, "ada+x@example.com": false, "a.da@example.com": false},
		"Ada L <ada@example.com>": {"ada@example.com": true},
		"@example.com":            {"x@example.com": true, "x@sub.example.com": false},
		"x@b\u00fccher.example":   {"x@xn--bcher-kva.example": true, "x@B\u00dcCHER.example": true},
		"a+b@example.com":         {"A+B@example.com": true, "a@example.com": false},
	} {
		w, ok := parseAddrWant(want)
		require.True(t, ok, want)
		for addr, fit := range fits {
			require.Equal(t, fit, w.matches(normAddr(addr)), "%s against %s", want, addr)
		}
	}
	for _, bad := range []string{"ada", "@", "ada@", "a b@example.com", "a@b, c@d", "", "x\n@example.com"} {
		_, ok := parseAddrWant(bad)
		require.False(t, ok, bad)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	require.Equal(t, "differs at character 9", nearest("your code is 1", "Your codf is 1"))
	require.Equal(t, "differs at character 2", nearest("hello", "hallo"))
	require.Equal(t, "nothing like it", nearest("welcome", "invoice"))
	require.Equal(t, "it is empty", nearest("welcome", ""))
	require.Equal(t, "ends after character 4 of it", nearest("welcome", "please welc"))
	begun := time.Now()
	nearest(strings.Repeat("a", 100), strings.Repeat("a", 1<<20)+"b")
	require.Less(t, time.Since(begun), time.Minute, "a huge text is cut")
}

func TestMarkText(t *testing.T) {
	t.Parallel()
	m := Mark{mailbox: "qa@example.com", cursor: Cursor{Token: "a\n\"b", At: time.Unix(7, 0).UTC(), Known: []string{"x"}}}
	text, err := m.MarshalText()
	require.NoError(t, err)
	require.NotContains(t, string(text), "\n")
	var back Mark
	require.NoError(t, back.UnmarshalText(text))
	require.Equal(t, m, back)
	for _, bad := range []string{"x", markPrefix, markPrefix + "e30", string(text[:len(text)-4])} {
		require.ErrorIs(t, back.UnmarshalText([]byte(bad)), ErrConfig, bad)
	}
	require.NoError(t, back.UnmarshalText(nil))
	require.True(t, back.IsZero())
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	cause := errors.New("line\nbreak")
	e := &Error{Op: "send", Mailbox: "qa@example.com", Kind: ErrThrottled, Err: cause, Remedy: "wait"}
	require.Equal(t, "send (qa@example.com): throttled: line break; wait", e.Error())
	require.ErrorIs(t, e, ErrThrottled)
	require.ErrorIs(t, e, cause)
	require.True(t, passing(fmt.Errorf("x: %w", e)))
	require.Empty(t, (&Error{Op: "x"}).Unwrap())
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s, err := (*Options)(nil).check("qa@example.com")
	require.NoError(t, err)
	require.Equal(t, []Folder{Inbox, Junk}, s.Folders)
	require.True(t, anyOf(s.sendTo, "QA+tag@example.com"))
	require.False(t, anyOf(s.sendTo, "other@example.com"))
	s, err = (&Options{SendTo: []string{"@contoso.example"}, Folders: []Folder{"inbox", "Inbox", "/Projects/"}}).check("qa@example.com")
	require.NoError(t, err)
	require.True(t, anyOf(s.sendTo, "any@contoso.example"))
	require.False(t, anyOf(s.sendTo, "qa@example.com"))
	require.Equal(t, []Folder{Inbox, "Projects"}, s.Folders)
	for _, bad := range []Options{{Wait: -1}, {CleanMax: -1}, {Folders: []Folder{}}, {Folders: []Folder{"/"}}, {SendTo: []string{"nobody"}}} {
		_, err := bad.check("qa@example.com")
		require.ErrorIs(t, err, ErrConfig)
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	d := Draft{To: []string{"Ada <ada@example.com>"}, Bcc: []string{"b@example.com"}, Subject: "Größe", Text: "é\n", HTML: "<p>é</p>",
		Attachments: []File{{Name: "日本.txt", Data: []byte("x")}}, Header: map[string]string{"X-Run": "7"}}
	raw, id, err := d.compose("qa@example.com", thread{inReplyTo: "a@b", references: []string{"r@b", "a@b"}})
	require.NoError(t, err)
	m, err := ReadMessage(strings.NewReader(string(raw)))
	require.NoError(t, err)
	require.Empty(t, m.Defects)
	require.Equal(t, id, m.MessageID)
	require.Equal(t, "Größe", m.Subject)
	require.Equal(t, "ada@example.com", m.To[0].Addr)
	require.Equal(t, "b@example.com", m.Bcc[0].Addr)
	require.Equal(t, "7", m.Header.Get("x-run"))
	require.Equal(t, []string{"r@b", "a@b"}, m.References)
	require.Contains(t, m.Text, "é")
	require.Contains(t, m.HTML, "<p>é</p>")
	require.Equal(t, "日本.txt", m.Attachments[0].Name)
	for _, bad := range []Draft{
		{Subject: "a\r\nBcc: x@example.com"}, {Header: map[string]string{"bcc": "x"}}, {Header: map[string]string{"X": "a\nb"}}, {Header: map[string]string{"X Y": "a"}},
	} {
		require.ErrorIs(t, bad.checkHeader("send", "qa@example.com"), ErrConfig)
	}
}
