package html_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/html"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// receipt is a mail as the makers of newsletters write them: tables for layout, style sheets for
// several clients, a preheader, parts for phones and dark screens.
func receipt(t *testing.T) *connector.Message {
	t.Helper()
	b, err := os.ReadFile("testdata/receipt.html")
	require.NoError(t, err)
	return &connector.Message{HTML: string(b)}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	m := receipt(t)
	assert.Equal(t, "Thank you,\u00a0Zoë! (all)\nSeen on a desk\nItem\tCount\tPrice\nGreen tea\n100\u00a0g\t2\t9,80\u00a0€\nCup\t1\t12,00\u00a0€\nTotal\t21,80\u00a0€", m.Body())
	d, err := html.Of(m)
	require.NoError(t, err)
	items, err := d.Table("item", "price")
	require.NoError(t, err)
	assert.Equal(t, "Item | Count | Price\nGreen tea 100 g | 2 | 9,80 €\nCup | 1 | 12,00 €\nTotal | 21,80 €\n", items.String())
	total, err := items.Cell("Total", "Price")
	require.NoError(t, err)
	assert.Equal(t, "21,80 €", total)
	prices, err := items.Column("price")
	require.NoError(t, err)
	assert.Equal(t, []string{"9,80 €", "12,00 €", "21,80 €"}, prices, "not the row that is but a space")
	cell, err := d.One("body > div > div > table > tbody > tr > td > table.items td.total")
	require.NoError(t, err)
	assert.Equal(t, "21,80\u00a0€", cell.Text())
	for selector, shown := range map[string]bool{".preheader": false, ".mobile-only": false, ".desktop-only": true, "img.light": true, "img.dark": false, ".gmail-only": true, "img[width='1']": false} {
		e, err := d.One(selector)
		require.NoError(t, err)
		assert.Equal(t, shown, e.Shown(), selector)
	}
	for _, img := range d.Images() {
		assert.Empty(t, img.Problem, img.Src)
		assert.True(t, img.Remote)
	}
	assert.Empty(t, html.Marks(m))
}

// TestHiddenBySheets reads neither codes nor links in what a style sheet hides.
func TestHiddenBySheets(t *testing.T) {
	t.Parallel()
	all := codes.All(receipt(t), nil)
	for _, c := range all {
		assert.NotContains(t, []string{"118204", "771204"}, c.Value)
	}
	m := &connector.Message{HTML: `<style>.p{display:none}</style><div class=p>Your code is 118204. <a href="https://a.example.com">go</a></div><p>Your code is 493817. <a href="https://b.example.com">go</a>`}
	c, err := codes.Find(m, nil)
	require.NoError(t, err)
	assert.Equal(t, "493817", c.Value)
	l, err := links.Find(m, links.Query{Text: "go"})
	require.NoError(t, err)
	assert.Equal(t, "b.example.com", l.Host())
	assert.True(t, links.All(m)[0].Hidden)
	assert.NotContains(t, m.Body(), "118204")
}

// TestFixtures reads the HTML of each sample mail: what the elements show is what the reader sees,
// and no mark of a template is seen where there is none.
func TestFixtures(t *testing.T) {
	t.Parallel()
	read := 0
	for name := range fixtures.All() {
		m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
		require.NoError(t, err)
		assert.Len(t, html.Marks(m), map[string]int{"template-marks": 4}[name], name)
		d, err := html.Of(m)
		if m.HTML == "" {
			require.ErrorIs(t, err, html.ErrNoHTML)
			continue
		}
		require.NoError(t, err, name)
		read++
		texts := m.Texts()
		assert.Equal(t, texts[len(texts)-1], d.Text(), name)
		body, err := d.One("body")
		require.NoError(t, err, name)
		assert.Equal(t, d.Text(), body.Text(), name)
		again, err := html.Parse(d.Indented())
		require.NoError(t, err)
		assert.Equal(t, d.Indented(), again.Indented(), "%s: the one form is one", name)
	}
	assert.Greater(t, read, 10)
}
