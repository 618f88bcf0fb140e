package testhelpers

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

// AssertNoTemplateMarks fails the test if a mark of a template was left unfilled anywhere in the
// mail: {{name}}, ${name}, %FIRSTNAME%, *|FNAME|*, undefined, "null,", see [html.Marks].
func AssertNoTemplateMarks(t T, m *connector.Message) bool {
	help(t)()
	if !has(t, m) {
		return false
	}
	var found []string
	for _, mark := range html.Marks(m) {
		found = append(found, mark.String())
	}
	return len(found) == 0 || fail(t, m, "marks of the template were not filled in", "no template marks", strings.Join(found[:min(len(found), 20)], "\n"))
}

// RequireNoTemplateMarks is AssertNoTemplateMarks that ends the test if there is a mark.
func RequireNoTemplateMarks(t T, m *connector.Message) {
	help(t)()
	require(t, AssertNoTemplateMarks(t, m))
}
