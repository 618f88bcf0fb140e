package gmail_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// deaths is how often the history dies in the tests below.
func deaths() int {
	if os.Getenv("CLOUDMAIL_SOAK") == "1" {
		return 1000
	}
	return 250
}

// fill puts old mail into the inbox, more than a page.
func (w *world) fill(n int) {
	for i := range n {
		w.deliver(fmt.Sprintf("old %d", i), time.Now().Add(-48*time.Hour+time.Duration(i)*time.Second))
	}
}

func (w *world) deliver(subject string, received time.Time) mailstore.Message {
	return w.box.Deliver(fmt.Appendf(nil, "From: a@example.com\r\nTo: qa@example.com\r\nSubject: %s\r\nMessage-ID: <%p.%d@example.com>\r\n\r\nx\r\n",
		subject, w, len(w.box.List(""))), mailstore.Delivery{Received: received})
}

// The history dies again and again, with a mail in each gap: none is lost, none is given twice.
func TestDeadHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{UserUnits: -1, KeepDuplicates: true})
		w.fill(700)
		s, err := connector.Connect(t.Context(), w.server(), nil)
		require.NoError(t, err)
		defer s.Close()
		before := w.fake.Counter.Kinds()
		for i := range deaths() {
			time.Sleep(2 * time.Second)
			w.fake.ExpireHistory()
			w.deliver(fmt.Sprintf("gap %d.", i), time.Time{})
			m, err := s.WaitFor(t.Context(), connector.Query{Everything: true, Folder: connector.Anywhere})
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("gap %d.", i), m.Subject)
		}
		w.fake.ExpireHistory()
		require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Everything: true, Folder: connector.Anywhere}, 3*time.Second))
		kinds := w.fake.Counter.Kinds()
		looks := kinds["history"].Requests - before["history"].Requests
		place := kinds["profile"].Requests + kinds["list"].Requests - before["profile"].Requests - before["list"].Requests
		reads := kinds["get"].Requests - before["get"].Requests
		t.Logf("%d deaths: %d looks, %d requests to find the place, %d mails read", deaths()+1, looks, place, reads)
		assert.LessOrEqual(t, place, 3*(deaths()+1)+2*(looks/30+1), "3 each, and a safety look now and then")
		assert.LessOrEqual(t, reads, deaths()+1, "each mail is read once, and one may be looked at")
	})
}

// One place is found again by 3 requests, also in a mailbox of many pages.
func TestDeadHistoryRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegmail.Options{KeepDuplicates: true})
		w.fill(1200)
		b := w.open(w.server())
		place, err := b.End(t.Context())
		require.NoError(t, err)
		assert.LessOrEqual(t, len(place.Known), 25, "a mark stays short")
		for i := range 20 {
			time.Sleep(2 * time.Minute)
			w.fake.ExpireHistory()
			fresh := w.deliver(fmt.Sprint("gap ", i), time.Time{})
			before := w.fake.Counter.Total().Requests
			_, _, err = b.Arrivals(t.Context(), place)
			require.ErrorIs(t, err, connector.ErrCursorLost)
			end, found := again(t.Context(), t, b, place)
			assert.LessOrEqual(t, w.fake.Counter.Total().Requests-before-1, 3, "round %d", i)
			require.Len(t, found, 1, "round %d", i)
			src, err := b.Fetch(t.Context(), found[0].ID, connector.DepthWhole)
			require.NoError(t, err)
			assert.Equal(t, fresh.Received.UTC(), src.Received)
			assert.Equal(t, []connector.Folder{connector.Inbox}, found[0].Folders)
			src.Close()
			place = end
		}
	})
}

// again finds a lost place as a session does, and returns what is new.
func again(ctx context.Context, t *testing.T, b connector.Backend, lost connector.Cursor) (end connector.Cursor, fresh []connector.Envelope) {
	t.Helper()
	end, err := b.End(ctx)
	require.NoError(t, err)
	known := map[string]bool{}
	for _, id := range lost.Known {
		known[id] = true
	}
	for e, err := range b.Search(ctx, connector.Query{Everything: true, Folder: connector.Anywhere, Since: lost.At.Add(-15 * time.Minute)}) {
		require.NoError(t, err)
		if !known[e.ID] {
			fresh = append(fresh, e)
		}
	}
	return end, fresh
}

// A list that the history contradicts is not believed for ever: what the history leaves out is seen
// by the safety look.
func TestSafetyLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.fill(3)
		b := w.open(w.server())
		c, err := b.End(t.Context())
		require.NoError(t, err)
		w.deliver("left out", time.Time{})
		p, err := b.End(t.Context()) // a place after it, as if the history had no record of it
		require.NoError(t, err)
		p.Known = c.Known
		var found []connector.Envelope
		for range 60 {
			var envs []connector.Envelope
			envs, p, err = b.Arrivals(t.Context(), p)
			require.NoError(t, err)
			found = append(found, envs...)
		}
		assert.Len(t, found, 1, "once, and what was there before not at all")
	})
}
