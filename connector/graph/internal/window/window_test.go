package window

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func TestText(t *testing.T) {
	t.Parallel()
	s := New(noon)
	s.Add("id-1", "inbox", noon.Add(time.Minute))
	s.Add("id-2", "junk", noon.Add(-time.Minute)) // stamped before the stretch
	s.Looks, s.Links["inbox"] = 7, "https://graph.example.com/delta?token=1"
	got, err := Parse(s.String())
	require.NoError(t, err)
	assert.Equal(t, s, got)
	folder, ok := got.Seen("id-2")
	assert.True(t, ok)
	assert.Equal(t, "junk", folder)
	_, ok = got.Seen("id-3")
	assert.False(t, ok)
}

func TestForeignTexts(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "{}", "12345", `{"v":2,"w":5,"b":5}`, `{"v":1,"w":5,"b":6}`, `{"v":1,"w":5,"b":5,"s":{"f":["short"]}}`,
		`{"v":1,"w":5,"b":5,"s":{"f":["abcdefghijkl!"]}}`, `{"v":1,"w":5,"b":5,"x":1}`} {
		_, err := Parse(in)
		assert.Error(t, err, in)
	}
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	s := New(noon)
	s.Add("old", "f", noon)
	s.Add("new", "f", noon.Add(20*time.Minute))
	s.Advance(noon.Add(10 * time.Minute))
	assert.Equal(t, noon, s.Start, "the overlap is 15 minutes")
	assert.Equal(t, 2, s.Len())
	s.Advance(noon.Add(30 * time.Minute))
	assert.Equal(t, noon.Add(15*time.Minute), s.Start)
	assert.Equal(t, 1, s.Len())
	s.Advance(noon)
	assert.Equal(t, noon.Add(15*time.Minute), s.Start, "it never moves back")
	assert.Equal(t, noon, s.Floor)
}

func TestBrokenList(t *testing.T) {
	t.Parallel()
	s := New(noon)
	s.Broke("https://graph.example.com/next", noon.Add(time.Hour))
	s.Broke("https://graph.example.com/next2", noon.Add(2*time.Hour))
	s, err := Parse(s.String())
	require.NoError(t, err)
	assert.Equal(t, "https://graph.example.com/next2", s.Resume)
	s.Ended(noon.Add(3 * time.Hour))
	assert.Equal(t, noon.Add(45*time.Minute), s.Start, "the first of the broken lists counts")
	assert.Empty(t, s.Resume)
	s.Ended(noon.Add(3 * time.Hour))
	assert.Equal(t, noon.Add(165*time.Minute), s.Start)
}

func TestTooManyMails(t *testing.T) {
	t.Parallel()
	s := New(noon)
	for i := range Max + 100 {
		s.Add(fmt.Sprint(i), "f", noon.Add(time.Duration(i)*100*time.Millisecond))
	}
	s.Advance(noon.Add(Lateness))
	assert.LessOrEqual(t, s.Len(), Max+10, "all of one second are kept")
	_, ok := s.Seen(fmt.Sprint(Max + 99))
	assert.True(t, ok)
	_, ok = s.Seen("0")
	assert.False(t, ok)
}

func FuzzParse(f *testing.F) {
	s := New(noon)
	s.Add("id-1", "inbox", noon)
	f.Add(s.String())
	f.Fuzz(func(t *testing.T, in string) {
		s, err := Parse(in)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("%q became %q, which cannot be read", in, s)
		}
		if again.String() != s.String() {
			t.Fatalf("%q and %q", s, again)
		}
	})
}
