package html

import (
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"
)

// grid lays cells out as the HTML standard does (section 4.9.12).
type grid struct {
	rows  []Row
	below map[int]carry // by column: what hangs down into the rows to come
}

// carry is a cell that spans rows.
type carry struct {
	cell Cell
	left int // rows still to be covered
}

// table lays a table out, as long as there are cells left.
func (d *Document) table(e Element, left *int) Table {
	g := grid{below: map[int]carry{}}
	trs := d.trs(e.node)
	for i := 0; i < len(trs) && *left > 0; i++ {
		g.row(d, trs[i], len(trs)-i)
		*left -= len(g.rows[i]) + 1
	}
	return Table{Element: e, Rows: g.rows}
}

// row lays one row out; left is how many rows there are from it on.
func (g *grid) row(d *Document, tr *xhtml.Node, left int) {
	var row Row
	for n := range tr.ChildNodes() {
		if n.Data != "td" && n.Data != "th" || d.spans[n].gone {
			continue
		}
		row = g.hang(row)
		e := Element{d, n}
		c := Cell{Element: e}
		wide, high := spanOf(e, "colspan", maxColumns, maxColumns), spanOf(e, "rowspan", left, left)
		for i := 0; i < wide && len(row) < maxColumns; i++ {
			if high > 1 {
				g.below[len(row)] = carry{cell: Cell{e, true}, left: high - 1}
			}
			row = append(row, c)
			c.Again = true
		}
	}
	row = g.hang(row)
	g.rows = append(g.rows, row)
}

// hang appends the cells of rows above that cover the next places.
func (g *grid) hang(row Row) Row {
	for {
		at := len(row)
		c, ok := g.below[at]
		if !ok {
			return row
		}
		if c.left--; c.left == 0 {
			delete(g.below, at)
		} else {
			g.below[at] = c
		}
		row = append(row, c.cell)
	}
}

// spanOf reads a span; 0 is all, as far as there are any.
func spanOf(e Element, name string, all, most int) int {
	v, _ := e.Attr(name)
	n, err := strconv.Atoi(strings.TrimSpace(v))
	switch {
	case err != nil || n < 0:
		return 1
	case n == 0 && name == "rowspan":
		n = all
	}
	return max(1, min(n, most))
}
