// Command program waits for one mail in a mailbox of Google Workspace. It is what a user's smallest
// program reaches.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
)

func main() {
	ctx := context.Background()
	s, err := connector.Connect(ctx, gmail.Workspace{
		ServiceAccount: connector.Literal(os.Getenv("GOOGLE_KEY")),
		Address:        "qa@example.com",
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	m, err := s.WaitFor(ctx, connector.Query{Subject: "welcome"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(m.Subject)
}
