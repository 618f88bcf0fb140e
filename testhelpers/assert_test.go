package testhelpers_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// welcome is a mail that every assertion has something to say about.
func welcome() *connector.Message {
	m, err := connector.ReadMessage(strings.NewReader(strings.ReplaceAll(`From: Shop <shop@example.com>
To: Zoë <qa+k7@example.com>, ann@example.com
Cc: boss@example.com
Delivered-To: list@example.com
Subject: Welcome,  Zoë
Message-ID: <w@example.com>
X-Campaign: spring 7
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>Hello Zoë,</p><p>your code is&nbsp;<b>493817</b>.</p>
<table><tr><th>Item<th>Price<tr><td>Tea<td class=price>4.90 €<tr><td>Total<td>4.90 €</table><img src="cid:logo" alt="">
<a href="https://shop.example.com/confirm?t=1">Confirm</a> <a href="https://shop.example.com/{{id}}">Profile</a>
--b
Content-Type: text/csv; name=prices.csv

a,b
--b--
`, "\n", "\r\n")))
	if err != nil {
		panic(err)
	}
	return m
}

// recorder is a T that keeps what is reported.
type recorder struct {
	said  string
	noted string
	ended bool
	dir   string
}

func (r *recorder) Errorf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }
func (r *recorder) Logf(format string, args ...any)   { r.noted += fmt.Sprintf(format, args...) }
func (r *recorder) FailNow()                          { r.ended = true }
func (r *recorder) ArtifactDir() string               { return r.dir }

// pairs are the assertions by what each wants; wrong is what its failure says.
var pairs = map[string]struct {
	assert func(testhelpers.T, *connector.Message, bool) bool
	demand func(testhelpers.T, *connector.Message)
	wrong  string
}{
	"subject": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertSubject(t, m, map[bool]string{true: "welcome, zoë", false: "Welcome, Zoe"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireSubject(t, m, "Goodbye") },
		"expected: \"Welcome, Zoe\"\n  nearest:  Welcome, Zoë\n  differs:  at character 10"},
	"body": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertBody(t, m, map[bool]string{true: "your code is 493817", false: "your code is 111111"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireBody(t, m, "bye") }, "nearest:  your code is"},
	"pattern": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertBodyRE(t, m, regexp.MustCompile(map[bool]string{true: `code is (\d{6})`, false: `code is (\d{9})`}[right])) != nil
	}, func(t testhelpers.T, m *connector.Message) {
		testhelpers.RequireBodyRE(t, m, regexp.MustCompile(`xyz`))
	}, "the pattern matches nothing"},
	"header": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertHeader(t, m, map[bool]string{true: "x-campaign", false: "X-Other"}[right], "Spring")
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireHeader(t, m, "X-Campaign", "autumn") }, "the header has no X-Other"},
	"link": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertLink(t, m, links.Query{Text: map[bool]string{true: "confirm", false: "cancel"}[right]}).Target != ""
	}, func(t testhelpers.T, m *connector.Message) {
		testhelpers.RequireLink(t, m, links.Query{Text: "Profile"})
	}, `"Confirm" → https://shop.example.com/confirm?t=1`},
	"code": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertCode(t, m, &codes.Options{Length: map[bool]int{true: 6, false: 4}[right]}) == "493817"
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireCode(t, m, &codes.Options{Length: 5}) }, "the mail has no one code"},
	"from": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertFrom(t, m, map[bool]string{true: "SHOP@example.com", false: "Store <shop@example.com>"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireFrom(t, m, "@example.org") }, "the display name is another one"},
	"to": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertTo(t, m, map[bool]string{true: "zoë <qa+k7@example.com>", false: "qa+k8@example.com"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireTo(t, m, "qa") }, "only the plus-tag differs"},
	"cc": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertCc(t, m, map[bool]string{true: "@example.com", false: "ann@example.com"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireCc(t, m, "x@example.com") }, "it is in To"},
	"recipient": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertRecipient(t, m, map[bool]string{true: "list@example.com", false: "other@example.com"}[right])
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireRecipient(t, m, "x@example.com") }, "the address is not in Recipient"},
	"element": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertElement(t, m, "td.price", map[bool]string{true: "4.90 €", false: "4.80 €"}[right]).Name() == "td"
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireElement(t, m, "td.sum", "") }, "shows another text"},
	"row": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertTableRow(t, m, "total", map[bool]string{true: "4.90 €", false: "5.90 €"}[right]) != nil
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireTableRow(t, m, "Coffee") }, "nearest:  Total | 4.90 €"},
	"images": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		if right && m != nil {
			m.HTML = strings.ReplaceAll(m.HTML, "cid:logo", "https://cdn.example.com/logo.png")
		} else if m != nil {
			m.HTML = welcome().HTML
		}
		return testhelpers.AssertImages(t, m)
	}, func(t testhelpers.T, m *connector.Message) { testhelpers.RequireImages(t, m) }, "the mail has no part cid:logo"},
	"attachment": {func(t testhelpers.T, m *connector.Message, right bool) bool {
		return testhelpers.AssertAttachment(t, m, testhelpers.File{Name: "*.CSV", Type: "text/csv", Size: 3, Content: []byte(map[bool]string{true: "a,b", false: "a;b"}[right])}) != nil
	}, func(t testhelpers.T, m *connector.Message) {
		testhelpers.RequireAttachment(t, m, testhelpers.File{Name: "*.pdf"})
	}, `"prices.csv" text/csv, 3 bytes: another content, line 1: expected "a;b", got "a,b"`},
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	for name, p := range pairs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := welcome()
			var r recorder
			assert.True(t, p.assert(&r, m, true), r.said)
			assert.Empty(t, r.said)
			assert.False(t, p.assert(&r, m, false))
			assert.Contains(t, r.said, p.wrong)
			assert.Contains(t, r.said, "go test with -artifacts")
			assert.False(t, r.ended, "an assertion lets the test go on")
			p.demand(&r, m)
			assert.True(t, r.ended, "a requirement ends the test")
			none := &recorder{}
			assert.False(t, p.assert(none, nil, true))
			assert.Contains(t, none.said, "the mail is nil")
		})
	}
}

