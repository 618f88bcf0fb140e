package testhelpers_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// letters are three mails; the service lists the newest first.
func letters() []*connector.Message {
	at := time.Date(2026, 11, 25, 14, 35, 0, 0, time.UTC)
	mail := func(id, subject, text string, age time.Duration) *connector.Message {
		return &connector.Message{ID: id, Folders: []connector.Folder{connector.Inbox}, Received: at.Add(-age), Subject: subject, Text: text,
			From: []connector.Address{{Addr: "shop@contoso.example"}}, To: []connector.Address{{Addr: "qa@example.com"}}}
	}
	return []*connector.Message{
		mail("3", "Shipped", "Order 4711 is on its way", 0),
		mail("2", "Order confirmed", "Order 4711", time.Minute),
		mail("1", "Order received", "Order 4711", 2*time.Minute),
	}
}

// many are assertions over several mails that do not hold.
var many = map[string]func(t testhelpers.T, ms []*connector.Message) bool{
	"all": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertAll(t, ms, connector.Query{Subject: "order", From: "shop@contoso.example"})
	},
	"all of none": func(t testhelpers.T, _ []*connector.Message) bool {
		return testhelpers.AssertAll(t, nil, connector.Query{Subject: "order"})
	},
	"all, nil": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertAll(t, append(ms, nil), connector.Query{Subject: "order"})
	},
	"all, wrong query": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertAll(t, ms, connector.Query{To: "qa"})
	},
	"too few": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertCount(t, ms, connector.Query{Subject: "order c", Body: "4711"}, 2)
	},
	"too many": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertCount(t, ms, connector.Query{Subject: "order"}, 1)
	},
	"none at all": func(t testhelpers.T, _ []*connector.Message) bool {
		return testhelpers.AssertCount(t, nil, connector.Query{Subject: "order"}, 1)
	},
	"one": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertOne(t, ms, connector.Query{Body: "order 4711"}) != nil
	},
	"order": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertOrder(t, ms, connector.Query{Subject: "shipped"}, connector.Query{Subject: "order"})
	},
	"order of none": func(t testhelpers.T, _ []*connector.Message) bool {
		return testhelpers.AssertOrder(t, nil, connector.Query{Subject: "shipped"})
	},
	"order, wrong query": func(t testhelpers.T, ms []*connector.Message) bool {
		return testhelpers.AssertOrder(t, ms, connector.Query{})
	},
}

func TestMany(t *testing.T) {
	t.Parallel()
	ms := letters()
	order := connector.Query{Subject: "order"}
	var r recorder
	assert.True(t, testhelpers.AssertAll(&r, ms, connector.Query{Body: "order 4711"}))
	assert.True(t, testhelpers.AssertCount(&r, ms, order, 2))
	assert.True(t, testhelpers.AssertCount(&r, ms, connector.Query{Subject: "x"}, 0))
	assert.Same(t, ms[1], testhelpers.AssertOne(&r, ms, connector.Query{Subject: "confirmed"}))
	assert.True(t, testhelpers.AssertOrder(&r, ms, order, order, connector.Query{Subject: "shipped"}))
	assert.True(t, testhelpers.AssertOrder(&r, ms, connector.Query{Subject: "received"}, connector.Query{Subject: "shipped"}))
	assert.True(t, testhelpers.AssertOrder(&r, ms))
	ms[0].Received = ms[1].Received
	assert.True(t, testhelpers.AssertOrder(&r, ms, connector.Query{Subject: "shipped"}, connector.Query{Subject: "confirmed"}), "the same second")
	assert.Empty(t, r.said)
	for name, fails := range many {
		var r recorder
		assert.False(t, fails(&r, letters()), name)
		assert.NotEmpty(t, r.said, name)
		assert.False(t, r.ended, name)
	}
	for _, demand := range []func(testhelpers.T){
		func(t testhelpers.T) { testhelpers.RequireAll(t, ms, order) },
		func(t testhelpers.T) { testhelpers.RequireCount(t, ms, order, 1) },
		func(t testhelpers.T) { testhelpers.RequireOne(t, ms, order) },
		func(t testhelpers.T) { testhelpers.RequireOrder(t, ms, order, order, order) },
	} {
		var r recorder
		demand(&r)
		assert.True(t, r.ended)
	}
	long := make([]*connector.Message, 40)
	for i := range long {
		long[i] = letters()[0]
	}
	r = recorder{}
	testhelpers.AssertAll(&r, long, order)
	assert.Contains(t, r.said, "and 35 more")
	r = recorder{}
	testhelpers.AssertOrder(&r, long, order)
	assert.Contains(t, r.said, "and 20 more")
}

