package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const welcome = "From: shop@example.com\r\nTo: qa@example.com\r\nSubject: Your code is 4711\r\n\r\nWelcome!\r\n"

// A test connects to a mailbox in memory, the product delivers, and the wait is given the mail.
func Example() {
	ctx := context.Background()
	store := mailstore.New()
	box := store.Add("qa@example.com")
	s, err := connector.Connect(ctx, memory.Server{Store: store, Address: "qa@example.com"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	box.Deliver([]byte(welcome), mailstore.Delivery{From: "shop@example.com"})

	m, err := s.WaitFor(ctx, connector.Query{To: "qa@example.com", Subject: "your code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Subject)
	// Output: Your code is 4711
}

// A test double that is throttled shows how a program bears it: the wait takes longer, and ends well.
func ExampleFaults() {
	ctx := context.Background()
	store := mailstore.New()
	box := store.Add("qa@example.com")
	faults := &memory.Faults{}
	s, err := connector.Connect(ctx, memory.Server{Store: store, Address: "qa@example.com", Faults: faults}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	faults.Throttle(1, 300*time.Millisecond)
	box.Deliver([]byte(welcome), mailstore.Delivery{})
	m, err := s.WaitFor(ctx, connector.Query{Subject: "code"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Subject, faults.Calls("arrivals") > 1)
	// Output: Your code is 4711 true
}

// What is wrong with a server shows at Connect, as an error that says what to do.
func ExampleServer_Open() {
	store := mailstore.New()
	_, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "nobody@example.com"}, nil)
	fmt.Println(errors.Is(err, connector.ErrNoMailbox))
	fmt.Println(err)
	// Output:
	// true
	// open (nobody@example.com): no such mailbox: the store has no such address; add it with Store.Add
}