// TestFile compares each of an attachment's facts.
func TestFile(t *testing.T) {
	t.Parallel()
	sum := "1eb7c54d52831bbfe8942af0b1c56b7409523a59ed6ca99c1174fef7eb32c1b5"
	for want, f := range map[string]testhelpers.File{
		"":                            {Name: "*.csv", Type: "TEXT/csv", Size: 3, SHA256: strings.ToUpper(sum), Content: []byte("a,b")},
		"another name":                {Name: "x"},
		"another type":                {Type: "text/plain"},
		"another size, 3 bytes":       {Size: 4},
		"another content, SHA-256 1e": {SHA256: "00"},
		`another content, line 2: expected "c", got no line`: {Content: []byte("a,b\nc")},
		`another content, line 1: expected "a,", got "a,b"`:  {Content: []byte("a,")},
		"another content, it differs at byte 1":              {Content: []byte("a\xff")},
		"another content, line 1: expected \"\", got \"a\"":  {Content: []byte{}},
	} {
		var r recorder
		assert.Equal(t, want == "", testhelpers.AssertAttachment(&r, welcome(), f) != nil, f)
		assert.Contains(t, r.said, want)
	}
	var r recorder
	testhelpers.AssertAttachment(&r, &connector.Message{Attachments: []*connector.Attachment{{Name: "x"}}}, testhelpers.File{Size: 1})
	assert.Contains(t, r.said, "the attachment is of no mail")
	r = recorder{}
	testhelpers.AssertAttachment(&r, welcome(), testhelpers.File{Name: "["})
	assert.Contains(t, r.said, "is no pattern")
}

