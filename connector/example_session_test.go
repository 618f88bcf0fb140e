package connector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"regexp"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A mark says from when on mail is new. It costs no request to look at.
func ExampleSession_Mark() {
	s, _ := mailbox(nil)
	defer s.Close()
	mark := s.Mark()
	fmt.Println(mark.Mailbox(), mark.IsZero(), mark.At().IsZero())
	// Output: qa@example.com false false
}

// What a mailbox cannot do is known before a test needs it.
func ExampleSession_Capabilities() {
	s, _ := mailbox(nil)
	defer s.Close()
	can := s.Capabilities()
	fmt.Println(can.Move, can.Push, can.Claim)
	fmt.Print(can)
	// Output:
	// true false everyone
	// qa@example.com can
	//   send, reply, forward   yes
	//   reply in the thread    yes
	//   move                   yes
	//   trash, clean up        yes
	//   set the read flag      yes
	//   list folders           yes
	//   tell of new mail       no: it is looked for on a schedule
	//   open a single part     yes
	//   keep ids in moves      yes
	//   share one reader       no: each session has its own
	//   claim across processes yes
}

// The report is for people; the fields are for programs.
func ExampleCapabilities_String() {
	c := connector.Capabilities{Mailbox: "qa@example.com", Trash: true}
	fmt.Println(strings.Contains(c.String(), "trash, clean up        yes"), strings.Contains(c.String(), "send, reply, forward   no"))
	// Output: true true
}

// How long to watch need not be guessed: the delays of the mailbox say it.
func ExampleSession_ProveNone() {
	s, box := mailbox(nil)
	defer s.Close()
	box.Deliver([]byte("From: shop@example.com\r\nSubject: Order confirmed 7f3m\r\nMessage-ID: <1@example.com>\r\n\r\n"), mailstore.Delivery{})
	proof, err := s.ProveNone(context.Background(), connector.Query{Subject: "invoice"}, connector.Silence{
		Sentinel: func(context.Context) (connector.Query, error) { return connector.Query{Subject: "7f3m"}, nil },
	})
	fmt.Println(proof.By, proof.Sentinel, err)
	// Output: sentinel 1@example.com <nil>
}

// A proof says in a line how it was made.
func ExampleProof_String() {
	fmt.Println(connector.Proof{By: connector.ByWindow, Window: 30 * time.Second})
	fmt.Println(connector.Proof{By: connector.ByCalibrated, Window: 12 * time.Second, Miss: 0.01, Observed: 40})
	fmt.Println(connector.Proof{By: connector.BySentinel, Window: 2 * time.Second, Sentinel: "1@example.com"})
	// Output:
	// no mail within 30s
	// no mail within 12s, after which 1 % of the mails come by the delays of 40 mails of this mailbox
	// no mail before the sentinel <1@example.com>, which came after 2s
}

// Safety first: whom a run must never reach, how much it may do, and a rehearsal that does nothing.
func ExampleOptions_safety() {
	_, err := connector.Connect(context.Background(), memory.Server{Store: mailstore.New(), Address: "orders@shop.example"},
		&connector.Options{Deny: []string{"@shop.example"}})
	fmt.Println(errors.Is(err, connector.ErrRefused))

	s, _ := mailbox(&connector.Options{DryRun: true, SendMax: 1})
	defer s.Close()
	for range 2 {
		receipt, err := s.Send(context.Background(), connector.Draft{To: []string{"qa@example.com"}, Subject: "Hello"})
		fmt.Println(receipt.DryRun, errors.Is(err, connector.ErrRefused))
	}
	// Output:
	// true
	// true false
	// false true
}

// Looks is the price of a usual wait, Share the part of the quota that one of several machines may use.
func ExampleOptions_quota() {
	s, _ := mailbox(&connector.Options{Looks: 30, Share: 0.1})
	defer s.Close()
	fmt.Println(s.Mailbox())
	// Output: qa@example.com
}

