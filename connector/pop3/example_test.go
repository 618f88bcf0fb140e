package pop3_test

import (
	"context"
	"fmt"

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
