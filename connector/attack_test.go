package connector_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/codes"
	"github.com/cloudmail-go/cloudmail/connector/delivery"
	"github.com/cloudmail-go/cloudmail/connector/html"
	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
	"github.com/cloudmail-go/cloudmail/connector/links"
)

// Bounds of what a mail may cost, whatever is in it.
const (
	perDoubling = 2.3                   // times as long for twice the size
	mostText    = 2 << 20               // bytes of text that are kept, by default
	atLeast     = 10 * time.Millisecond // what is shorter is the time of fresh memory for the mail itself
)

// readAll does everything that is done with a mail.
func readAll(tb testing.TB, raw string) {
	tb.Helper()
	m, err := connector.ReadMessage(strings.NewReader(raw))
	require.NoError(tb, err)
	_ = m.Body()
	_ = m.Recipients()
	links.All(m)
	codes.All(m, nil)
	html.Marks(m)
	_, _ = html.Of(m) // a mail without HTML has none
	delivery.Trace(m)
	delivery.ListOf(m)
	if delivery.KindOf(m) != "" {
		_, _ = delivery.ReadReport(tb.Context(), m) // most are no report
	}
	assert.NotEmpty(tb, connector.Query{Body: "not in it", Subject: "nor here", To: "x@example.com"}.Mismatch(m))
}

// TestAttacks reads mails that are made to cost much. What the parser takes for itself is bounded by
// what it keeps; that the whole chain ends is seen here, that it does so in time by TestAttackGrowth.
func TestAttacks(t *testing.T) {
	require.GreaterOrEqual(t, len(attacks), 30)
	for _, name := range attackNames() {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{64 << 10, 1 << 20, 4 << 20} {
				raw := attacks[name](size)
				require.Greater(t, len(raw), size/2)
				took, kept := allocated(t, raw)
				if slices.Contains(thin, name) {
					kept = max(kept, min(uint64(len(raw)), mostText))
				}
				assert.LessOrEqual(t, took, perKept*kept+besides, "%d KiB: %d KiB taken for %d KiB kept", size>>10, took>>10, kept>>10)
			}
			readAll(t, attacks[name](256<<10))
		})
	}
}

// allocated is what the parser takes, and what it keeps.
func allocated(t *testing.T, raw string) (took, kept uint64) {
	t.Helper()
	var before, after runtime.MemStats
	r := bytes.NewReader([]byte(raw))
	runtime.ReadMemStats(&before)
	m, err := mailparse.Read(r, mailparse.Limits{})
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	return after.TotalAlloc - before.TotalAlloc, keptOf(m)
}

// keptOf is what a mail holds.
func keptOf(m *mailparse.Mail) uint64 {
	const headers = 16 // bytes of a string beside its content
	n := len(m.Text) + len(m.HTML) + len(m.Subject) + len(m.MessageID) + len(m.InReplyTo)
	for _, f := range m.Fields {
		n += 3*headers + len(f.Name) + len(f.Value) + len(f.Raw)
	}
	for _, list := range [][]mailparse.Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc, m.Bcc} {
		for _, a := range list {
			n += 2*headers + len(a.Name) + len(a.Addr)
		}
	}
	for _, id := range m.References {
		n += headers + len(id)
	}
	for _, p := range m.Parts {
		n += 8*headers + len(p.SHA256) + len(p.Name) + len(p.Type) + len(p.Charset) + len(p.ContentID) + len(p.Data)
	}
	for _, d := range m.Defects {
		n += 2*headers + len(d.What)
	}
	return uint64(n)
}

// TestAttackGrowth takes the time of each shape from 1 to 32 MB.
func TestAttackGrowth(t *testing.T) {
	if os.Getenv("CLOUDMAIL_SOAK") == "" {
		t.Skip("CLOUDMAIL_SOAK is not set, and the clock of a busy machine says nothing")
	}
	for _, name := range attackNames() {
		t.Run(name, func(t *testing.T) {
			var last time.Duration
			for mb := 1; mb <= 32; mb *= 2 {
				last = grows(t, name, mb, last)
			}
		})
	}
}

// grows takes the time of a shape and asserts it against that of half the size, 0 is none. A busy
// machine makes any measure slow, so that a bad one is taken again, with the one before.
func grows(t *testing.T, name string, mb int, last time.Duration) time.Duration {
	t.Helper()
	raw := attacks[name](mb << 20)
	took := fastest(t, raw)
	if last == 0 {
		return took
	}
	bad := func() bool { return took.Seconds() > perDoubling*max(last, atLeast).Seconds() }
	for range 3 {
		if bad() {
			last, took = min(last, fastest(t, attacks[name](mb<<19))), min(took, fastest(t, raw))
		}
	}
	t.Logf("%d MB: %v, %.2f times", mb, took, took.Seconds()/last.Seconds())
	assert.False(t, bad(), "%d MB: %v after %v", mb, took, last)
	return took
}

// fastest is the shortest time of five.
func fastest(tb testing.TB, raw string) time.Duration {
	tb.Helper()
	best := time.Duration(1<<63 - 1)
	for range 5 {
		runtime.GC()
		start := time.Now()
		readAll(tb, raw)
		best = min(best, time.Since(start))
	}
	return best
}

// BenchmarkAttack measures the same; per-doubling is how many times longer than for half the size
// the best of five took. Run it with -benchtime 1x.
func BenchmarkAttack(b *testing.B) {
	for _, name := range attackNames() {
		var last time.Duration
		for mb := 1; mb <= 32; mb *= 2 {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "_"), mb), func(b *testing.B) {
				raw := attacks[name](mb << 20)
				var took time.Duration
				for b.Loop() {
					took = fastest(b, raw)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(took.Microseconds())/1000, "ms")
				if last > 0 {
					b.ReportMetric(took.Seconds()/last.Seconds(), "per-doubling")
				}
				last = took
			})
		}
	}
}
