package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
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

// In a workflow of GitHub Actions no secret is stored: the workflow's own token signs the app in.
func ExampleGitHubActions() {
	server := graph.Office365{
		Tenant:         "contoso.example",
		ClientID:       "a1b2c3d4-0000-4000-8000-0123456789ab",
		FederatedToken: graph.GitHubActions(),
		Address:        "qa@contoso.example",
	}
	fmt.Println(server.Preflight(canceled())[0].Detail)
	// Output: tenant, app, credential and address are well-formed
}

// canceled keeps an example from asking the real service.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// In Kubernetes the token lies in a file, which is read anew for each sign-in.
func ExampleWorkloadIdentityFile() {
	file := filepath.Join(os.TempDir(), "no-such-token")
	token := graph.WorkloadIdentityFile(file)
	_, err := token(context.Background())
	fmt.Println(errors.Is(err, os.ErrNotExist))
	// Output: true
}

// The session shows which mailbox it reads before anything is asked of the service.
func ExampleOffice365_Mailbox() {
	fmt.Println(graph.Office365{Address: " qa@contoso.example "}.Mailbox())
	// Output: qa@contoso.example
}

// Access tokens made elsewhere open a mailbox: those of oauth.Delegated, with which a person signed
// in, or of oauth.EntraApp.
func ExampleTokens() {
	store := mailstore.New()
	store.Add("qa@contoso.example")
	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{})
	tokens, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: connector.Literal(app.Secret()),
		Scope: "https://graph.microsoft.com/.default", Client: &http.Client{Transport: fake.RoundTripper()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := connector.Connect(context.Background(), graph.Office365{
		TokenCredential: graph.Tokens(tokens.Token),
		Address:         "qa@contoso.example",
		Transport:       fake.RoundTripper(),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	fmt.Println(s.Mailbox())
	// Output: qa@contoso.example
}
