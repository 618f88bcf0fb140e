package connector_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// mailbox gives a connected session and the mailbox behind it.
func mailbox(o *connector.Options) (*connector.Session, *mailstore.Mailbox) {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com"}, o)
	if err != nil {
		log.Fatal(err)
	}
	return s, box
}

// deliver puts a mail into a mailbox, as a product under test would send it.
func deliver(box *mailstore.Mailbox, subject, body string) {
	box.Deliver([]byte("From: Shop <shop@contoso.example>\r\nTo: qa@example.com\r\nSubject: "+subject+
		"\r\nMessage-ID: <"+strings.ReplaceAll(subject, " ", ".")+"@contoso.example>\r\n\r\n"+body+"\r\n"), mailstore.Delivery{})
}

func ExampleConnect() {
	store := mailstore.New()
	store.Add("qa@example.com")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // for connecting alone
	defer cancel()
	s, err := connector.Connect(ctx, memory.Server{Store: store, Address: "qa@example.com"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	fmt.Println(s.Mailbox())
	// Output: qa@example.com
}

func ExampleLiteral() {
	_, err := connector.Literal("")(context.Background(), "")
	fmt.Println(errors.Is(err, connector.ErrConfig), err)
	// Output: true read credential: wrong configuration: the literal secret is empty; is the variable it came from set?
}

func ExampleSession_Begin() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "of the test before", "")
	test, err := s.Begin(context.Background(), connector.Scope{Name: "sign-up"})
	if err != nil {
		log.Fatal(err)
	}
	deliver(box, "of this test", "")
	m, err := test.WaitFor(context.Background(), connector.Query{From: "shop@contoso.example"})
	fmt.Println(m.Subject, err)
	// Output: of this test <nil>
}

func ExampleSession_WaitFor() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Your code", "Your code is 482913.")
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "your code", BodyRE: regexp.MustCompile(`\d{6}`)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(m.Body())
	// Output: Your code is 482913.
}

func ExampleSession_WaitForN() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Order 7 placed", "")
	deliver(box, "Order 7 paid", "")
	ms, err := s.WaitForN(context.Background(), connector.Query{Subject: "order 7"}, 2)
	fmt.Println(len(ms), err)
	// Output: 2 <nil>
}

func ExampleSession_ExpectNone() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Newsletter", "")
	fmt.Println(s.ExpectNone(context.Background(), connector.Query{Subject: "password"}, 100*time.Millisecond))
	err := s.ExpectNone(context.Background(), connector.Query{Subject: "newsletter"}, 100*time.Millisecond)
	var unexpected *connector.UnexpectedError
	fmt.Println(errors.As(err, &unexpected), unexpected.Message.Subject)
	// Output:
	// <nil>
	// true Newsletter
}

func ExampleSession_Find() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Invoice 1", "")
	deliver(box, "Invoice 2", "")
	ms, err := s.Find(context.Background(), connector.Query{Subject: "invoice"}, 1)
	fmt.Println(len(ms), ms[0].Subject, err)
	// Output: 1 Invoice 2 <nil>
}

func ExampleSession_Send() {
	s, _ := mailbox(nil)
	defer s.Close()
	sent, err := s.Send(context.Background(), connector.Draft{To: []string{"qa@example.com"}, Subject: "Ping", Text: "to myself"})
	if err != nil {
		log.Fatal(err)
	}
	m, err := s.WaitFor(context.Background(), connector.Query{MessageID: sent.MessageID})
	fmt.Println(m.Subject, err)

	_, err = s.Send(context.Background(), connector.Draft{To: []string{"ceo@example.com"}, Subject: "Ping"})
	fmt.Println(err)
	// Output:
	// Ping <nil>
	// send (qa@example.com): refused by the safety catch: "ceo@example.com" is not allowed as a recipient; add it to Options.SendTo if the test may send there
}

