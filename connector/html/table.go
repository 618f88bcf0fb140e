package html

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Table is a table as rows. What spans columns or rows stands in each cell that it covers.
type Table struct {
	Element Element
	Head    int // the row with the headers
	Rows    []Row
}

// Limits of tables: that of browsers for spans (HTML standard, section 4.9.11), and of the cells of
// all tables; rows beyond it are left out.
const (
	maxColumns = 1000
	maxCells   = 500_000
)

// Tables returns the tables that are seen, those for layout too, in their order. A table that is
// within another one's cell stands behind it.
func (d *Document) Tables() []Table {
	all, _ := d.All("table")
	var out []Table
	left := maxCells
	for _, e := range all {
		if e.Shown() {
			out = append(out, d.table(e, &left))
		}
	}
	return out
}

// Table returns the one table that has all of the headers in one row, in any case. Tables for layout
// around it do not count, nor do tables that are not seen. The error is an [*Error], which lists the
// rows that come nearest.
func (d *Document) Table(headers ...string) (Table, error) {
	if len(headers) == 0 {
		return Table{}, &connector.Error{Op: "find table", Kind: connector.ErrConfig, Err: errors.New("no header is given"), Remedy: "name one or more, or select the table"}
	}
	var found []Table
	for _, t := range d.Tables() {
		at := slices.IndexFunc(t.Rows, func(row Row) bool { return row.hasAll(headers) })
		if at < 0 {
			continue
		}
		t.Head = at
		found = slices.DeleteFunc(found, func(outer Table) bool { return outer.Element.holds(t.Element) })
		found = append(found, t)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	e := &Error{Op: "find table", What: fmt.Sprintf("with %q", headers), Kind: ErrSeveral}
	if len(found) == 0 {
		e.Kind, found = ErrNone, d.Tables()
	}
	for _, t := range found {
		if len(e.There) <= listed && len(t.Rows) > t.Head && len(t.Rows[t.Head].distinct()) > 0 {
			e.There = append(e.There, t.Element.Path()+" with "+t.Rows[t.Head].String())
		}
	}
	return Table{}, e
}

// Table returns the element as a table; false if it is none.
func (e Element) Table() (Table, bool) {
	if e.Name() != "table" {
		return Table{}, false
	}
	left := maxCells
	return e.doc.table(e, &left), true
}

// holds reports whether an element is within this one.
func (e Element) holds(inner Element) bool {
	for n := range inner.node.Ancestors() {
		if n == e.node {
			return true
		}
	}
	return false
}

// Column returns the texts below a header, "" where a row has none there. Rows that show nothing at
// all are left out.
func (t Table) Column(header string) ([]string, error) {
	at, err := t.column(header)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, row := range t.Rows[t.Head+1:] {
		switch {
		case !slices.ContainsFunc(row, func(c Cell) bool { return c.Element.Text() != "" }):
		case at < len(row):
			out = append(out, row[at].Text())
		default:
			out = append(out, "")
		}
	}
	return out, nil
}

// Cell returns the text that stands below a header in the first row which has the label as a cell;
// "" if the row shows nothing there.
func (t Table) Cell(label, header string) (string, error) {
	at, err := t.column(header)
	if err != nil {
		return "", err
	}
	rows := t.Rows[t.Head+1:]
	for _, row := range rows {
		if row.column(label) >= 0 && at < len(row) {
			return row[at].Text(), nil
		}
	}
	return "", t.lacks("row", label, rows)
}

// column returns which column is below a header.
func (t Table) column(header string) (int, error) {
	head := t.Rows[min(t.Head, len(t.Rows)):min(t.Head+1, len(t.Rows))]
	if len(head) == 1 {
		if at := head[0].column(header); at >= 0 {
			return at, nil
		}
	}
	return 0, t.lacks("column", header, head)
}

// lacks is the error that names what is not there and the rows that are.
func (t Table) lacks(what, name string, rows []Row) error {
	e := &Error{Op: "find " + what, What: strconv.Quote(name), Kind: ErrNone}
	for _, row := range rows {
		if line := row.String(); line != "" && len(e.There) <= listed {
			e.There = append(e.There, line)
		}
	}
	return e
}

// Row returns the first row that has these texts as its cells, in this order and no others: empty
// cells do not count, nor letter case. What spans several columns counts once, what hangs down from a
// row above may be named or left out. Nil if there is none.
func (t Table) Row(texts ...string) Row {
	for _, row := range t.Rows {
		if slices.EqualFunc(row.distinct(), texts, Cell.is) || slices.EqualFunc(row.withAbove(), texts, Cell.is) {
			return row
		}
	}
	return nil
}

// String shows the rows, one a line.
func (t Table) String() string {
	var b strings.Builder
	for _, row := range t.Rows {
		if s := row.String(); s != "" {
			b.WriteString(s + "\n")
		}
	}
	return b.String()
}

// trs returns the rows of a table that are seen, without those of tables within.
func (d *Document) trs(parent *xhtml.Node) []*xhtml.Node {
	var out []*xhtml.Node
	for n := range parent.ChildNodes() {
		switch n.Data {
		case "tr":
			if !d.spans[n].gone {
				out = append(out, n)
			}
		case "thead", "tbody", "tfoot", "form":
			out = append(out, d.trs(n)...)
		}
	}
	return out
}
