package gmail_test

import (
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/internal/apart"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// handover is what the client must know of the service.
type handover struct{ URL, TokenPath, SHA256 string }

// serveLarge is the other process: a mailbox that gets a mail with an attachment of that size.
func serveLarge(tb testing.TB, size int) {
	tb.Helper()
	w := newWorld(tb, &fakegmail.Options{KeyBits: 1024})
	s, err := w.fake.StartPlain()
	require.NoError(tb, err)
	defer s.Close()
	raw, sum := apart.Mail(size)
	token, err := url.Parse(s.TokenURI())
	require.NoError(tb, err)
	require.NoError(tb, apart.Serve([2]any{handover{s.URL, token.Path, sum}, string(w.robot.JSONFor(s.TokenURI()))}, func() {
		w.box.Deliver(raw, mailstore.Delivery{})
	}))
}

// measureLarge is this process: what each need costs.
func measureLarge(tb testing.TB, test string) map[string]apart.Cost {
	tb.Helper()
	var service handover
	var key string
	deliver := apart.Start(tb, test, &[2]any{&service, &key})
	u, err := url.Parse(service.URL)
	require.NoError(tb, err)
	wire := apart.NewWire(tb, u.Host)
	return apart.Measure(tb, gmail.Workspace{Address: connectortest.Address, ServiceAccount: connector.Literal(key),
		Endpoint: "http://" + wire.Addr, TokenURL: service.URL + service.TokenPath}, wire, deliver, service.SHA256)
}

// TestHeap reads a mail of 150 MB, more than Gmail takes: the client holds a small part of it at any time.
func TestHeap(t *testing.T) {
	if apart.Child() {
		serveLarge(t, 110_000_000)
		return
	}
	if os.Getenv("CLOUDMAIL_SOAK") == "" {
		t.Skip("CLOUDMAIL_SOAK is not set, and this moves 150 MB several times; TestNeed does it with 25")
	}
	for need, cost := range measureLarge(t, "TestHeap") {
		assert.LessOrEqual(t, cost.Heap, int64(8<<20), need)
	}
}

// TestNeed asserts what a mail with an attachment of 25 MB costs on the wire: Gmail gives it as a
// whole, of which the subject needs the beginning only. What is under way when it was read counts.
func TestNeed(t *testing.T) {
	if apart.Child() {
		serveLarge(t, 25_000_000)
		return
	}
	costs := measureLarge(t, "TestNeed")
	for need, cost := range costs {
		assert.LessOrEqual(t, cost.Heap, int64(8<<20), need)
	}
	mail := costs["text"].Wire
	assert.Greater(t, mail, int64(25_000_000))
	for _, need := range []string{"subject", "header"} {
		assert.Less(t, costs[need].Wire*2, mail, need)
	}
	assert.Less(t, costs["raw"].Wire, mail*3/2)
	assert.Less(t, costs["attachment"].Wire, mail*5/2)
}

// BenchmarkNeed measures the same.
func BenchmarkNeed(b *testing.B) { apart.Report(b, "gmail", measureLarge(b, "TestNeed")) }