func ExampleSession_Reply() {
	s, _ := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	if _, err := s.Send(ctx, connector.Draft{To: []string{"qa@example.com"}, Subject: "Ticket 7", Text: "broken"}); err != nil {
		log.Fatal(err)
	}
	m, err := s.WaitFor(ctx, connector.Query{Subject: "ticket 7"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Reply(ctx, m, connector.Draft{Text: "fixed"}); err != nil {
		log.Fatal(err)
	}
	r, err := s.WaitFor(ctx, connector.Query{Header: map[string]string{"In-Reply-To": m.MessageID}})
	fmt.Println(r.Subject, err)
	// Output: Re: Ticket 7 <nil>
}

func ExampleSession_Move() {
	s, box := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	deliver(box, "Keep me", "")
	m, err := s.WaitFor(ctx, connector.Query{Subject: "keep me"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Move(ctx, m, connector.Archive), m.Folders)
	fmt.Println(s.SetRead(ctx, m, true))
	// Output:
	// <nil> [Archive]
	// <nil>
}

func ExampleSession_Clean() {
	s, box := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	deliver(box, "Mine", "")
	deliver(box, "Of somebody else", "")
	if _, err := s.WaitFor(ctx, connector.Query{Subject: "mine"}); err != nil {
		log.Fatal(err)
	}
	n, err := s.Clean(ctx)
	fmt.Println(n, err, len(box.List(mailstore.Trash)), len(box.List(mailstore.Inbox)))
	// Output: 1 <nil> 1 1
}

func ExampleSession_Folders() {
	s, box := mailbox(nil)
	defer s.Close()
	if err := box.CreateFolder("Projects/2026"); err != nil {
		log.Fatal(err)
	}
	folders, err := s.Folders(context.Background())
	fmt.Println(folders, err)
	// Output: [Inbox Junk Sent Drafts Trash Archive Projects Projects/2026] <nil>
}

func ExampleMark() {
	s, box := mailbox(nil)
	defer s.Close()
	text, err := s.Mark().MarshalText() // hand this to another process
	if err != nil {
		log.Fatal(err)
	}
	deliver(box, "Between the processes", "")

	var mark connector.Mark
	if err := mark.UnmarshalText(text); err != nil {
		log.Fatal(err)
	}
	later, err := s.Begin(context.Background(), connector.Scope{Mark: mark})
	if err != nil {
		log.Fatal(err)
	}
	m, err := later.WaitFor(context.Background(), connector.Query{Everything: true})
	fmt.Println(m.Subject, err)
	// Output: Between the processes <nil>
}

func ExampleQuery_Mismatch() {
	m, err := connector.ReadMessage(strings.NewReader("From: a@example.com\r\nTo: qa+1@example.com\r\nSubject: Welcome\r\n\r\nhello\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	m.Folders = []connector.Folder{connector.Junk}
	for _, r := range (connector.Query{To: "qa+2@example.com", Subject: "welcome"}).Mismatch(m) {
		fmt.Println(r)
	}
	// Output:
	// To wants "qa+2@example.com", has "qa+1@example.com" (only the plus-tag differs)
	// Folder wants "Inbox", has "Junk" (the mail is in Junk)
}

func ExampleQuery_Check() {
	fmt.Println(connector.Query{}.Check())
	fmt.Println(connector.Query{To: "qa"}.Check())
	// Output:
	// check query: wrong configuration: Query: no criterion is set; an empty variable? Set Everything to mean any mail
	// check query: wrong configuration: To: "qa" is no address; write "local@domain", or "@domain" for a whole domain
}

func ExampleReadMessage() {
	m, err := connector.ReadMessage(strings.NewReader("Subject: =?utf-8?q?Caf=C3=A9?=\r\nContent-Type: text/html\r\n\r\n<p>Hello<br>there</p>"))
	fmt.Println(m.Subject, err)
	fmt.Println(m.Body())
	// Output:
	// Café <nil>
	// Hello
	// there
}

func ExampleMessage_Attachment() {
	s, _ := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	_, err := s.Send(ctx, connector.Draft{To: []string{"qa@example.com"}, Subject: "Invoice",
		Attachments: []connector.File{{Name: "invoice.txt", Data: []byte("total 42")}}})
	if err != nil {
		log.Fatal(err)
	}
	m, err := s.WaitFor(ctx, connector.Query{Attachment: "*.txt"})
	if err != nil {
		log.Fatal(err)
	}
	a, err := m.Attachment("invoice.*")
	if err != nil {
		log.Fatal(err)
	}
	r, err := a.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	fmt.Println(a.Name, a.Size, string(data), err)
	// Output: invoice.txt 8 total 42 <nil>
}

func ExampleFold() {
	fmt.Println(connector.Fold("  Straße\u00a0 ＡＢＣ\u200b "))
	// Output: strasse abc
}

func ExamplePlain() {
	fmt.Println(connector.Plain("Ｃｏｄｅ：\u00a04711"))
	// Output: Code: 4711
}

func ExampleMessage_Texts() {
	m := &connector.Message{Text: "hello", HTML: "<p>Hello<b>!</b></p>"}
	fmt.Println(m.Texts())
	// Output: [hello Hello!]
}

func ExampleMessage_Thread() {
	m := &connector.Message{MessageID: "c@example.com", References: []string{"a@example.com", "b@example.com"}}
	fmt.Println(m.Thread())
	// Output: a@example.com
}

func ExampleSafeName() {
	fmt.Println(connector.SafeName("../../etc/bill\u202efdp.exe"))
	// Output: billfdp.exe
}