// TestBodyHidden says where a text is that no reader sees.
func TestBodyHidden(t *testing.T) {
	t.Parallel()
	var r recorder
	testhelpers.AssertBody(&r, &connector.Message{HTML: "<style>.p{display:none}</style><p class=p>preheader</p>Hello"}, "preheader")
	assert.Contains(t, r.said, "it is in the HTML source, but not in what a reader sees")
}

func TestTemplateMarks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Dear {{name}},", "Dear ${name}", "Dear %FIRSTNAME%", "Dear *|FNAME|*", "your order undefined ships", "to null, null.", "Dear <%= name %>", "[object Object]", "%!s(<nil>)"} {
		var r recorder
		assert.False(t, testhelpers.AssertNoTemplateMarks(&r, &connector.Message{Text: text}), text)
		assert.Contains(t, r.said, "were not filled in")
	}
	for _, text := range []string{"Save 20% on ALL% of it", "null and void", "$5 {really}", "an undefinedly long text", "100%"} {
		var r recorder
		assert.True(t, testhelpers.AssertNoTemplateMarks(&r, &connector.Message{Text: text}), r.said)
	}
	var r recorder
	testhelpers.RequireNoTemplateMarks(&r, &connector.Message{Subject: "{{x}}"})
	assert.True(t, r.ended)
}

