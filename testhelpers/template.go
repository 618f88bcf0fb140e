package testhelpers

import (
	"regexp"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// marks are what templates leave behind where a value was missing.
var marks = regexp.MustCompile(`\{\{[^{}\n]{0,80}\}\}|\{%[^%\n]{0,80}%\}|<%[^%\n]{0,80}%>|\$\{[^{}\n]{0,80}\}|%[A-Z][A-Z0-9_]{2,40}%|\*\|[A-Z0-9_:]{1,40}\|\*|\[\[[^\[\]\n]{1,80}\]\]|` +
	`\bundefined\b|\bNaN\b|\[object Object\]|%!\w?\([^)\n]{0,60}\)|<no value>|\bnull(?:,|\.|!|$)`)

// AssertNoTemplateMarks fails the test if a mark of a template was left unfilled in the subject, the
// text or what the HTML shows: {{name}}, ${name}, %FIRSTNAME%, *|FNAME|*, undefined, "null,".
func AssertNoTemplateMarks(t T, m *connector.Message) bool {
	help(t)
	if !has(t, m) {
		return false
	}
	var found []string
	for _, text := range append([]string{m.Subject}, m.Texts()...) {
		for line := range strings.Lines(text) {
			for _, hit := range marks.FindAllString(strings.TrimSpace(line), 20) {
				found = append(found, strings.TrimSpace(hit)+" in "+strings.TrimSpace(line))
			}
		}
	}
	return len(found) == 0 || fail(t, m, "marks of the template were not filled in", "no template marks", strings.Join(found[:min(len(found), 20)], "\n"))
}

// RequireNoTemplateMarks is AssertNoTemplateMarks that ends the test if there is a mark.
func RequireNoTemplateMarks(t T, m *connector.Message) {
	help(t)
	require(t, AssertNoTemplateMarks(t, m))
}
