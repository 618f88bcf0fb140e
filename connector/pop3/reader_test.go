package pop3

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, r io.Reader, size int) (string, string, error) {
	t.Helper()
	b := bufio.NewReaderSize(r, size)
	got, err := io.ReadAll(&body{r: b})
	rest, _ := io.ReadAll(b)
	return string(got), string(rest), err
}

// TestBody reads mails byte for byte, however they come in pieces.
func TestBody(t *testing.T) {
	long := strings.Repeat("y", 5000)
	for in, want := range map[string]string{
		".\r\n":                       "",
		"a\r\n.\r\n":                  "a\r\n",
		"..\r\n.\r\n":                 ".\r\n",
		"...x\r\n.\r\n":               "..x\r\n",
		"a\n.\r\nb\r\n.\r\n":          "a\n.\r\nb\r\n",
		"a\n..b\r\n.\r\n":             "a\n..b\r\n",
		"a\r.\r\n.\r\n":               "a\r.\r\n",
		"\r\n\r\n.\r\n":               "\r\n\r\n",
		"\x00\xff\r\n.\r\n":           "\x00\xff\r\n",
		long + "\r\n." + ".\r\n.\r\n": long + "\r\n.\r\n",
	} {
		for _, size := range []int{16, 17, 4096} {
			got, rest, err := read(t, iotest.OneByteReader(strings.NewReader(in+"+OK next\r\n")), size)
			require.NoError(t, err)
			require.Equal(t, want, got, "%q", in)
			require.Equal(t, "+OK next\r\n", rest, "%q", in)
		}
	}
	for _, cut := range []string{"", "a", "a\r\n", "a\r\n.", "a\r\n.\r"} {
		_, _, err := read(t, strings.NewReader(cut), 16)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%q", cut)
	}
}

// TestReadAllBounds keeps no more than it may, and finds the next answer.
func TestReadAllBounds(t *testing.T) {
	answer := strings.Repeat("0123456789\r\n", 1000) + ".\r\n+OK\r\n"
	r := bufio.NewReader(strings.NewReader(answer))
	got, err := readAll(&body{r: r}, 100, true)
	require.NoError(t, err)
	require.Len(t, got, 100)
	_, err = readStatus(r, "NOOP")
	require.NoError(t, err)
	_, err = readAll(&body{r: bufio.NewReader(strings.NewReader(answer))}, 100, false)
	require.ErrorIs(t, err, errTooBig)
}

// FuzzReader reads what a server may say, as each kind of answer: nothing panics or hangs, and a mail
// that was stuffed comes out as it went in.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"+OK\r\n", "-ERR [AUTH] no\r\n", "+ abc\r\n", "a\r\n.\r\n", "..\r\n.\r\n", "1 x\r\n2 y\r\n.\r\n", "[", "\r\n.\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(in), 64)
		_, err := readStatus(r, "NOOP")
		if refusal, ok := errors.AsType[*RefusalError](err); ok {
			require.NotNil(t, refusal.explain().Kind)
		}
		_ = readLines(r, func(string) {})
		_, _ = io.Copy(io.Discard, &body{r: bufio.NewReaderSize(bytes.NewReader(in), 64)})
		_ = stampOf(string(in))
		if k, ok := parseToken(string(in)); ok {
			again, ok := parseToken(k.token())
			require.True(t, ok)
			require.Equal(t, len(k.mails), len(again.mails))
		}

		mail := append(bytes.Clone(in), "\r\n"...)
		got, rest, err := read(t, bytes.NewReader(append(stuffed(mail), "rest"...)), 64)
		require.NoError(t, err)
		require.Equal(t, string(mail), got)
		require.Equal(t, "rest", rest)
	})
}

// FuzzLedger reads what a ledger's file may hold: what is taken comes out as it went in.
func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"v":1,"mailbox":"m"}` + "\n" + `{"id":"1","seen":"2026-01-02T03:04:05Z","size":7,"sha256":"aa"}` + "\n"))
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		head := ledgerHead{1, "m"}
		k, err := parseBook(in, head)
		if err != nil {
			return
		}
		d := &maildrop{at: map[string]int{}}
		for id := range k {
			d.mails = append(d.mails, entry{id: id})
		}
		again, err := parseBook(k.text(head, d), head)
		require.NoError(t, err)
		require.Len(t, again, len(k))
	})
}

// stuffed is a mail as a server sends it (RFC 1939 §3).
func stuffed(mail []byte) []byte {
	out := bytes.ReplaceAll(mail, []byte("\r\n."), []byte("\r\n.."))
	if mail[0] == '.' {
		out = append([]byte("."), out...)
	}
	return append(out, ".\r\n"...)
}
