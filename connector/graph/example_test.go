package graph_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A test waits for the mail that the product sends. The embedded service stands in for the real
// one, whose Transport is left nil.
func ExampleOffice365() {
	store := mailstore.New()
	mailbox := store.Add("qa@contoso.example")
	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{})

	ctx := context.Background()
	s, err := connector.Connect(ctx, graph.Office365{
		Tenant:       app.Tenant,
		ClientID:     app.ClientID,
		ClientSecret: connector.Literal(app.Secret()),
		Address:      "qa@contoso.example",
		Transport:    fake.RoundTripper(),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	mailbox.Deliver([]byte("From: shop@example.com\r\nTo: qa@contoso.example\r\nSubject: Your code\r\n\r\nIt is 482913.\r\n"), mailstore.Delivery{})

	m, err := s.WaitFor(ctx, connector.Query{Subject: "your code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Subject, "from", m.From[0].Addr)
	// Output: Your code from shop@example.com
}

// A mistake in the fields is told before the first request, with its remedy.
func ExampleOffice365_Preflight() {
	server := graph.Office365{
		Tenant:       "contoso.example",
		ClientID:     "a1b2c3d4-0000-4000-8000-0123456789ab",
		ClientSecret: connector.Literal("11111111-2222-4333-8444-555555555555"),
		Address:      "qa@contoso.example",
	}
	for _, f := range server.Preflight(context.Background()) {
		fmt.Println(strings.TrimSpace(fmt.Sprintln(f.Check, f.OK, f.Remedy)))
	}
	// Output:
	// fields true
	// sign-in false give the secret's value, which the portal shows once, when the secret is made
}