// TestKept changes a flag of the test binary, hence not in parallel: it runs before all that are.
func TestKept(t *testing.T) {
	f := flag.Lookup("test.artifacts")
	require.NotNil(t, f)
	before := f.Value.String()
	require.NoError(t, f.Value.Set("true"))
	defer func() { require.NoError(t, f.Value.Set(before)) }()
	r := recorder{dir: t.TempDir()}
	testhelpers.AssertSubject(&r, welcome(), "x")
	assert.Contains(t, r.said, "kept in "+r.dir)
	text, err := os.ReadFile(filepath.Join(r.dir, "mail w@example.com.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "your code is")
	raw, err := os.ReadFile(filepath.Join(r.dir, "mail w@example.com.eml"))
	require.NoError(t, err)
	assert.Contains(t, string(raw), "X-Campaign: spring 7")

	r = recorder{dir: t.TempDir()}
	testhelpers.AssertSubject(&r, &connector.Message{ID: "7", Text: "Hello"}, "x")
	assert.Contains(t, r.said, "kept as text in "+r.dir+" (as .eml not: ")
	text, err = os.ReadFile(filepath.Join(r.dir, "mail 7.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "Hello")

	r = recorder{dir: t.TempDir()}
	testhelpers.AssertAll(&r, letters(), connector.Query{Subject: "x", Folder: connector.Anywhere})
	entries, err := os.ReadDir(r.dir)
	require.NoError(t, err)
	assert.Len(t, entries, 3, "each of several mails is kept")
}

// TestFailures compares what all assertions say when they fail with testdata/failures.txt.
func TestFailures(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		var soft, hard recorder
		pairs[name].assert(&soft, welcome(), false)
		pairs[name].demand(&hard, welcome())
		b.WriteString("=== " + name + "\n" + soft.said + "\n" + hard.said + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(many)) {
		var soft recorder
		many[name](&soft, letters())
		b.WriteString("=== " + name + "\n" + soft.said + "\n")
	}
	if on, _ := strconv.ParseBool(os.Getenv(testhelpers.UpdateGolden)); on {
		require.NoError(t, os.WriteFile("testdata/failures.txt", []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile("testdata/failures.txt")
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), b.String())
}

func ExampleAssertSubject() {
	testhelpers.AssertSubject(printer{}, welcome(), "Welcome, Zoe")
	// Output:
	// the subject is another one
	//   expected: "Welcome, Zoe"
	//   nearest:  Welcome, Zoë
	//   differs:  at character 10: expected …Welcome, Zoe, got …Welcome, Zoë
	//   mail:     "Welcome, Zoë" from shop@example.com, not kept: this T has no ArtifactDir
}

func ExampleRequireCode() {
	fmt.Println(testhelpers.RequireCode(printer{}, welcome(), nil))
	// Output: 493817
}

func ExampleRequireLink() {
	fmt.Println(testhelpers.RequireLink(printer{}, welcome(), links.Query{Text: "confirm"}).Param("t"))
	// Output: 1
}

func ExampleRequireAttachment() {
	fmt.Println(testhelpers.RequireAttachment(printer{}, welcome(), testhelpers.File{Name: "*.csv", Type: "text/csv"}).Name)
	// Output: prices.csv
}

func ExampleRequireBody() {
	t := printer{}
	testhelpers.RequireBody(t, welcome(), "your code is 493817")
	testhelpers.RequireHeader(t, welcome(), "X-Campaign", "spring")
	fmt.Println(testhelpers.RequireBodyRE(t, welcome(), regexp.MustCompile(`code is (\d+)`))[1])
	// Output: 493817
}

func ExampleAssertNoTemplateMarks() {
	testhelpers.AssertNoTemplateMarks(printer{}, welcome())
	// Output:
	// marks of the template were not filled in
	//   expected: "no template marks"
	//   nearest:  {{id}} in href: https://shop.example.com/{{id}}
	//   mail:     "Welcome, Zoë" from shop@example.com, not kept: this T has no ArtifactDir
}

// Each Assert has a Require that ends the test; an Assert returns what it found and lets the test
// go on.
func ExampleAssertBody() {
	t, m := printer{}, welcome()
	fmt.Println(testhelpers.AssertBody(t, m, "your code is 493817"), testhelpers.AssertHeader(t, m, "X-Campaign", "spring"))
	fmt.Println(testhelpers.AssertBodyRE(t, m, regexp.MustCompile(`code is (\d+)`))[1], testhelpers.AssertCode(t, m, nil))
	fmt.Println(testhelpers.AssertLink(t, m, links.Query{Text: "confirm"}).Host())
	fmt.Println(testhelpers.AssertAttachment(t, m, testhelpers.File{Name: "*.csv", Size: 3}).Name)
	testhelpers.RequireSubject(t, m, "welcome, zoë")
	testhelpers.RequireNoTemplateMarks(t, &connector.Message{Text: "Dear Zoë"})
	// Output:
	// true true
	// 493817 493817
	// shop.example.com
	// prices.csv
}

// What a mail or a page says reaches no terminal as a command, however a failure shows it.
func TestFailuresSteerNoTerminal(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[31m \u009b2J \u202e \a"
	m, err := connector.ReadMessage(strings.NewReader("From: a@example.com\r\nSubject: " + evil + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + evil + " " + evil + "</p>\r\n--b\r\nContent-Type: text/plain; name=\"a.txt\"\r\n" +
		"Content-Disposition: attachment\r\n\r\n" + evil + "\r\n--b--\r\n"))
	require.NoError(t, err)
	m.From = []connector.Address{{Addr: evil + "@example.com"}}
	r := &recorder{dir: t.TempDir()}
	testhelpers.AssertMail(r, m, connector.Query{Subject: "else", From: "b@example.com", Body: "what"})
	testhelpers.AssertBody(r, m, "what")
	testhelpers.AssertSubject(r, m, "else")
	testhelpers.AssertCount(r, []*connector.Message{m}, connector.Query{Subject: "else"}, 1)
	testhelpers.AssertAttachment(r, m, testhelpers.File{Name: "a.txt", Content: []byte("b")})
	testhelpers.AssertGolden(r, m, "new", &testhelpers.Golden{Dir: t.TempDir()})
	require.NotEmpty(t, r.said)
	for _, c := range r.said {
		require.True(t, c == '\n' || c == '\t' || strconv.IsPrint(c), "%q in %q", c, r.said)
	}
}
