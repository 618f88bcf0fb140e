package testhelpers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// reset is a mail that differs each time in all that a mail may.
func reset(code, token, tag, date, year string) *connector.Message {
	m, err := connector.ReadMessage(strings.NewReader(strings.ReplaceAll(`From: Contoso <shop@contoso.example>
To: qa+`+tag+`@example.com
Subject: Your code is `+code+`
Message-ID: <`+token+`@contoso.example>
Date: `+date+`
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<style>.x{color:red}</style><p CLASS="x">Hello,   your code is <b>`+code+`</b>, sent `+date+`.</p>
<a href="https://shop.contoso.example/reset/`+token+`?lang=en&amp;code=`+code+`">Reset</a> © `+year+` Contoso, order 4711
--b
Content-Type: text/csv; name="prices.csv"

a,b
--b--
`, "\n", "\r\n")))
	if err != nil {
		panic(err)
	}
	return m
}

func first() *connector.Message {
	return reset("493817", "9f86d081884c7d659a2feaa0c55ad015", "k7f3m2q9xw", "Wed, 25 Nov 2026 14:35:00 +0000", "2026")
}

func second() *connector.Message {
	return reset("118204", "e3b0c44298fc1c149afbf4c8996fb924", "zz9a8b7c6d", "Thu, 07 Jan 2027 09:01:59 +0000", "2027")
}

func TestGolden(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "golden")
	o := &testhelpers.Golden{Dir: dir}

	var r recorder
	assert.False(t, testhelpers.AssertGolden(&r, first(), "reset/de", o))
	assert.Contains(t, r.said, "is not there: run once with CLOUDMAIL_UPDATE_GOLDEN=1")
	assert.NoDirExists(t, dir, "nothing is written unasked")

	r = recorder{}
	assert.False(t, testhelpers.AssertGolden(&r, first(), "reset/de", &testhelpers.Golden{Dir: dir, Update: true}))
	assert.Contains(t, r.said, "is new: look at it")

	r = recorder{}
	assert.True(t, testhelpers.AssertGolden(&r, second(), "reset/de", o), r.said)
	testhelpers.RequireGolden(&r, second(), "reset/de", o)
	assert.False(t, r.ended)

	file := filepath.Join(dir, "reset", "de.txt")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, golden, string(text))
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), 0o600))
	assert.True(t, testhelpers.AssertGolden(&r, second(), "reset/de", o), "line ends of Windows do not count")

	other := second()
	other.HTML = strings.ReplaceAll(other.HTML, "Hello", "Goodbye")
	r = recorder{}
	testhelpers.RequireGolden(&r, other, "reset/de", o)
	assert.True(t, r.ended)
	assert.Equal(t, fmt.Sprintf(`the mail differs from %s/reset/de.txt; if it is right, run with CLOUDMAIL_UPDATE_GOLDEN=1
  mail:     "Your code is 118204" from shop@contoso.example, not kept: run go test with -artifacts, and -outputdir for a folder of your choice
@@ -4 +4 @@
 
 --- shown
-Hello, your code is [code], sent [date].
+Goodbye, your code is [code], sent [date].
 Reset © [year] Contoso, order 4711
 
@@ -14 +14 @@
   <body>
     <p class="x">
-      Hello, your code is
+      Goodbye, your code is
       <b>[code]</b>
       , sent [date].`, filepath.ToSlash(dir)), r.said)

	r = recorder{}
	assert.True(t, testhelpers.AssertGolden(&r, other, "reset/de", &testhelpers.Golden{Dir: dir, Update: true}), "an update passes")
	assert.Contains(t, r.noted, "wrote the golden file")
	assert.True(t, testhelpers.AssertGolden(&r, other, "reset/de", o))
}

// golden is the file of the mail above.
const golden = `From: Contoso <shop@contoso.example>
To: qa+[tag]@example.com
Subject: Your code is [code]

--- shown
Hello, your code is [code], sent [date].
Reset © [year] Contoso, order 4711

--- html
<html>
  <head>
    <style>.x{color:red}</style>
  </head>
  <body>
    <p class="x">
      Hello, your code is
      <b>[code]</b>
      , sent [date].
    </p>
    <a href="https://shop.contoso.example/reset/[token]?lang=en&amp;code=[token]">Reset</a>
    © [year] Contoso, order 4711
  </body>
</html>

--- links
"Reset" → https://shop.contoso.example/reset/[token]?lang=en&code=[token] (html)

--- attachments
"prices.csv" text/csv attachment 3 bytes sha256:1eb7c54d52831bbfe8942af0b1c56b7409523a59ed6ca99c1174fef7eb32c1b5
`

func TestGoldenOptions(t *testing.T) {
	t.Parallel()
	text := func(m *connector.Message, o testhelpers.Golden) string {
		o.Dir, o.Update = t.TempDir(), true
		testhelpers.AssertGolden(&recorder{}, m, "x", &o)
		b, err := os.ReadFile(filepath.Join(o.Dir, "x.txt"))
		require.NoError(t, err)
		return string(b)
	}
	none := []string{"shown", "html", "links", "attachments"}
	assert.Equal(t, "Date: [date]\nmessage-ID: [id]\n", text(first(), testhelpers.Golden{Headers: []string{"Date", "message-ID"}, Without: none}))
	own := []testhelpers.Mask{{Name: "order", RE: regexp.MustCompile(`order (\d+)`)}, {Name: "hash", RE: regexp.MustCompile(`sha256:\w+`)}, {}}
	got := text(first(), testhelpers.Golden{Headers: []string{}, Without: []string{"html", "links"}, Masks: own})
	assert.Contains(t, got, "Contoso, order [order]\n")
	assert.Contains(t, got, "3 bytes [hash]\n")
	exact := text(first(), testhelpers.Golden{Without: none[1:], Masks: own, Exact: true})
	assert.Contains(t, exact, "your code is 493817, sent Wed, 25 Nov 2026 14:35:00 +0000.")
	assert.Contains(t, exact, "order [order]")
	assert.Equal(t, "\n--- text\na\n\nb\n", text(&connector.Message{Text: "\r\na  \r\n\r\nb\r\n"}, testhelpers.Golden{}))
}

