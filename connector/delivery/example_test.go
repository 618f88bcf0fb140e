package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// sample reads a sample mail.
func sample(name string) *connector.Message {
	m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw(name)))
	if err != nil {
		log.Fatal(err)
	}
	return m
}

func ExampleKindOf() {
	fmt.Println(delivery.KindOf(sample("out-of-office-exchange")))
	// Output: out of office
}

func ExampleReadReport() {
	r, err := delivery.ReadReport(context.Background(), sample("bounce"))
	if err != nil {
		log.Fatal(err)
	}
	for _, to := range r.Recipients {
		fmt.Println(r.Kind, to.Address, to.Status, r.MessageID)
	}
	// Output: bounce nobody@example.com 5.1.1 orig.1@contoso.example
}

func ExampleTrace() {
	for _, h := range delivery.Trace(sample("received-trace")) {
		fmt.Println(h.By, h.Delay)
	}
	// Output:
	// queue.esp.example.com 0s
	// queue.esp.example.com 1s
	// out7.esp.example.com 4s
	// mx.contoso.example 25s
	// store.contoso.example 1s
}

func ExampleListOf() {
	fmt.Println(delivery.ListOf(sample("newsletter-one-click")).OneClick)
	// Output: https://news.example.com/u/77?k=abc
}

// judgedMail is a mail that Gmail took in, with a line that its sender made up.
func judgedMail() *connector.Message {
	m, err := connector.ReadMessage(strings.NewReader("Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=example.com; dmarc=fail (p=NONE) header.from=bank.example\r\n" +
		"Authentication-Results: mx.google.test; dmarc=pass header.from=bank.example\r\nFrom: x@bank.example\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// What the receiving server found, and what somebody else says that he found.
func ExampleVerdicts() {
	for _, v := range delivery.Verdicts(judgedMail()) {
		fmt.Println(v.Trusted, v.Server, v.Method, v.Result)
	}
	// Output:
	// true mx.google.com spf pass
	// true mx.google.com dmarc fail
	// false mx.google.test dmarc pass
}

func ExamplePassed() {
	all := delivery.Verdicts(judgedMail())
	fmt.Println(delivery.Passed(all, "spf"), delivery.Passed(all, "dmarc"))
	// Output: true false
}
