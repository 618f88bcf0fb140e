package imap_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const code = "From: Shop <shop@example.com>\r\nTo: qa@example.com\r\nSubject: Your code\r\n\r\nIt is 123456.\r\n"

// company is a mail server in process, and the mailbox qa@example.com on it.
func company() (*mailstore.Mailbox, *fakeimap.Server, imap.Server) {
	store := mailstore.New()
	qa := store.Add("qa@example.com")
	fake, err := fakeimap.New(store, &fakeimap.Options{Users: map[string]string{"qa@example.com": "secret"}})
	if err != nil {
		panic(err)
	}
	return qa, fake, imap.Server{Host: "localhost", Address: "qa@example.com", Password: connector.Literal("secret"),
		RootCAs: fake.CertPool, Dial: fake.DialContext}
}

// A test waits for the code that a product mails. Here the server is the one in process; in life there is
// no Dial and no RootCAs, and the password comes from a vault.
func Example() {
	qa, fake, server := company()
	defer fake.Close()
	s, err := connector.Connect(context.Background(), server, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	qa.Deliver([]byte(code), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "your code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Subject, "|", strings.TrimSpace(m.Body()), "|", m.Folders)
	// Output: Your code | It is 123456. | [Inbox]
}

// A mail is put into a folder without being sent.
func ExampleServer_Append() {
	_, fake, server := company()
	defer fake.Close()
	ctx := context.Background()
	if err := server.Append(ctx, connector.Archive, []byte(code), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
		fmt.Println(err)
		return
	}
	s, err := connector.Connect(ctx, server, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	ms, err := s.Find(ctx, connector.Query{Subject: "code", Folder: connector.Archive}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(server.Mailbox(), ms[0].Received.Format(time.DateTime))
	// Output: qa@example.com 2026-01-02 03:04:05
}

// What is wrong with a server shows at Connect, as an error that says what to do.
func ExampleServer_Open() {
	_, err := imap.Server{Host: "mail.example.com", Security: imap.Plain, Address: "qa@example.com",
		Password: connector.Literal("secret")}.Open(context.Background(), []connector.Folder{connector.Inbox})
	fmt.Println(err)
	// Output:
	// connect (qa@example.com): wrong configuration: Security is plain, and Host is not on this machine; use tls or starttls: a password would travel readable
}

// Preflight says which step fails.
func ExampleServer_Preflight() {
	_, fake, server := company()
	defer fake.Close()
	server.Password = connector.Literal("guess")
	for _, f := range server.Preflight(context.Background()) {
		fmt.Println(f.OK, f.Check)
	}
	// Output:
	// true fields
	// true server answers with tls
	// true server has a way to sign in
	// false sign-in
}
