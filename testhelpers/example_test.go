package testhelpers_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/links"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// printer stands in for the *testing.T of a test: it prints what that would report.
type printer struct{}

func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (printer) FailNow()                          { fmt.Println("--- FAIL") }

// inbox connects to a mailbox in memory. In life it is the one connection of all tests, made in
// TestMain or by the first test, to a real mail service.
func inbox(o *connector.Options) (*connector.Session, product) {
	store := mailstore.New()
	shop := product{store.Add(mailbox)}
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: mailbox}, o)
	if err != nil {
		log.Fatal(err)
	}
	return s, shop
}

// The whole of a test: a session and an address of its own, the product, the wait, the assertion.
func Example() {
	t := printer{} // in a test: its *testing.T
	all, shop := inbox(nil)
	defer all.Close()

	s := testhelpers.Begin(t, all)
	addr := testhelpers.Address(t, all.Mailbox())
	shop.send(addr, "Welcome", "Your code is 482913.") // the product under test
	m := testhelpers.WaitFor(t, s, connector.Query{To: addr, Subject: "welcome"})
	testhelpers.RequireMail(t, m, connector.Query{From: "shop@contoso.example", Body: "your code is"})
	fmt.Print(m.Body())
	// Output: Your code is 482913.
}

// What came before the test began is not the test's.
func ExampleBegin() {
	t := printer{}
	all, shop := inbox(&connector.Options{Cleanup: true}) // what the waits give goes to the trash at the end
	defer all.Close()

	shop.send(mailbox, "Welcome of another test", "")
	s := testhelpers.Begin(t, all)
	shop.send(mailbox, "Welcome of this test", "")
	fmt.Println(testhelpers.WaitFor(t, s, connector.Query{Subject: "welcome"}).Subject)
	// Output: Welcome of this test
}

// No two tests have the same address, so that each finds its own mail in a mailbox shared by all.
func ExampleAddress() {
	t := printer{}
	addr := testhelpers.Address(t, "qa@example.com")
	fmt.Println(strings.HasPrefix(addr, "qa+"), strings.HasSuffix(addr, "@example.com"), len(addr))

	catchAll := testhelpers.Address(t, "test-*@qa.example.com")
	fmt.Println(strings.HasPrefix(catchAll, "test-"), len(catchAll))

	testhelpers.Address(t, "qa")
	// Output:
	// true true 25
	// true 30
	// testhelpers.Address: "qa" is no address: write local@domain
	// --- FAIL
}

// A wait that fails ends the test with the report.
func ExampleWaitFor() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	shop.send(mailbox, "Order 7 placed", "Total: 42 EUR")
	m := testhelpers.WaitFor(t, s, connector.Query{Subject: "order 7", Body: "42 EUR"})
	fmt.Println(m.Subject, "from", m.From[0])

	testhelpers.WaitFor(t, s, connector.Query{To: "qa"})
	// Output:
	// Order 7 placed from Shop <shop@contoso.example>
	// wait (qa@example.com): wrong configuration: To: "qa" is no address; write "local@domain", or "@domain" for a whole domain
	// --- FAIL
}

func ExampleWaitForN() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	for _, state := range []string{"placed", "paid", "shipped"} {
		shop.send(mailbox, "Order 7 "+state, "")
	}
	for _, m := range testhelpers.WaitForN(t, s, connector.Query{Subject: "order 7"}, 3) {
		fmt.Println(m.Subject)
	}
	// Unordered output:
	// Order 7 placed
	// Order 7 paid
	// Order 7 shipped
}

// A mail that must not come: the test fails as soon as it does, and passes only when the time is
// over.
func ExampleExpectNone() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	shop.send(mailbox, "Welcome", "")
	testhelpers.ExpectNone(t, s, connector.Query{Subject: "password"}, 100*time.Millisecond) // some seconds in life
	fmt.Println("no mail about a password")
	// Output: no mail about a password
}

// A mail that must not come, proven by another mail of the same shop that did: no time is guessed.
func ExampleProveNone() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	shop.send(mailbox, "Welcome", "")
	proof := testhelpers.ProveNone(t, s, connector.Query{Subject: "password"}, connector.Silence{
		Sentinel: func(context.Context) (connector.Query, error) {
			order, token := testhelpers.SubjectToken("Order confirmed")
			shop.send(mailbox, order, "")
			return connector.Query{Subject: token}, nil
		},
	})
	fmt.Println("no mail about a password, by", proof.By)
	// Output: no mail about a password, by sentinel
}

