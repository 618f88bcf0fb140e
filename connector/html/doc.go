// Package html reads the HTML of a mail: elements by CSS selector with the text that a reader sees,
// tables as rows, images, and what a template left unfilled.
//
//	doc, err := html.Of(m)
//	total, err := doc.One("td.total")       // total.Text(): "19.90 €"
//	items, err := doc.Table("Item", "Price") // items.Column("Price"): ["4.90 €" "15.00 €"]
//
// Seen is what [connector.Message].Body would give: what a style or a style sheet of the mail hides
// is not, on a screen of 1,280 CSS pixels. Nothing is loaded.
//
// The tree is that of a browser for what mails are made of: html, head, body and tbody are there
// even if the mail leaves them out, what is left open is closed. It is built in one pass whose cost
// is that of the size, whatever is in it; what a mail has beyond 8 MiB, 200,000 nodes or 60,000
// children of one element is [ErrTooLarge]. Elements deeper than 512 stand side by side.
package html
