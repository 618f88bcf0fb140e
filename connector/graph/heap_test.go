package graph_test

import (
	"crypto/x509"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/internal/apart"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// handover is what the client must know of the service.
type handover struct {
	URL, Tenant, ClientID, Secret, SHA256 string
	CA                                    []byte
}

// serveLarge is the other process: a mailbox that gets a mail with an attachment of that size.
func serveLarge(tb testing.TB, size int) {
	tb.Helper()
	w := newWorld(tb, nil)
	s, err := w.fake.Start()
	require.NoError(tb, err)
	defer s.Close()
	raw, sum := apart.Mail(size)
	require.NoError(tb, apart.Serve(handover{s.URL, w.app.Tenant, w.app.ClientID, w.secret, sum, s.CAPEM}, func() {
		w.box.Deliver(raw, mailstore.Delivery{})
	}))
}

// measureLarge is this process: what each need costs.
func measureLarge(tb testing.TB, test string) map[string]apart.Cost {
	tb.Helper()
	var service handover
	deliver := apart.Start(tb, test, &service)
	u, err := url.Parse(service.URL)
	require.NoError(tb, err)
	wire := apart.NewWire(tb, u.Host)
	pool := x509.NewCertPool()
	require.True(tb, pool.AppendCertsFromPEM(service.CA))
	return apart.Measure(tb, graph.Office365{Tenant: service.Tenant, ClientID: service.ClientID, ClientSecret: connector.Literal(service.Secret),
		Address: connectortest.Address, AuthorityHost: "https://" + wire.Addr, Endpoint: "https://" + wire.Addr, RootCAs: pool}, wire, deliver, service.SHA256)
}

// TestHeap reads a mail of 150 MB: the client holds a small part of it at any time.
func TestHeap(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and this moves 150 MB; .ci/run does without -short")
	}
	if apart.Child() {
		serveLarge(t, 110_000_000)
		return
	}
	for need, cost := range measureLarge(t, "TestHeap") {
		assert.LessOrEqual(t, cost.Heap, int64(4<<20), need)
	}
}

// TestNeed asserts what a mail with an attachment of 25 MB costs on the wire: its subject a thousandth
// of it at most, its text as much as the parts that are read to see that it is large.
func TestNeed(t *testing.T) {
	if apart.Child() {
		serveLarge(t, 25_000_000)
		return
	}
	costs := measureLarge(t, "TestNeed")
	raw := costs["raw"].Wire
	assert.Greater(t, raw, int64(25_000_000))
	for _, need := range []string{"subject", "header"} {
		assert.LessOrEqual(t, costs[need].Wire, int64(10<<10), need)
		assert.Less(t, costs[need].Wire*1000, raw, need)
	}
	assert.Less(t, costs["text"].Wire, int64(2<<20))
	assert.Less(t, costs["attachment"].Wire, raw)
}

// BenchmarkNeed measures the same.
func BenchmarkNeed(b *testing.B) { apart.Report(b, "graph", measureLarge(b, "TestNeed")) }