// Several mails at once: all, so many, exactly one, and in which order they came.
func ExampleAssertAll() {
	t, ms := printer{}, letters() // in a test: its *testing.T, and what WaitForN gave
	fmt.Println(testhelpers.AssertAll(t, ms, connector.Query{From: "shop@contoso.example", Body: "4711"}))
	fmt.Println(testhelpers.AssertCount(t, ms, connector.Query{Subject: "order"}, 2))
	fmt.Println(testhelpers.AssertOne(t, ms, connector.Query{Subject: "shipped"}).Body())
	fmt.Println(testhelpers.AssertOrder(t, ms, connector.Query{Subject: "received"}, connector.Query{Subject: "confirmed"}, connector.Query{Subject: "shipped"}))
	// Output:
	// true
	// true
	// Order 4711 is on its way
	// true
}

func ExampleRequireOrder() {
	t, ms := printer{}, letters()
	testhelpers.RequireAll(t, ms, connector.Query{Body: "4711"})
	testhelpers.RequireCount(t, ms, connector.Query{Subject: "order"}, 2)
	fmt.Println(testhelpers.RequireOne(t, ms, connector.Query{Subject: "shipped"}).ID)
	testhelpers.RequireOrder(t, ms, connector.Query{Subject: "shipped"}, connector.Query{Subject: "confirmed"})
	// Output:
	// 3
	// mail 2 of 2 is not there in this order: Subject "confirmed"
	// as received:
	//   2026-11-25 14:33:00 "Order received"
	//   2026-11-25 14:34:00 "Order confirmed", mail 2
	//   2026-11-25 14:35:00 "Shipped", mail 1
	// --- FAIL
}

func ExampleAssertTo() {
	t, m := printer{}, welcome()
	fmt.Println(testhelpers.AssertFrom(t, m, "Shop <shop@example.com>"), testhelpers.AssertCc(t, m, "@example.com"), testhelpers.AssertRecipient(t, m, "list@example.com"))
	testhelpers.AssertTo(t, m, "qa+k8@example.com")
	testhelpers.RequireFrom(t, m, "shop@example.com")
	testhelpers.RequireTo(t, m, "qa+k7@example.com")
	testhelpers.RequireCc(t, m, "boss@example.com")
	testhelpers.RequireRecipient(t, m, "ann@example.com")
	// Output:
	// true true true
	// the address is not in To: only the plus-tag differs
	//   expected: "qa+k8@example.com"
	//   nearest:  Zoë <qa+k7@example.com>
	//             ann@example.com
	//   mail:     "Welcome, Zoë" from shop@example.com, not kept: this T has no ArtifactDir
}

func ExampleAssertElement() {
	t, m := printer{}, welcome()
	fmt.Println(testhelpers.AssertElement(t, m, "td.price", "4.90 €").Path())
	fmt.Println(len(testhelpers.AssertTableRow(t, m, "Total", "4.90 €")))
	testhelpers.RequireElement(t, m, "a[href*=confirm]", "Confirm")
	testhelpers.RequireTableRow(t, m, "Tea", "4.90 €")
	// Output:
	// table > tbody > tr > td.price
	// 2
}

func ExampleAssertImages() {
	fmt.Println(testhelpers.AssertImages(printer{}, welcome()))
	testhelpers.RequireImages(printer{}, &connector.Message{HTML: `<img src="https://cdn.example.com/logo.png" alt="Contoso">`})
	// Output:
	// images cannot be shown
	//   expected: "each has a source and an alt"
	//   nearest:  img cid:logo: the mail has no part cid:logo
	//   mail:     "Welcome, Zoë" from shop@example.com, not kept: this T has no ArtifactDir
	// false
}
