package connectortest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// find returns the law of a name.
func find(name string) connectortest.Law {
	laws := connectortest.Laws()
	return laws[slices.IndexFunc(laws, func(law connectortest.Law) bool { return law.Name == name })]
}

// A law says what holds, and who suffers where it does not.
func ExampleLaws() {
	for _, law := range connectortest.Laws() {
		if law.Name == "since-reaches-back" {
			fmt.Println(law.Why)
		}
	}
	// Output: who asks for the mail of the last hour gets it, once, and nothing older
}

// A harness that cannot do something leaves it nil, and the laws that need it are not tried.
func ExampleLaw() {
	law := find("since-reaches-back")
	in := connectortest.FromStore(mailstore.New())
	fmt.Println(law.Needs(in))
	in.Place = nil // a service on which no mail can be stored with a time of one's own
	fmt.Println(law.Needs(in))
	// Output:
	// true
	// false
}

// The hands that other people have in the mailbox, over a fake whose mail lies in a store.
func ExampleFromStore() {
	store := mailstore.New()
	in := connectortest.FromStore(store)
	in.Server = memory.Server{Store: store, Address: connectortest.Address}

	in.Deliver([]byte("Message-ID: <7@example.com>\r\nSubject: Order 7\r\n\r\n"))
	in.Move("7@example.com", connector.Junk)
	in.Touch("7@example.com")
	for _, mail := range in.Snapshot() {
		fmt.Println(mail.MessageID, mail.Folder, mail.Read)
	}
	// Output: 7@example.com Junk true
}

// One law alone, to see that it catches what it should: a service that takes an hour for each
// request must not be found good.
func ExampleTry() {
	slow := connectortest.Harness{Virtual: true, New: func(*testing.T) *connectortest.Instance {
		store, faults := mailstore.New(), &memory.Faults{}
		faults.Delay(time.Hour)
		in := connectortest.FromStore(store)
		in.Server = memory.Server{Store: store, Address: connectortest.Address, Faults: faults}
		return in
	}}
	_ = func(t *testing.T) { // func TestSlowIsCaught
		if v := connectortest.Try(t, slow, find("a-mark-survives-as-text")); len(v.Errors) == 0 {
			t.Error("the law must be broken, and holds")
		}
	}
}
