package html_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

// order is a mail of tables for layout around one for data.
const order = `<table width=600><tr><td><table><tr><td>Logo</td></tr></table></td></tr>
<tr><td>Thank you. <table id=items>
<tr><th colspan=4>Your order</th></tr>
<tr><th>Item</th><th>Size</th><th>Count</th><th>Price</th></tr>
<tr><td rowspan=2>Tea</td><td>small</td><td>2</td><td>4.90&nbsp;€</td></tr>
<tr><td>large</td><td>1</td><td>9.00 €</td></tr>
<tr style="display:none"><td>Hidden</td><td></td><td>1</td><td>1 €</td></tr>
<tr><td colspan=3>Total</td><td><b>18.80</b> €</td></tr>
</table></td></tr></table>`

func TestTable(t *testing.T) {
	t.Parallel()
	table, err := parse(t, order).Table("item", "PRICE")
	require.NoError(t, err)
	assert.Equal(t, "table#items", table.Element.Path()[len(table.Element.Path())-11:])
	assert.Equal(t, 1, table.Head)
	prices, err := table.Column("Price")
	require.NoError(t, err)
	assert.Equal(t, []string{"4.90 €", "9.00 €", "18.80 €"}, prices)
	items, err := table.Column("Item")
	require.NoError(t, err)
	assert.Equal(t, []string{"Tea", "Tea", "Total"}, items)
	total, err := table.Cell("total", "price")
	require.NoError(t, err)
	assert.Equal(t, "18.80 €", total)
	large, err := table.Cell("Large", "count")
	require.NoError(t, err)
	assert.Equal(t, "1", large)
	assert.Equal(t, "Your order\nItem | Size | Count | Price\nTea | small | 2 | 4.90 €\nlarge | 1 | 9.00 €\nTotal | 18.80 €\n", table.String())
	assert.NotNil(t, table.Row("TOTAL", "18.80 €"))
	assert.Nil(t, table.Row("Total"))
	assert.NotNil(t, table.Row("large", "1", "9.00 €"))
	assert.NotNil(t, table.Row("Tea", "large", "1", "9.00 €"))
	assert.Nil(t, table.Row("Tea", "large", "1"))
	assert.Len(t, table.Rows[2], 4)
	assert.True(t, table.Rows[3][0].Again)
}

func TestTableWithinTables(t *testing.T) {
	t.Parallel()
	table, err := parse(t, "<table id=out><tr><td><table id=in><tr><td>Item</table></table>").Table("Item")
	require.NoError(t, err, "the cell around it shows the same")
	id, _ := table.Element.Attr("id")
	assert.Equal(t, "in", id)
}

func TestColumnWithGaps(t *testing.T) {
	t.Parallel()
	table, err := parse(t, "<table><tr><th>Item<th>Price<tr><td>Tea<td><tr><td>Cup<tr><td><td><tr><td>Pot<td>9</table>").Table("Item", "Price")
	require.NoError(t, err)
	prices, err := table.Column("Price")
	require.NoError(t, err)
	assert.Equal(t, []string{"", "", "9"}, prices)
	_, err = table.Cell("Cup", "Price")
	require.ErrorIs(t, err, html.ErrNone)
	none, err := table.Cell("Tea", "Price")
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestTableErrors(t *testing.T) {
	t.Parallel()
	d := parse(t, order+order)
	_, err := d.Table("Item")
	require.ErrorIs(t, err, html.ErrSeveral)
	_, err = parse(t, order).Table("Item", "Colour")
	require.ErrorIs(t, err, html.ErrNone)
	assert.ErrorContains(t, err, "table#items with Your order")
	_, err = parse(t, "<p>x").Table("Item")
	assert.ErrorContains(t, err, `find table with ["Item"]: nothing matches; the HTML has nothing of the kind`)
	_, err = parse(t, order).Table()
	require.ErrorIs(t, err, connector.ErrConfig)
	table, err := parse(t, order).Table("Item")
	require.NoError(t, err)
	_, err = table.Column("Colour")
	assert.EqualError(t, err, "find column \"Colour\": nothing matches\n  Item | Size | Count | Price")
	_, err = table.Cell("Coffee", "Price")
	assert.ErrorContains(t, err, "find row \"Coffee\": nothing matches\n  Tea | small | 2 | 4.90 €")
	_, err = table.Cell("Tea", "Colour")
	require.ErrorIs(t, err, html.ErrNone)
	_, err = html.Table{}.Column("x")
	require.ErrorIs(t, err, html.ErrNone)
}

func TestGrid(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		"<table><tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d</table>":            {"a,b", "a,c", "a,d"},
		"<table><tr><td>a<td rowspan=2 colspan=2>b<tr><td>c<td>d</table>":      {"a,b,b", "c,b,b,d"},
		"<table><tr><td colspan=x>a<td colspan=-1>b<td colspan=0>c</table>":    {"a,b,c"},
		"<table><tfoot><tr><td>z</tfoot><tbody><tr><td>a</table>":              {"z", "a"},
		"<table><tr><td><table><tr><td>in</table></table>":                     {"in", "in"},
		"<table><tr><td style='display:none'>x<td>a</table>":                   {"a"},
		"<table><caption>c</caption><colgroup><col><tr><td>a</table>":          {"a"},
		"<table hidden><tr><td>a</table><table><tr></table><table></table>":    {""},
		"<table><form><tr><td>a</form></table>":                                {"a"},
		"<table><tr><td rowspan=3>a<td>b</table><table><tr><td>c<td>d</table>": {"a,b", "c,d"},
	} {
		var got []string
		for _, table := range parse(t, source).Tables() {
			for _, row := range table.Rows {
				line := ""
				for i, c := range row {
					if i > 0 {
						line += ","
					}
					line += c.Text()
				}
				got = append(got, line)
			}
		}
		assert.Equal(t, want, got, source)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	logo := &connector.Attachment{Name: "logo.png", ContentID: "logo@x"}
	m := &connector.Message{Attachments: []*connector.Attachment{{Name: "a"}, logo}, HTML: `<img src="cid:logo%40x" alt=" Our
logo "><img src="CID:none" alt=""><img src=https://cdn.example.com/a.png><img src="//cdn.example.com/b.png" alt=b><img width=1 height="1px" src="https://t.example.com/o"><img src="data:image/png;base64,AA" alt=d><img alt=e><img src=local.png alt=f><img hidden src="https://x.example.com">`}
	d, err := html.Of(m)
	require.NoError(t, err)
	got := d.Images()
	require.Len(t, got, 9)
	assert.Same(t, logo, got[0].Part)
	assert.Equal(t, "Our logo", got[0].Alt)
	for i, want := range []struct {
		remote, pixel bool
		problem       string
	}{
		{}, {false, false, "the mail has no part CID:none"}, {true, false, "it has no alt"}, {true, false, ""}, {true, true, ""}, {}, {false, false, "it has no src"}, {false, false, "a mail program cannot load local.png"}, {true, false, ""},
	} {
		assert.Equal(t, want.remote, got[i].Remote, got[i].Src)
		assert.Equal(t, want.pixel, got[i].Pixel, got[i].Src)
		assert.Equal(t, want.problem, got[i].Problem, got[i].Src)
	}
	assert.Equal(t, "img https://cdn.example.com/a.png: it has no alt", got[2].String())
	assert.Nil(t, parse(t, "<img src=cid:x alt=x>").Images()[0].Part)
}
