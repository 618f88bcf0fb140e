package html

import (
	"slices"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// Row is a row of a table.
type Row []Cell

// Cell is one place of a table.
type Cell struct {
	Element Element
	Again   bool // covered by a cell that began to the left or above
}

// Text returns what the cell shows, in one line.
func (c Cell) Text() string { return c.Element.Line() }

// is compares what a cell shows with a text, in any case. Cells that hold far more are not read.
func (c Cell) is(text string) bool {
	shown := c.Element.Text()
	return len(shown) <= 16*(len(text)+64) && folding.Fold(shown) == folding.Fold(text)
}

// hasAll reports whether each header is a cell of the row.
func (r Row) hasAll(headers []string) bool {
	for _, h := range headers {
		if r.column(h) < 0 {
			return false
		}
	}
	return true
}

// column returns which cell of a row has a text; -1 if none.
func (r Row) column(text string) int {
	return slices.IndexFunc(r, func(c Cell) bool { return c.is(text) })
}

// distinct drops the cells that show nothing or are there already.
func (r Row) distinct() Row {
	var out Row
	for _, c := range r {
		if !c.Again && c.Element.Text() != "" {
			out = append(out, c)
		}
	}
	return out
}

// withAbove is distinct with what hangs down from rows above.
func (r Row) withAbove() Row {
	var out Row
	for i, c := range r {
		if c.Element.Text() != "" && (i == 0 || c.Element != r[i-1].Element) {
			out = append(out, c)
		}
	}
	return out
}

// String shows a row in one line, long cells cut: "Tea | 2 | 4.90 €".
func (r Row) String() string {
	var texts []string
	for _, c := range r.distinct() {
		texts = append(texts, folding.Shorten(c.Text(), 200))
	}
	return strings.Join(texts, " | ")
}
