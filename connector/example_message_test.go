package connector_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// A hidden recipient stands in no To, but in what the mail servers wrote in front.
func ExampleMessage_Recipients() {
	m, err := connector.ReadMessage(strings.NewReader("Delivered-To: audit@example.com\r\nFrom: shop@contoso.example\r\n" +
		"To: Ada <ada@example.com>\r\nCc: bob@example.com\r\nSubject: Order 7\r\n\r\nthank you\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range m.Recipients() {
		fmt.Println(a)
	}
	// Output:
	// Ada <ada@example.com>
	// bob@example.com
	// audit@example.com
}

func ExampleHeader_Get() {
	m, err := connector.ReadMessage(strings.NewReader("X-Tag: order\r\nX-Tag: =?utf-8?q?caf=C3=A9?=\r\nSubject: Order 7\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q %q %q\n", m.Header.Get("x-tag"), m.Header.Values("X-Tag"), m.Header.Get("X-Other"))
	// Output: "order" ["order" "café"] ""
}

// The bytes as they came, for a check that the library does not have, such as one of a signature.
func ExampleMessage_Raw() {
	s, box := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	deliver(box, "Invoice 7", "Total 42")
	m, err := s.WaitFor(ctx, connector.Query{Subject: "invoice", HeadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	r, err := m.Raw(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	_, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	fmt.Printf("%q %v\n", body, err)
	// Output: "Total 42\r\n" <nil>
}

// What the mail really was is decided by what its reader sees, not by how it was made.
func ExampleMessage_Body() {
	m, err := connector.ReadMessage(strings.NewReader("Subject: Welcome\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
		`<style>p {color: red}</style><p>Hello&nbsp;<b>Ada</b></p><p style="display:none">preheader</p><a href="https://example.com/?t=7">Confirm</a>`))
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(m.Body()) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Printf("%q\n", line)
		}
	}
	// Output:
	// "Hello\u00a0Ada"
	// "Confirm"
}

// Of a mail that was read whole, as a file is, the attachments are in memory.
func ExampleAttachment_Loaded() {
	raw := "Subject: prices\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\n\r\nsee the file\r\n--x\r\nContent-Type: text/csv; name=prices.csv\r\n\r\na,b\r\n--x--\r\n"
	m, err := connector.ReadMessage(strings.NewReader(raw))
	if err != nil {
		log.Fatal(err)
	}
	a, err := m.Attachment("*.csv")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Name, a.Loaded()) // of a large mail on a server: false, and Open asks the service
	// Output: prices.csv true
}
