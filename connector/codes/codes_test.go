package codes_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	m := &connector.Message{Text: "Your code: 118204\nYour PIN: 5593\n"}
	_, err := codes.Find(m, nil)
	require.ErrorIs(t, err, codes.ErrClose)
	require.ErrorContains(t, err, "118204 (score")
	c, err := codes.Find(m, &codes.Options{Length: 4})
	require.NoError(t, err)
	assert.Equal(t, "5593", c.Value)
	_, err = codes.Find(&connector.Message{Text: "Your code: AB12CD"}, &codes.Options{Digits: true})
	require.ErrorIs(t, err, codes.ErrNone)
	require.ErrorContains(t, err, "no code found\n  AB12CD (score")
	_, err = codes.Find(&connector.Message{Text: "Hello"}, &codes.Options{Digits: true})
	require.ErrorContains(t, err, "nothing in the mail looks like one")
	for want, o := range map[string]*codes.Options{"a one-time code": nil, "a one-time code of digits": {Digits: true}, "a one-time code of 6 digits": {Length: 6, Digits: true}, "a one-time code of 8 characters": {Length: 8}} {
		assert.Equal(t, want, o.String())
	}
}

// TestOtherDigits reads digits that are not of ASCII.
func TestOtherDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"رمز التحقق: ٤٨٢٩١٦": "482916", "コード：４８２９１６": "482916", "Code: 4\u200b82\u00ad916": "482916"} {
		c, err := codes.Find(&connector.Message{Text: text}, nil)
		require.NoError(t, err, text)
		assert.Equal(t, want, c.Value)
	}
}

// TestFixtures reads the code of each sample mail that is about one.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"one-time-code": "493817", "otp-arabic": "385209", "otp-chinese-big5": "305577", "otp-chinese": "917350", "otp-french": "739105", "otp-german": "204816",
		"otp-greek": "640912", "otp-hebrew": "129947", "otp-japanese": "482913", "otp-korean": "482055", "otp-polish": "518204", "otp-portuguese": "284771",
		"otp-russian": "04179921", "otp-spanish": "660143", "otp-thai": "556012", "otp-turkish": "771530",
		"gb18030": "603125", "iso-2022-jp": "284019", "koi8-r": "771204",
	} {
		m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
		require.NoError(t, err)
		c, err := codes.Find(m, nil)
		if assert.NoError(t, err, name) {
			assert.Equal(t, want, c.Value, name)
		}
	}
}

// TestNoCodeInOtherFixtures is wrong about no sample mail that has no code.
func TestNoCodeInOtherFixtures(t *testing.T) {
	t.Parallel()
	for name := range fixtures.All() {
		if strings.HasPrefix(name, "otp-") || name == "gb18030" || name == "iso-2022-jp" || name == "koi8-r" {
			continue
		}
		m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
		require.NoError(t, err)
		if c, err := codes.Find(m, nil); err == nil {
			assert.Contains(t, strings.ToLower(m.Subject+m.Body()), "code", "%s: %v", name, c)
		}
	}
}

// farWords has many words that are too far from as many numbers to be about them.
var farWords = strings.Repeat("code ", 390) + strings.Repeat("1234;", 400)

// BenchmarkFarWords costs no more than BenchmarkNearWords: only the words near a number are read.
func BenchmarkFarWords(b *testing.B) {
	for b.Loop() {
		codes.All(&connector.Message{Text: farWords}, nil)
	}
}

func BenchmarkNearWords(b *testing.B) {
	near := strings.Repeat("code 1234;", 390)
	for b.Loop() {
		codes.All(&connector.Message{Text: near}, nil)
	}
}

func FuzzCodes(f *testing.F) {
	for _, file := range []string{"testdata/frozen.txt", "testdata/later.txt"} {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, part := range strings.Split(string(b), "\n### ") {
			f.Add(part)
		}
	}
	f.Add(farWords)
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range codes.All(&connector.Message{Subject: text, Text: text, HTML: text}, nil) {
			assert.True(t, utf8.ValidString(c.Shown) && len(c.Value) >= 4 && len(c.Value) <= 20, "%v", c)
		}
	})
}
