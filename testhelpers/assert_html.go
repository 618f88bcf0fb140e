package testhelpers

import (
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

// AssertElement fails the test unless the CSS selector selects one element of the HTML
// ([html.Document.One]) and that shows the wanted text, all of it, in any letter case and with any
// blanks; "" asks only that it is there. It returns the element.
func AssertElement(t T, m *connector.Message, selector, want string) html.Element {
	help(t)()
	doc := document(t, m)
	if doc == nil {
		return html.Element{}
	}
	e, err := doc.One(selector)
	switch {
	case err != nil:
		fail(t, m, "the element is not there", selector, err.Error())
	case want != "" && connector.Fold(e.Text()) != connector.Fold(want):
		fail(t, m, "the element "+e.Path()+" shows another text", want, e.Line())
		return html.Element{}
	}
	return e
}

// RequireElement is AssertElement that ends the test if it does not hold.
func RequireElement(t T, m *connector.Message, selector, want string) html.Element {
	help(t)()
	e := AssertElement(t, m, selector, want)
	require(t, e.Name() != "")
	return e
}

// AssertTableRow fails the test unless a table of the HTML has a row of just these cells: empty
// cells do not count, letter case and blanks make no difference ([html.Table.Row]). It returns the
// row; nil if there is none.
func AssertTableRow(t T, m *connector.Message, cells ...string) html.Row {
	help(t)()
	doc := document(t, m)
	if doc == nil {
		return nil
	}
	var rows []string
	for _, table := range doc.Tables() {
		if row := table.Row(cells...); row != nil {
			return row
		}
		for _, row := range table.Rows {
			rows = append(rows, row.String())
		}
	}
	want := strings.Join(cells, " | ")
	fail(t, m, fmt.Sprintf("no table has the row; there are %d rows", len(rows)), want, nearestLine(want, []string{strings.Join(rows, "\n")}))
	return nil
}

// RequireTableRow is AssertTableRow that ends the test if there is no such row.
func RequireTableRow(t T, m *connector.Message, cells ...string) html.Row {
	help(t)()
	row := AssertTableRow(t, m, cells...)
	require(t, row != nil)
	return row
}

// AssertImages fails the test unless every image of the HTML can be shown: it has a source, which is
// there if it is a part of the mail, and an alt text, which may be empty ([html.Image].Problem).
// Nothing is loaded.
func AssertImages(t T, m *connector.Message) bool {
	help(t)()
	doc := document(t, m)
	if doc == nil {
		return false
	}
	var wrong []string
	for _, img := range doc.Images() {
		if img.Problem != "" {
			wrong = append(wrong, img.String())
		}
	}
	return len(wrong) == 0 || fail(t, m, "images cannot be shown", "each has a source and an alt", strings.Join(wrong, "\n"))
}

// RequireImages is AssertImages that ends the test if it does not hold.
func RequireImages(t T, m *connector.Message) {
	help(t)()
	require(t, AssertImages(t, m))
}

// document reads the HTML of a mail; nil, and a failure, if there is none.
func document(t T, m *connector.Message) *html.Document {
	help(t)()
	if !has(t, m) {
		return nil
	}
	doc, err := html.Of(m)
	if err != nil {
		fail(t, m, "the HTML cannot be read", "an HTML", err.Error())
	}
	return doc
}