// The name of a scope tells in logs and reports which test waited.
func ExampleSession_Name() {
	s, _ := mailbox(nil)
	defer s.Close()
	test, err := s.Begin(context.Background(), connector.Scope{Name: "TestSignUp"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(test.Name(), "in", test.Mailbox())
	// Output: TestSignUp in qa@example.com
}

// Since counts the mail of the last hour as new, for a product that was triggered earlier.
func ExampleScope_since() {
	s, box := mailbox(nil)
	defer s.Close()
	now := time.Now()
	box.Deliver([]byte("Subject: nightly report\r\n\r\n"), mailstore.Delivery{Received: now.Add(-2 * time.Hour)})
	box.Deliver([]byte("Subject: hourly report\r\n\r\n"), mailstore.Delivery{Received: now.Add(-10 * time.Minute)})
	test, err := s.Begin(context.Background(), connector.Scope{Since: now.Add(-time.Hour)})
	if err != nil {
		log.Fatal(err)
	}
	m, err := test.WaitFor(context.Background(), connector.Query{Subject: "report"})
	fmt.Println(m.Subject, err)
	// Output: hourly report <nil>
}

// Cleanup asks for the trash at the end of a test; [testhelpers.Begin] does so for every test, and
// a program of its own looks here.
//
// [testhelpers.Begin]: https://pkg.go.dev/github.com/cloudmail-go/cloudmail/testhelpers#Begin
func ExampleSession_Cleanup() {
	s, box := mailbox(&connector.Options{Cleanup: true, CleanMax: 10})
	defer s.Close()
	ctx := context.Background()
	deliver(box, "Mine", "")
	if _, err := s.WaitFor(ctx, connector.Query{Subject: "mine"}); err != nil {
		log.Fatal(err)
	}
	if s.Cleanup() {
		n, err := s.Clean(ctx)
		fmt.Println(n, err)
	}
	// Output: 1 <nil>
}

// A mail that no wait gave to the session is not touched, unless Options.Foreign says so.
func ExampleSession_Trash() {
	s, box := mailbox(nil)
	defer s.Close()
	ctx := context.Background()
	deliver(box, "Mine", "")
	deliver(box, "Of somebody else", "")
	mine, err := s.WaitFor(ctx, connector.Query{Subject: "mine"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Trash(ctx, mine), mine.Folders)

	found, err := s.Find(ctx, connector.Query{Subject: "somebody else"}, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(s.Trash(ctx, found[0]), connector.ErrRefused))
	// Output:
	// <nil> [Trash]
	// true
}

// company gives a session in qa@example.com, which may write to all of example.com, and the
// mailboxes of that domain.
func company() (*connector.Session, *mailstore.Store) {
	store := mailstore.New()
	for _, address := range []string{"qa@example.com", "ada@example.com", "bob@example.com"} {
		store.Add(address)
	}
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com"},
		&connector.Options{SendTo: []string{"@example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	return s, store
}

// got prints the subjects in the inbox of a mailbox.
func got(store *mailstore.Store, address string) {
	box, _ := store.Mailbox(address)
	for _, mail := range box.List(mailstore.Inbox) {
		m, err := connector.ReadMessage(bytes.NewReader(mail.Raw))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s got %q, attachments %d\n", address, m.Subject, len(m.Attachments))
	}
}

func ExampleSession_ReplyAll() {
	s, store := company()
	defer s.Close()
	ctx := context.Background()
	store.Relay("ada@example.com", []string{"qa@example.com"}, []byte("From: ada@example.com\r\nTo: qa@example.com\r\n"+
		"Cc: bob@example.com\r\nSubject: Ticket 7\r\nMessage-ID: <7@example.com>\r\n\r\nbroken\r\n"))
	m, err := s.WaitFor(ctx, connector.Query{Subject: "ticket 7"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.ReplyAll(ctx, m, connector.Draft{Text: "fixed"}); err != nil {
		log.Fatal(err)
	}
	got(store, "ada@example.com")
	got(store, "bob@example.com")
	// Output:
	// ada@example.com got "Re: Ticket 7", attachments 0
	// bob@example.com got "Re: Ticket 7", attachments 0
}

func ExampleSession_Forward() {
	s, store := company()
	defer s.Close()
	ctx := context.Background()
	store.Relay("shop@contoso.example", []string{"qa@example.com"}, []byte("From: shop@contoso.example\r\nTo: qa@example.com\r\n"+
		"Subject: Order 7\r\n\r\nthank you\r\n"))
	m, err := s.WaitFor(ctx, connector.Query{Subject: "order 7"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Forward(ctx, m, connector.Draft{To: []string{"bob@example.com"}, Text: "Is this right?"}); err != nil {
		log.Fatal(err)
	}
	got(store, "bob@example.com")
	// Output: bob@example.com got "Fwd: Order 7", attachments 1
}

// A failed wait is a report: what came, and why each mail did not match.
// A backend whose mail went out, and whose copy did not come to be, says so by a NoCopyError.
func ExampleNoCopyError() {
	var err error = &connector.NoCopyError{Err: connector.ErrThrottled}
	fmt.Println(err)
	fmt.Println(errors.Is(err, connector.ErrThrottled), errors.Unwrap(err))
	// Output:
	// the mail was sent, and Sent has no copy: throttled
	// true throttled
}

func ExampleWaitError() {
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Your password was changed", "")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := s.WaitFor(ctx, connector.Query{Subject: "your password has changed"})
	if failed, ok := errors.AsType[*connector.WaitError](err); ok {
		for _, miss := range failed.Arrivals {
			fmt.Println(miss.Subject, miss.Reasons[0].Near)
		}
	}
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// Your password was changed differs at character 15
	// true
}

// Every error has a kind for the program, and a remedy for the reader.
func ExampleError() {
	store := mailstore.New()
	_, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com"}, nil)
	if e, ok := errors.AsType[*connector.Error](err); ok {
		fmt.Println("no mailbox:", errors.Is(e, connector.ErrNoMailbox))
		fmt.Println("what to do:", e.Remedy)
	}
	// Output:
	// no mailbox: true
	// what to do: add it with Store.Add
}

// Either mail will do, and the total in it is checked by the test's own code.
func ExampleQuery() {
	q := connector.Query{
		From:  "@contoso.example",
		AnyOf: []connector.Query{{Subject: "invoice"}, {SubjectRE: regexp.MustCompile(`^Order \d+ paid$`)}},
		Where: func(m *connector.Message) error {
			if len(m.Attachments) > 0 {
				return fmt.Errorf("it has %d attachments", len(m.Attachments))
			}
			return nil
		},
	}
	s, box := mailbox(nil)
	defer s.Close()
	deliver(box, "Order 7 placed", "")
	deliver(box, "Order 7 paid", "")
	m, err := s.WaitFor(context.Background(), q)
	fmt.Println(m.Subject, err)
	fmt.Println(q)
	// Output:
	// Order 7 paid <nil>
	// From "@contoso.example", AnyOf (Subject "invoice") or (SubjectRE "^Order \\d+ paid$"), Where …
}

// A folder of one's own is watched if Options says so.
func ExampleOptions_folders() {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	if err := box.CreateFolder("Orders"); err != nil {
		log.Fatal(err)
	}
	box.Route(func(mailstore.Message) string { return "Orders" }) // a rule of the mailbox
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com"},
		&connector.Options{Folders: []connector.Folder{connector.Inbox, "Orders"}, Wait: 10 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	deliver(box, "Order 7", "")
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "order", Folder: "Orders"})
	fmt.Println(m.Subject, m.Folders, err)
	_, err = s.WaitFor(context.Background(), connector.Query{Subject: "order", Folder: "Projects"})
	fmt.Println(err)
	// Output:
	// Order 7 [Orders] <nil>
	// wait (qa@example.com): wrong configuration: Query.Folder: "Projects" is not watched; add it to Options.Folders at Connect; watched are: Inbox, Orders
}
