package cloudmail_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// A product sends its sign-up mail by SMTP; the test waits for it in Office 365. The client secret
// of the app comes from a vault.
func Example_signUpOffice365() {
	ctx := context.Background()
	store := mailstore.New()
	store.Add("qa@example.com")
	relay, err := fakesmtp.Start(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer relay.Close()

	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{})
	dir, err := os.MkdirTemp("", "secrets")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "office365"), []byte(app.Secret()), 0o600); err != nil {
		log.Fatal(err)
	}

	vault := filevault.New(&filevault.Options{Dir: dir})
	inbox, err := connector.Connect(ctx, graph.Office365{
		Tenant:       app.Tenant,
		ClientID:     app.ClientID,
		ClientSecret: keyvault.From(vault, "office365"),
		Address:      "qa@example.com",
		Transport:    fake.RoundTripper(), // the embedded Office 365; leave it out for the real one
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	test, err := inbox.Begin(ctx, connector.Scope{Name: "sign-up"})
	if err != nil {
		log.Fatal(err)
	}

	// The product: it knows nothing of the test.
	to := "qa+signup7@example.com"
	mail := shopMail(to, "Welcome to the shop", "Confirm: https://shop.contoso.example/confirm?t=7f2c")
	if err := smtp.SendMail(relay.Addr(), nil, "shop@contoso.example", []string{to}, mail); err != nil {
		log.Fatal(err)
	}

	m, err := test.WaitFor(ctx, connector.Query{To: to, Subject: "welcome"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Subject)
	fmt.Println(strings.TrimSpace(m.Body()))
	// Output:
	// Welcome to the shop
	// Confirm: https://shop.contoso.example/confirm?t=7f2c
}

// The filter of Office 365 took the mail for junk: the wait fails, and its report says where it is.
func Example_timeOutOffice365() {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	inbox, err := connector.Connect(context.Background(), office365(store, "qa@example.com"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	box.Deliver(shopMail("qa@example.com", "Your invoice", "pay now"), mailstore.Delivery{Folder: mailstore.Junk})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err = inbox.WaitFor(ctx, connector.Query{Subject: "your invoice"})
	var failed *connector.WaitError
	if !errors.As(err, &failed) {
		log.Fatal(err)
	}
	fmt.Println(failed.Cause)
	for _, m := range failed.Arrivals {
		fmt.Println(m.Subject, m.Folders, m.Reasons)
	}
	// Output:
	// the mail is in Junk: fix what makes it look like spam, or ask for Folder: Junk
	// Your invoice [Junk] [Folder wants "Inbox", has "Junk" (the mail is in Junk)]
}

// A test writes to the product's mailbox, reads the answer and cleans up after itself: only mails
// that a wait gave to it, and only into Deleted Items.
func Example_sendReplyCleanUp() {
	ctx := context.Background()
	store := mailstore.New()
	store.Add("qa@example.com")
	support := store.Add("support@example.com")
	inbox, err := connector.Connect(ctx, office365(store, "qa@example.com"), &connector.Options{
		SendTo:  []string{"support@example.com"}, // nobody else can be written to
		Cleanup: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	if _, err := inbox.Send(ctx, connector.Draft{To: []string{"support@example.com"}, Subject: "My order", Text: "Where is it?"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("support has", len(support.List(mailstore.Inbox)), "mail")

	// The product answers.
	box, _ := store.Mailbox("qa@example.com")
	box.Deliver(shopMail("qa@example.com", "Re: My order", "On its way."), mailstore.Delivery{})
	m, err := inbox.WaitFor(ctx, connector.Query{Subject: "re: my order", Body: "on its way"})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := inbox.Reply(ctx, m, connector.Draft{To: []string{"support@example.com"}, Text: "Thanks!"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered:", answer.MessageID != "")
	_, err = inbox.Send(ctx, connector.Draft{To: []string{"customer@example.org"}, Subject: "oops", Text: "x"})
	fmt.Println("refused:", errors.Is(err, connector.ErrRefused))
	if err := inbox.SetRead(ctx, m, true); err != nil {
		log.Fatal(err)
	}
	n, err := inbox.Clean(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("cleaned", n, "and the inbox has", len(box.List(mailstore.Inbox)))
	// Output:
	// support has 1 mail
	// answered: true
	// refused: true
	// cleaned 1 and the inbox has 0
}
