package html_test

import (
	"fmt"
	"log"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/html"
)

// invoice is a mail as shops send them.
var invoice = &connector.Message{Subject: "Your order", Attachments: []*connector.Attachment{{Name: "logo.png", ContentID: "logo"}},
	HTML: `<style>.preheader{display:none}</style><div class=preheader>Thank you, {{name}}!</div>
<img src="cid:logo" alt="Contoso"><h1 id=title>Order 4711</h1>
<table><tr><td><table class=items>
<tr><th>Item</th><th>Count</th><th>Price</th></tr>
<tr><td>Tea</td><td>2</td><td>9.80 €</td></tr>
<tr><td colspan=2>Total</td><td class=total>9.80 €</td></tr>
</table></td></tr></table><a class=button href="https://shop.example.com/o/4711">Track</a>`}

// What a reader sees of the HTML is selected; what is not there or not clear is an error that lists
// what there is.
func ExampleDocument_One() {
	doc, err := html.Of(invoice)
	if err != nil {
		log.Fatal(err)
	}
	total, _ := doc.One("td.total")
	fmt.Println(total.Text())
	_, err = doc.One(".sum")
	fmt.Println(err)
	// Output:
	// 9.80 €
	// select ".sum": nothing matches
	//   div.preheader
	//   h1#title
	//   table.items
	//   td.total
	//   a.button
}

func ExampleDocument_Table() {
	doc, _ := html.Of(invoice)
	items, err := doc.Table("Item", "Price") // not the table for layout around it
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(items.Column("Price"))
	fmt.Println(items.Cell("Tea", "Count"))
	fmt.Println(items.Row("total", "9.80 €"))
	fmt.Print(items)
	// Output:
	// [9.80 € 9.80 €] <nil>
	// 2 <nil>
	// Total | 9.80 €
	// Item | Count | Price
	// Tea | 2 | 9.80 €
	// Total | 9.80 €
}

func ExampleDocument_Images() {
	doc, _ := html.Of(invoice)
	for _, img := range doc.Images() {
		fmt.Println(img.Alt, img.Part.Name, img.Remote)
	}
	// Output: Contoso logo.png false
}

func ExampleMarks() {
	for _, mark := range html.Marks(invoice) {
		fmt.Println(mark)
	}
	// Output: {{name}} in hidden html: Thank you, {{name}}!
}

func ExampleElement() {
	doc, _ := html.Of(invoice)
	all, _ := doc.All("a.button, .preheader, table.items")
	for _, e := range all {
		href, _ := e.Attr("href")
		fmt.Println(e.Name(), e.Shown(), href, e.Path())
	}
	fmt.Printf("%q %q %q\n", all[0].Text(), all[0].Source(), all[2].HTML())
	if items, ok := all[1].Table(); ok {
		fmt.Println(len(items.Rows), items.Rows[1][0].Text())
	}
	total, _ := all[1].One(".total")
	prices, _ := all[1].All("tr td:last-child")
	fmt.Println(total.Line(), len(prices))
	// Output:
	// div false  div.preheader
	// table true  table > tbody > tr > td > table.items
	// a true https://shop.example.com/o/4711 a.button
	// "" "Thank you, {{name}}!" "<a class=\"button\" href=\"https://shop.example.com/o/4711\">Track</a>"
	// 3 Tea
	// 9.80 € 2
}

func ExampleParse() {
	doc, err := html.Parse("<ul><li>Tea<li>Coffee</ul>")
	fmt.Println(err)
	fmt.Println(doc.Text())
	fmt.Println(len(doc.Tables()))
	// Output:
	// <nil>
	// Tea
	// Coffee
	// 0
}

func ExampleDocument_Indented() {
	doc, _ := html.Parse("<P Class=a id=x>Your  <b>code</b>:\n<br>1&lt;2&nbsp;&zwnj;<div></div>")
	fmt.Print(doc.Indented())
	// Output:
	// <html>
	//   <head></head>
	//   <body>
	//     <p class="a" id="x">
	//       Your
	//       <b>code</b>
	//       :
	//       <br>
	//       1&lt;2&nbsp;&#x200c;
	//     </p>
	//     <div></div>
	//   </body>
	// </html>
}
