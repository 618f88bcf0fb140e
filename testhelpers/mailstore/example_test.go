package mailstore_test

import (
	"context"
	"fmt"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func ExampleStore_Send() {
	store := mailstore.New()
	ann := store.Add("ann@example.com")
	bob := store.Add("bob@example.com", "sales@example.com")

	raw := []byte("From: ann@example.com\r\nTo: sales@example.com\r\nSubject: Offer\r\n\r\nHello\r\n")
	unknown := store.Send("ann@example.com", []string{"sales+web@example.com", "nobody@example.com"}, raw)

	fmt.Println("unknown:", unknown)
	fmt.Println("bob's mail came for", bob.List(mailstore.Inbox)[0].Rcpt)
	fmt.Println("ann has", len(ann.List(mailstore.Inbox)), "bounce")
	// Output:
	// unknown: [nobody@example.com]
	// bob's mail came for sales+web@example.com
	// ann has 1 bounce
}

func ExampleMailbox_Changes() {
	box := mailstore.New().Add("qa@example.com")
	mark := box.Seq()
	go box.Deliver([]byte("Subject: Order 42\r\n\r\nThanks\r\n"), mailstore.Delivery{})

	if err := box.Wait(context.Background(), mark); err != nil {
		fmt.Println(err)
	}
	for _, change := range box.Changes(mark) {
		fmt.Println(change.Seq, change.Kind, change.Message.Folder)
	}
	// Output: 1 Added Inbox
}