// A product that lets the test choose a text, or the Message-ID, makes the mail easy to find.
func ExampleToken() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	order := testhelpers.Token()
	shop.send(mailbox, "Order confirmed", "Thank you for order "+order+".")
	m := testhelpers.WaitFor(t, s, connector.Query{Body: order})
	fmt.Println(m.Subject, len(order))
	// Output: Order confirmed 10
}

// A product that takes a Message-ID from the test has a mail that no other can be taken for.
func ExampleMessageID() {
	id := testhelpers.MessageID("qa@example.com")
	local, domain, _ := strings.Cut(id, "@")
	fmt.Println(len(local), domain, connector.Query{MessageID: id}.Check())
	// Output: 20 example.com <nil>
}

// The token alone is what to wait for: who passes a mail on changes the rest of its subject.
func ExampleSubjectToken() {
	t := printer{}
	all, shop := inbox(nil)
	defer all.Close()
	s := testhelpers.Begin(t, all)

	subject, token := testhelpers.SubjectToken("Your invoice")
	shop.send(mailbox, "[EXTERNAL] "+subject, "")
	m := testhelpers.WaitFor(t, s, connector.Query{Subject: token})
	fmt.Println(strings.Replace(m.Subject, token, "…", 1))
	// Output: [EXTERNAL] Your invoice […]
}

// An assertion tells how near a mail came.
func ExampleAssertMail() {
	t := printer{}
	m, err := connector.ReadMessage(strings.NewReader("From: shop@contoso.example\r\nTo: qa+1@example.com\r\nSubject: Welcome\r\n\r\nHello Ada\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	m.Folders = []connector.Folder{connector.Inbox} // as a wait gives it
	fmt.Println(testhelpers.AssertMail(t, m, connector.Query{Subject: "welcome", Body: "hello ada"}))
	fmt.Println(testhelpers.AssertMail(t, m, connector.Query{To: "qa+2@example.com", Body: "hello bob"}))
	// Output:
	// true
	// the mail "Welcome" does not match:
	//   To wants "qa+2@example.com", has "qa+1@example.com" (only the plus-tag differs)
	//   Body wants "hello bob", has "Hello Ada" (differs at character 7)
	//   mail: "Welcome" from shop@contoso.example, not kept: this T has no ArtifactDir
	// false
}

// The receiving server has judged who sent the mail.
func ExampleAssertAuthenticated() {
	t := printer{}
	m, err := connector.ReadMessage(strings.NewReader("Authentication-Results: mx.google.com; dkim=pass header.d=contoso.example; spf=softfail smtp.mailfrom=contoso.example\r\nSubject: Welcome\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(testhelpers.AssertAuthenticated(t, m, "dkim"))
	testhelpers.RequireAuthenticated(t, m, "dkim")
	// Output: true
}

// A link is followed on request alone. Here the product's pages are a handler in the test process.
func ExampleFollow() {
	t := printer{}
	m, err := connector.ReadMessage(strings.NewReader("Subject: Welcome\r\n\r\nConfirm: https://shop.example/confirm?token=7f3m\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/confirm" {
			http.Redirect(w, r, "/welcome", http.StatusSeeOther)
		}
		fmt.Fprint(w, "Welcome")
	})
	link := testhelpers.RequireLink(t, m, links.Query{Path: "/confirm"})
	page := testhelpers.Follow(t, link, &testhelpers.FollowOptions{Transport: fakehttp.RoundTripper(pages)})
	for _, hop := range page.Hops {
		fmt.Println(hop)
	}
	fmt.Println(string(page.Body))
	// Output:
	// 303 https://shop.example/confirm?token=7f3m → https://shop.example/welcome
	// 200 https://shop.example/welcome
	// Welcome
}

// A hop shows where it leads to.
func ExampleHop_String() {
	fmt.Println(testhelpers.Hop{URL: "https://shop.example/a", Status: 302, Location: "https://shop.example/b"})
	// Output: 302 https://shop.example/a → https://shop.example/b
}

// RequireMail ends the test where AssertMail lets it go on.
func ExampleRequireMail() {
	t := printer{}
	m, err := connector.ReadMessage(strings.NewReader("From: shop@contoso.example\r\nSubject: Welcome\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	testhelpers.RequireMail(t, m, connector.Query{Subject: "welcome", Folder: connector.Anywhere})
	testhelpers.RequireMail(t, m, connector.Query{Subject: "goodbye", Folder: connector.Anywhere})
	// Output:
	// the mail "Welcome" does not match:
	//   Subject wants "goodbye", has "Welcome" (nothing like it)
	//   mail: "Welcome" from shop@contoso.example, not kept: this T has no ArtifactDir
	// --- FAIL
}
