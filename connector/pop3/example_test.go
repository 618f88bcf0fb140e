package pop3_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// mailServer is a POP3 server with the mailbox of qa@example.com.
func mailServer() (*fakepop3.Server, *mailstore.Mailbox) {
	store := mailstore.New()
	inbox := store.Add("qa@example.com")
	fake, err := fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Implicit, Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	return fake, inbox
}

func Example() {
	fake, inbox := mailServer()
	defer fake.Close()
	server := pop3.Server{
		Host:     "localhost",
		Address:  "qa@example.com",
		Password: connector.Literal("secret"), // a real one: keyvault.From(vault, "mail/qa")
		RootCAs:  fake.CertPool, Dial: fake.DialContext,
	}
	s, err := connector.Connect(context.Background(), server, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	inbox.Deliver([]byte("From: shop@example.com\r\nSubject: Your code\r\n\r\nIt is 4711.\r\n"), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(m.Subject, ": ", m.Text)
	// Output:
	// Your code: It is 4711.
}

func ExampleServer_Preflight() {
	fake, _ := mailServer()
	defer fake.Close()
	server := pop3.Server{Host: "localhost", Address: "qa@example.com", Password: connector.Literal("wrong"),
		RootCAs: fake.CertPool, Dial: fake.DialContext}
	for _, f := range server.Preflight(context.Background()) {
		fmt.Println(f.OK, f.Check)
	}
	// Output:
	// true fields
	// true connection
	// true what the server can
	// false login and maildrop
}

// ledgerRoot is a folder for a ledger; a real one stays.
func ledgerRoot() (*os.Root, func()) {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		panic(err)
	}
	folder, err := os.OpenRoot(dir)
	if err != nil {
		panic(err)
	}
	return folder, func() { _, _ = folder.Close(), os.RemoveAll(dir) }
}

// A mailbox that would grow for ever: a ledger beside the tests notes what they downloaded, and which goes
// from the server when it is old. What would go is told first.
func ExampleServer_Plan() {
	fake, inbox := mailServer()
	defer fake.Close()
	folder, remove := ledgerRoot()
	defer remove()
	server := pop3.Server{Host: "localhost", Address: "qa@example.com", Password: connector.Literal("secret"),
		Ledger: pop3.LedgerFile{Folder: folder, Name: "qa.ledger"}, RootCAs: fake.CertPool, Dial: fake.DialContext}
	for _, subject := range []string{"order 1", "order 2"} {
		inbox.Deliver([]byte("Received: by mx.example.com; Mon, 05 Jan 2026 08:00:00 +0000\r\nSubject: "+subject+"\r\n\r\n"), mailstore.Delivery{NoTrace: true})
	}
	s, err := connector.Connect(context.Background(), server, nil)
	if err != nil {
		panic(err)
	}
	found, err := s.Find(context.Background(), connector.Query{Subject: "order 1"}, 0)
	fmt.Println(len(found), err, s.Close())

	plan, err := server.Plan(context.Background(), pop3.Retention{Days: 30, ByReceived: true})
	if err != nil {
		panic(err)
	}
	for _, m := range plan.Due {
		fmt.Println("due:", m.ID, m.Received.Format(time.DateOnly), m.Size, "bytes")
	}
	gone, err := plan.Delete(context.Background())
	fmt.Println(len(gone), "gone,", err, "left:", len(inbox.List(mailstore.Inbox)))
	// Output:
	// 1 <nil> <nil>
	// due: 0000000100000001 2026-01-05 82 bytes
	// 1 gone, <nil> left: 1
}

// A ledger in a file is a text that is changed by one process at a time.
func ExampleLedgerFile_Update() {
	folder, remove := ledgerRoot()
	defer remove()
	ledger := pop3.LedgerFile{Folder: folder}
	for range 2 {
		err := ledger.Update(context.Background(), func(old []byte) ([]byte, error) { return append(old, '+'), nil })
		fmt.Println(err)
	}
	text, err := folder.ReadFile("pop3.ledger")
	fmt.Println(string(text), err)
	// Output:
	// <nil>
	// <nil>
	// ++ <nil>
}
