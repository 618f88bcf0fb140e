package authentication_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/authentication"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// signed is a mail that a wait gave, and the DNS of its sender.
func signed() (*connector.Message, authentication.Zone) {
	m, err := connector.ReadMessage(bytes.NewReader(fixtures.Raw("dkim-signed")))
	if err != nil {
		log.Fatal(err)
	}
	zone := authentication.Zone(fixtures.Want("dkim-signed").DNS)
	zone["_dmarc.example.com"] = "v=DMARC1; p=reject"
	return m, zone
}

// Who sent a mail is proven by its signatures. In life the DNS is net.DefaultResolver.
func ExampleVerifyDKIM() {
	m, zone := signed()
	signatures, err := authentication.VerifyDKIM(context.Background(), m, zone)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range signatures {
		fmt.Println(s.Domain, s.Aligned, s.Err)
	}
	// Output:
	// shop.example.com true <nil>
	// shop.example.com true <nil>
}

// A field that no signature covers can be changed by anybody on the way.
func ExampleSignature_Covers() {
	m, zone := signed()
	signatures, err := authentication.VerifyDKIM(context.Background(), m, zone)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signatures[0].Covers("Subject"), signatures[0].Covers("List-Unsubscribe"))
	// Output: true false
}

// What the domain of From wants to be done with a mail.
func ExampleCheckDMARC() {
	m, zone := signed()
	signatures, err := authentication.VerifyDKIM(context.Background(), m, zone)
	if err != nil {
		log.Fatal(err)
	}
	d, err := authentication.CheckDMARC(context.Background(), m, signatures, "", zone)
	fmt.Println(d.Domain, d.Policy, d.Pass, err)
	// Output: example.com reject true <nil>
}

// Whether the machine that handed a mail over may do so.
func ExampleCheckSPF() {
	zone := authentication.Zone{"example.com": "v=spf1 ip4:192.0.2.0/24 -all"}
	for _, ip := range []string{"192.0.2.1", "198.51.100.1"} {
		c := authentication.Client{IP: net.ParseIP(ip), Helo: "mail.example.com", MailFrom: "bounce@example.com"}
		result, _ := authentication.CheckSPF(context.Background(), c, zone)
		fmt.Println(ip, result)
	}
	// Output:
	// 192.0.2.1 pass
	// 198.51.100.1 fail
}

// The receiving server wrote down who came.
func ExampleClientOf() {
	m, err := connector.ReadMessage(strings.NewReader("Return-Path: <bounce@example.com>\r\n" +
		"Received: from mail.example.com (mail.example.com [192.0.2.1]) by mx.google.com with ESMTPS; Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	c, ok := authentication.ClientOf(m, "mx.google.com")
	fmt.Println(c.IP, c.Helo, c.MailFrom, ok)
	// Output: 192.0.2.1 mail.example.com bounce@example.com true
}

// A zone is the whole of the DNS for a test.
func ExampleZone_LookupTXT() {
	zone := authentication.Zone{"example.com": "v=spf1 -all"}
	ctx := context.Background()
	txt, err := zone.LookupTXT(ctx, "EXAMPLE.com.")
	fmt.Println(txt, err)
	_, err = zone.LookupTXT(ctx, "other.example")
	fmt.Println(err)
	_, mx := zone.LookupMX(ctx, "example.com")
	_, host := zone.LookupIPAddr(ctx, "example.com")
	_, name := zone.LookupAddr(ctx, "192.0.2.1")
	fmt.Println(mx != nil, host != nil, name != nil)
	// Output:
	// [v=spf1 -all] <nil>
	// lookup other.example: no such host
	// true true true
}
