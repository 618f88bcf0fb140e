package links_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/links"
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

func ExampleFind() {
	l, err := links.Find(sample("link-safelinks"), links.Query{Text: "confirm"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Target)
	fmt.Println(l.Warning())
	// Output:
	// https://cloud.example.com/confirm?token=abc123&n=1
	// rewritten by Microsoft Safe Links, which may have opened it already: a link that works once may be used up
}

func ExampleAll() {
	for _, l := range links.All(sample("link-google-redirect")) {
		fmt.Println(l)
	}
	// Output:
	// "the plan" → https://docs.example.com/d/1?usp=mail (html, by Google)
	// "Open" → https://docs.example.com/open (image)
}

func ExampleOfText() {
	for _, l := range links.OfText("Your link: <https://example.com/a/\n b>. Bye!") {
		fmt.Println(l.URL)
	}
	// Output: https://example.com/a/b
}

func ExampleOfHTML() {
	for _, l := range links.OfHTML(`<a class="button" href="https://example.com/?a=1&amp;b=2">Go</a>`) {
		fmt.Println(l.Place, l.Text, l.Raw, l.URL)
	}
	// Output: button Go https://example.com/?a=1&amp;b=2 https://example.com/?a=1&b=2
}

func ExampleUnwrap() {
	target, by, _ := links.Unwrap("https://urldefense.proofpoint.com/v2/url?u=https-3A__cloud.example.com_magic-3Ft-3D9f8e&d=DwMF")
	fmt.Println(target, by)
	// Output: https://cloud.example.com/magic?t=9f8e Proofpoint URL Defense
}

func ExampleLink_Param() {
	l, err := links.Find(sample("magic-link"), links.Query{Place: links.InButton})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Param("next"))
	// Output: /inbox
}

func ExampleLink_Host() {
	l, err := links.Find(sample("link-safelinks"), links.Query{Text: "confirm"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Host()) // of the target, not of the gateway that rewrote it
	// Output: cloud.example.com
}
