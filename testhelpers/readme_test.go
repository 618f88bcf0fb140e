package testhelpers_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// readmeOnAssertions is README's snippet on assertions.
func readmeOnAssertions(t testhelpers.T, m *connector.Message, mails []*connector.Message) {
	testhelpers.RequireSubject(t, m, "Welcome, Zoë")
	testhelpers.RequireFrom(t, m, "Shop <shop@contoso.example>") // the display name only if it is given
	code := testhelpers.RequireCode(t, m, nil)                   // "493817", or an error that lists the candidates
	link := testhelpers.RequireLink(t, m, links.Query{Text: "confirm"})
	testhelpers.RequireAttachment(t, m, testhelpers.File{Name: "*.pdf", Type: "application/pdf"})
	testhelpers.AssertElement(t, m, "td.total", "19.90 €") // a CSS selector
	testhelpers.AssertTableRow(t, m, "Tea", "2", "9.80 €")
	testhelpers.AssertNoTemplateMarks(t, m)                                                       // {{name}}, %FIRSTNAME%, undefined, "null,"
	testhelpers.AssertGolden(t, m, "signup/welcome", nil)                                         // testdata/golden/signup/welcome.txt
	testhelpers.AssertAuthenticated(t, m, "dkim", "dmarc")                                        // by the receiving server
	page := testhelpers.Follow(t, link, &testhelpers.FollowOptions{Allow: []string{"localhost"}}) // only on request; private addresses by name
	testhelpers.AssertOne(t, mails, connector.Query{Subject: "receipt"})
	_, _ = code, page
}

// TestReadmeOnAssertions holds that README's snippet is the code above, so that it compiles, and that
// each line of it has something to say about a mail that has nothing.
func TestReadmeOnAssertions(t *testing.T) {
	t.Parallel()
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	code, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "\n## Assert\n")
	require.True(t, found)
	_, snippet, _ := strings.Cut(section, "```go\n")
	snippet, _, _ = strings.Cut(snippet, "```")
	require.Greater(t, len(snippet), 500)
	require.Contains(t, squeeze(string(code)), squeeze(snippet))
	var r recorder
	readmeOnAssertions(&r, &connector.Message{Text: "{{x}}"}, nil)
	require.Equal(t, 9, strings.Count(r.said, "  mail:     "))
	require.Contains(t, r.said, "signup/welcome.txt is not there")
	require.Contains(t, r.said, `0 of 0 mails match, wanted 1: Subject "receipt"`)
	require.True(t, r.ended)
}
