package memory_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// connect gives a session in a mailbox whose service has faults.
func connect(faults *memory.Faults) (*connector.Session, *mailstore.Mailbox) {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: "qa@example.com", Faults: faults}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return s, box
}

// An outage is waited out; what a user may not do ends the wait at once.
func ExampleFaults_Fail() {
	faults := &memory.Faults{}
	s, box := connect(faults)
	defer s.Close()

	faults.Fail(1, connector.ErrUnavailable)
	box.Deliver([]byte(welcome), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err)

	faults.Fail(-1, connector.ErrPermission) // every call, until Fail(0, nil)
	_, err = s.WaitFor(context.Background(), connector.Query{Subject: "another"})
	fmt.Println(errors.Is(err, connector.ErrPermission))
	// Output:
	// Your code is 4711 <nil>
	// true
}

// A secret is rotated while a session waits: the credential is asked again, with the refused value.
func ExampleFaults_Accept() {
	faults := &memory.Faults{}
	faults.Accept("old")
	vault := func(_ context.Context, refused string) (string, error) {
		if refused == "old" {
			return "new", nil
		}
		return "old", nil
	}
	store := mailstore.New()
	box := store.Add("qa@example.com")
	s, err := connector.Connect(context.Background(),
		memory.Server{Store: store, Address: "qa@example.com", Credential: vault, Faults: faults}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	faults.Accept("new")
	box.Deliver([]byte(welcome), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err)
	// Output: Your code is 4711 <nil>
}

// A service that forgets its cursors, or breaks off its lists, makes a wait longer, never wrong.
func ExampleFaults_LoseCursors() {
	faults := &memory.Faults{}
	s, box := connect(faults)
	defer s.Close()

	faults.LoseCursors()
	box.Deliver([]byte(welcome), mailstore.Delivery{})
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err)

	faults.CutArrivals(true) // each list ends after its first mail
	box.Deliver([]byte("Subject: Newsletter\r\n\r\n"), mailstore.Delivery{})
	box.Deliver([]byte("Subject: Your code is 4712\r\n\r\n"), mailstore.Delivery{})
	m, err = s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err)
	// Output:
	// Your code is 4711 <nil>
	// Your code is 4712 <nil>
}

// Somebody deletes a mail before it is read: the wait goes on to the next.
func ExampleFaults_Vanish() {
	faults := &memory.Faults{}
	s, box := connect(faults)
	defer s.Close()

	faults.Vanish(1)
	for _, to := range []string{"the first", "the second"} {
		box.Deliver([]byte("Subject: code for "+to+"\r\n\r\n"), mailstore.Delivery{})
	}
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err)
	// Output: code for the second <nil>
}

// A slow service, and a slow line: what a wait of the user's program needs as time shows here.
func ExampleFaults_Delay() {
	faults := &memory.Faults{}
	s, box := connect(faults)
	defer s.Close()

	faults.Delay(20 * time.Millisecond)      // a call
	faults.SlowBodies(20 * time.Millisecond) // each 64 KiB of a mail
	box.Deliver([]byte(welcome), mailstore.Delivery{})
	begun := time.Now()
	m, err := s.WaitFor(context.Background(), connector.Query{Subject: "code"})
	fmt.Println(m.Subject, err, time.Since(begun) >= 40*time.Millisecond)
	// Output: Your code is 4711 <nil> true
}
