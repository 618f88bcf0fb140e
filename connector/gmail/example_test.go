package gmail_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A test waits for the code that a product mails. Here Google is the one in process; in life there
// is no Transport, and the key comes from a vault.
func Example() {
	store := mailstore.New()
	qa := store.Add("qa@example.com")
	google := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	key, err := google.ServiceAccountJSON("example.com")
	if err != nil {
		fmt.Println(err)
		return
	}

	server := gmail.Workspace{
		ServiceAccount: connector.Literal(string(key)),
		Address:        "qa@example.com",
		Transport:      google.RoundTripper(),
	}
	s, err := connector.Connect(context.Background(), server, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	qa.Deliver([]byte("From: Shop <shop@example.com>\r\nTo: qa@example.com\r\nSubject: Your code\r\n\r\nIt is 123456.\r\n"), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "your code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Subject, "|", strings.TrimSpace(m.Body()), "|", m.Folders)
	// Output: Your code | It is 123456. | [Inbox]
}

// Preflight says what an administrator still has to do.
func ExampleWorkspace_Preflight() {
	store := mailstore.New()
	store.Add("qa@example.com")
	google := fakegmail.New(store, nil)
	robot, err := fakegmail.NewAccount(1024)
	if err != nil {
		fmt.Println(err)
		return
	}
	google.Register(robot) // and nobody delegates to it

	server := gmail.Workspace{ServiceAccount: connector.Literal(string(robot.JSON())), Address: "qa@example.com", Transport: google.RoundTripper()}
	for _, f := range server.Preflight(context.Background()) {
		fmt.Println(f.OK, f.Check)
		if !f.OK {
			fmt.Println(strings.ReplaceAll(f.Remedy, robot.ClientID, "<client ID>"))
		}
	}
	// Output:
	// true fields and credential
	// true key is accepted
	// false domain delegates qa@example.com with these scopes
	// in the Admin console, Security > Access and data control > API controls > Manage domain-wide delegation, give client ID <client ID> exactly these scopes: https://www.googleapis.com/auth/gmail.modify (a new entry works after minutes, at most 24 hours)
}