func TestGoldenNames(t *testing.T) {
	t.Parallel()
	var none recorder
	assert.False(t, testhelpers.AssertGolden(&none, nil, "x", nil))
	assert.Contains(t, none.said, "the mail is nil")
	dir := t.TempDir()
	for _, name := range []string{"", ".", "..", "../x", "/etc/x", "a/../../x", "a//b", "a/", `..\x`, `a\b`} {
		var r recorder
		assert.False(t, testhelpers.AssertGolden(&r, first(), name, &testhelpers.Golden{Dir: dir, Update: true}), name)
		assert.Contains(t, r.said, "is no name of a file below", name)
	}
	if runtime.GOOS == "windows" {
		t.Skip("a link needs a privilege on Windows")
	}
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(dir, "out")))
	var r recorder
	assert.False(t, testhelpers.AssertGolden(&r, first(), "out/x", &testhelpers.Golden{Dir: dir, Update: true}))
	assert.Contains(t, r.said, "escapes")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// TestDefaultMasks masks what differs each time and leaves what does not.
func TestDefaultMasks(t *testing.T) {
	t.Parallel()
	mask := func(text string) string {
		dir := t.TempDir()
		testhelpers.AssertGolden(&recorder{}, &connector.Message{Text: text}, "x", &testhelpers.Golden{Dir: dir, Update: true, Without: []string{"links"}})
		b, err := os.ReadFile(filepath.Join(dir, "x.txt"))
		require.NoError(t, err)
		return strings.TrimSuffix(strings.TrimPrefix(string(b), "\n--- text\n"), "\n")
	}
	for text, want := range map[string]string{
		"2026-11-25": "[date]", "at 2026-11-25T14:35:00.123Z!": "at [date]!", "2026-11-25 14:35 UTC": "[date]", "25 November 2026": "[date]", "November 25th, 2026": "[date]", "25. März 2026": "[date]", "1er août 2026": "[date]",
		"25 de noviembre de 2026": "[date]", "25.11.2026": "[date]", "11/25/26": "[date]", "2026年11月25日": "[date]", "2026년 11월 25일": "[date]", "at 2:35 pm": "at [time]", "14:35:07 CET": "[time]",
		"id 123e4567-e89b-12d3-a456-426614174000": "id [uuid]", "qa+a1b2=c@example.com": "qa+[tag]@example.com", "da39a3ee5e6b4b0d3255bfef95601890afd80709": "[id]", "(c) 2026": "(c) [year]",
		"https://x.example.com/a/123e4567-e89b-12d3-a456-426614174000/b": "https://x.example.com/a/[token]/b", "https://x.example.com/?u=1&token=abc": "https://x.example.com/?u=1&token=[token]",
		"https://x.example.com/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0": "https://x.example.com/[token]", "Your code is 493 817.": "Your code is [code].",
		"コード：４９３８１７": "コード：[code]", "Your code: 493817 493817": "Your code: [code] [code]",
	} {
		assert.Equal(t, want, mask(text))
	}
	for _, text := range []string{"order 4711", "https://x.example.com/reset-your-password-2026/index.html?lang=en&utm_source=mail", "4 items of 1234", "1.5 kg", "a+b", "ratio 1.20", "call 0800 1234", "page 3/4"} {
		assert.Equal(t, text, mask(text))
	}
}

// A golden mail is a text in testdata/golden that is written by CLOUDMAIL_UPDATE_GOLDEN=1 and
// committed; codes, tokens, dates and ids are masked in it.
func ExampleAssertGolden() {
	t := printer{} // in a test: its *testing.T
	m := &connector.Message{Subject: "Your code", Text: "Dear Zoë, your code is 493817.\nValid until 14:35."}
	o := &testhelpers.Golden{Masks: []testhelpers.Mask{{Name: "name", RE: regexp.MustCompile(`Dear (\pL+)`)}}}
	fmt.Println(testhelpers.AssertGolden(t, m, "code", o))
	m.Text = "Dear Ann, your code is 118204.\nValid until tomorrow."
	testhelpers.RequireGolden(t, m, "code", o)
	// Output:
	// true
	// the mail differs from testdata/golden/code.txt; if it is right, run with CLOUDMAIL_UPDATE_GOLDEN=1
	//   mail:     "Your code", not kept: this T has no ArtifactDir
	// @@ -2 +2 @@
	//  --- text
	//  Dear [name], your code is [code].
	// -Valid until [time].
	// +Valid until tomorrow.
	// --- FAIL
}

func ExampleDefaultMasks() {
	for _, m := range testhelpers.DefaultMasks() {
		fmt.Print(m.Name, " ")
	}
	// Output: tag token id date time uuid id year
}
