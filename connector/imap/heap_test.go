package imap_test

import (
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/internal/apart"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// handover is what the client must know of the service.
type handover struct{ Addr, SHA256 string }

// serveLarge is the other process: a mailbox that gets a mail with an attachment of that size.
func serveLarge(tb testing.TB, size int) {
	tb.Helper()
	w := newWorld(tb, &fakeimap.Options{TLS: fakeimap.Plain}, fakeimap.Start)
	raw, sum := apart.Mail(size)
	require.NoError(tb, apart.Serve(handover{w.fake.Addr(), sum}, func() { w.box.Deliver(raw, mailstore.Delivery{}) }))
}

// measureLarge is this process: what each need costs.
func measureLarge(tb testing.TB, test string) map[string]apart.Cost {
	tb.Helper()
	var service handover
	deliver := apart.Start(tb, test, &service)
	wire := apart.NewWire(tb, service.Addr)
	host, port, err := net.SplitHostPort(wire.Addr)
	require.NoError(tb, err)
	n, err := strconv.Atoi(port)
	require.NoError(tb, err)
	return apart.Measure(tb, imap.Server{Host: host, Port: n, Security: imap.Plain, Address: connectortest.Address,
		Password: connector.Literal("secret")}, wire, deliver, service.SHA256)
}

// TestHeap reads a mail of 150 MB: the client holds a small part of it at any time.
func TestHeap(t *testing.T) {
	if apart.Child() {
		serveLarge(t, 110_000_000)
		return
	}
	if os.Getenv("CLOUDMAIL_SOAK") == "" {
		t.Skip("CLOUDMAIL_SOAK is not set, and this moves 150 MB several times; TestNeed does it with 25")
	}
	for need, cost := range measureLarge(t, "TestHeap") {
		assert.LessOrEqual(t, cost.Heap, int64(4<<20), need)
	}
}

// TestNeed asserts what a mail with an attachment of 25 MB costs on the wire.
func TestNeed(t *testing.T) {
	if apart.Child() {
		serveLarge(t, 25_000_000)
		return
	}
	costs := measureLarge(t, "TestNeed")
	for need, cost := range costs {
		assert.LessOrEqual(t, cost.Heap, int64(4<<20), need)
	}
	raw := costs["raw"].Wire
	assert.Greater(t, raw, int64(25_000_000))
	for _, need := range []string{"subject", "header"} {
		assert.LessOrEqual(t, costs[need].Wire, int64(10<<10), need)
		assert.Less(t, costs[need].Wire*1000, raw, need)
	}
	assert.Less(t, costs["text"].Wire, int64(512<<10), "the text is read by its part")
}

// BenchmarkNeed measures the same.
func BenchmarkNeed(b *testing.B) { apart.Report(b, "imap", measureLarge(b, "TestNeed")) }
