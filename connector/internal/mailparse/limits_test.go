package mailparse

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bomb is a mail of n multiparts, one inside the other.
func bomb(n int, closed bool) string {
	var b, end strings.Builder
	b.WriteString("Subject: bomb\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"b%d\"\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\n" + code)
	for i := n - 1; i >= 0 && closed; i-- {
		fmt.Fprintf(&end, "\r\n--b%d--", i)
	}
	return b.String() + end.String() + "\r\n"
}

func TestDepthBomb(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{true, false} {
		raw := bomb(3000, closed)
		m := read(t, raw)
		assert.Contains(t, m.Text, code)
		assert.Contains(t, fmt.Sprint(m.Defects), "nested deeper")
		assert.LessOrEqual(t, len(m.Defects), maxDefects+1)
	}
}

func TestDeeperThanOpen(t *testing.T) {
	t.Parallel()
	m := read(t, bomb(maxOpen+10, true))
	assert.Contains(t, m.Text, code)
	assert.Contains(t, fmt.Sprint(m.Defects), "too deep")
}

func TestDepthNumbersSideBySide(t *testing.T) {
	t.Parallel()
	raw := crlf("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: image/png\n\n1\n--b\nContent-Type: image/gif\n\n2\n--b--\n--a\nContent-Type: image/png\n\n3\n--a--\n")
	ids := func(l Limits) (ids []string) {
		m, err := Read(strings.NewReader(raw), l)
		require.NoError(t, err)
		for _, p := range m.Parts {
			ids = append(ids, p.ID)
		}
		return ids
	}
	assert.Equal(t, []string{"1.1", "1.2", "2"}, ids(Limits{}))
	assert.Equal(t, []string{"2", "3", "4"}, ids(Limits{Depth: 1}))
}

func TestPartsLimit(t *testing.T) {
	t.Parallel()
	raw := "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\nContent-Type: image/png\r\n\r\nx\r\n", 50)
	m, err := Read(strings.NewReader(raw), Limits{Parts: 10})
	require.NoError(t, err)
	assert.Len(t, m.Parts, 10)
	assert.True(t, m.Truncated)
	assert.Equal(t, int64(len(raw)), m.Size)
	assert.Contains(t, fmt.Sprint(m.Defects), "more than 10 parts")
}

func TestKeepAndTextLimits(t *testing.T) {
	t.Parallel()
	raw := crlf("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhello world\n--a\nContent-Type: image/png\n\n" +
		strings.Repeat("x", 50) + "\n--a\nContent-Type: image/gif\n\n" + strings.Repeat("y", 10) + "\n--a--\n")
	m, err := Read(strings.NewReader(raw), Limits{KeepBytes: 20, TextBytes: 5})
	require.NoError(t, err)
	assert.Equal(t, "hello", m.Text)
	assert.True(t, m.Truncated)
	require.Len(t, m.Parts, 2)
	assert.Nil(t, m.Parts[0].Data)
	assert.Equal(t, int64(50), m.Parts[0].Size)
	assert.Equal(t, "yyyyyyyyyy", string(m.Parts[1].Data))
}

func TestHeaderLimits(t *testing.T) {
	t.Parallel()
	raw := "Subject: " + strings.Repeat("s", 100) + "\r\nX-A: 1\r\n\r\nbody"
	m, err := Read(strings.NewReader(raw), Limits{HeaderBytes: 20})
	require.NoError(t, err)
	assert.True(t, m.Truncated)
	assert.Equal(t, "body", m.Text)

	m = read(t, strings.Repeat("X-A: 1\r\n", 5000)+"Subject: late\r\nSubject: later\r\n\r\nbody")
	assert.Equal(t, "late", m.Subject)
	assert.LessOrEqual(t, len(m.Fields), maxFields+1)
	assert.True(t, m.Truncated)
}

// TestLongTextWithoutBoundary says that not all is kept of what turns out to be text at its end.
func TestLongTextWithoutBoundary(t *testing.T) {
	t.Parallel()
	m := read(t, crlf(head+mixed+code+"\n"+strings.Repeat("text\n", maxPreamble/4)))
	assert.Contains(t, m.Text, code)
	assert.True(t, m.Truncated)
	assert.Contains(t, fmt.Sprint(m.Defects), "longer than what is kept")
	assert.False(t, read(t, crlf(head+mixed+code+"\n")).Truncated)
}

// megabytes is a mail with a large attachment that is never in memory.
func megabytes(n int) io.Reader {
	line := strings.Repeat("QUJD", 19) + "\r\n"
	piece := strings.Repeat(line, 1<<20/len(line))
	readers := []io.Reader{strings.NewReader(crlf(head + mixed + "--b1\n\n" + code + "\n--b1\nContent-Type: video/mp4; name=big.mp4\nContent-Transfer-Encoding: base64\n\n"))}
	for range n {
		readers = append(readers, strings.NewReader(piece))
	}
	return io.MultiReader(append(readers, strings.NewReader("\r\n--b1--\r\n"))...)
}

func TestHeapOf150MB(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, err := Read(megabytes(150), Limits{})
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
	require.Len(t, m.Parts, 1)
	assert.Equal(t, "big.mp4", m.Parts[0].Name)
	assert.Greater(t, m.Parts[0].Size, int64(100<<20))
	assert.Nil(t, m.Parts[0].Data)
	assert.Equal(t, code, m.Text)
}

func TestReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	m, err := Read(io.MultiReader(strings.NewReader(crlf(head+"\n"+code)), iotest.ErrReader(broken)), Limits{})
	require.ErrorIs(t, err, broken)
	assert.Equal(t, code, m.Text)
	assert.Equal(t, "Hello", m.Subject)
}

// TestPieces reads every broken mail byte by byte: where the pieces of the
// reader end changes nothing.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, c := range malformed {
		if len(c.raw) > 10_000 {
			continue
		}
		want := read(t, c.raw)
		for name, r := range map[string]io.Reader{
			"one byte":  iotest.OneByteReader(strings.NewReader(c.raw)),
			"half":      iotest.HalfReader(strings.NewReader(c.raw)),
			"data, EOF": iotest.DataErrReader(strings.NewReader(c.raw)),
		} {
			got, err := Read(r, Limits{})
			require.NoError(t, err)
			if !assert.ObjectsAreEqual(want, got) {
				t.Errorf("%s, %s: %q, want %q; %v", c.name, name, got.Text, want.Text, got.Defects)
			}
		}
	}
}
