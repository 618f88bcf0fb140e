package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// subjects reads the Subject of each envelope.
func subjects(envs []connector.Envelope) []string {
	var out []string
	for _, e := range envs {
		for line := range strings.Lines(string(e.Head)) {
			if s, ok := strings.CutPrefix(line, "Subject: "); ok {
				out = append(out, strings.TrimSpace(s))
			}
		}
	}
	return out
}

// looks makes a number of looks, a second apart, and returns what they showed and the place after.
func (w *world) looks(b connector.Backend, c connector.Cursor, n int) ([]connector.Envelope, connector.Cursor) {
	w.t.Helper()
	var all []connector.Envelope
	for range n {
		time.Sleep(time.Second)
		envs, next, err := b.Arrivals(w.t.Context(), c)
		require.NoError(w.t, err)
		all, c = append(all, envs...), next
	}
	return all, c
}

func place(t *testing.T, b connector.Backend) connector.Cursor {
	t.Helper()
	c, err := b.End(t.Context())
	require.NoError(t, err)
	return c
}

// A mail that is stamped long before it shows is beyond the stretch of time that a look lists; the
// delta has it. It costs two requests in thirty looks.
func TestSafetyNet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b := w.open(w.server())
		c := place(t, b)
		time.Sleep(time.Hour)
		_, c = w.looks(b, c, 30) // the net is cast from the first of its looks on
		w.fake.Counter.Reset()
		w.deliver("late", time.Now().Add(-20*time.Minute))
		envs, c := w.looks(b, c, 60)
		assert.Equal(t, []string{"late"}, subjects(envs))
		assert.Equal(t, 4, w.fake.Counter.Count("delta"), "two folders, twice")

		w.fake.ExpireDeltas() // dead cursors are begun anew, and may repeat what is known
		w.deliver("in the gap", time.Now().Add(-20*time.Minute))
		envs, c = w.looks(b, c, 60)
		assert.Subset(t, []string{"late", "in the gap"}, subjects(envs))
		assert.Contains(t, subjects(envs), "in the gap")

		w.fake.Quirk(fakegraph.ReplayDelta, -1)
		w.fake.Quirk(fakegraph.EmptyPage, 3)
		envs, _ = w.looks(b, c, 90)
		assert.Empty(t, envs, "a delta that repeats itself tells nothing new")
	})
}

// The service refused the documented filter of a delta for days once: the waits go on without the
// net. Throttling is obeyed there too, and the net is tried again at the next look.
func TestSafetyNetRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakegraph.Options{RefuseFilter: true})
		b := w.open(w.server())
		w.deliver("seen all the same", time.Time{})
		envs, _ := w.looks(b, place(t, b), 65)
		assert.Empty(t, envs)
		assert.NotZero(t, w.fake.Counter.Count("delta"))

		w = newWorld(t, nil)
		b = w.open(w.server())
		_, c := w.looks(b, place(t, b), 29)
		w.fake.Faults.Push(fakegraph.GraphError("delta", "ApplicationThrottled"))
		w.deliver("beside the error", time.Time{})
		envs, c, err := b.Arrivals(t.Context(), c)
		require.ErrorIs(t, err, connector.ErrThrottled)
		assert.Equal(t, []string{"beside the error"}, subjects(envs), "what came before the error counts")
		before := w.fake.Counter.Count("delta")
		envs, _ = w.looks(b, c, 2)
		assert.Empty(t, envs)
		assert.Equal(t, before+2, w.fake.Counter.Count("delta"))
	})
}

// Pages that are empty and have a link, pages that lost their link, and offsets that shift while
// mail arrives: every mail is seen, none twice.
func TestOddPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		server := w.server()
		server.Transport = smallPages{server.Transport}
		b := w.open(server)
		c := place(t, b)
		for i := range 95 {
			w.deliver(fmt.Sprintf("mail %02d", i), time.Now().Add(time.Duration(i)*time.Second))
		}
		time.Sleep(100 * time.Second)
		w.fake.Quirk(fakegraph.EmptyPage, 2)
		n := 0
		w.fake.Faults.Push(countdown(func() { // one more each time a page is asked for
			n++
			w.deliver(fmt.Sprintf("meanwhile %02d", n), time.Now())
		}))
		envs, _ := w.looks(b, c, 30)
		got := subjects(envs)
		slices.Sort(got)
		assert.Len(t, slices.Compact(slices.Clone(got)), 95+n, "all")
		assert.Len(t, got, 95+n, "once")
	})
}

// Where the link to the next page is lost, the list goes on from the last mail it showed.
func TestLostLink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b := w.open(w.server())
		c := place(t, b)
		for i := range 1100 {
			w.deliver(fmt.Sprintf("mail %04d", i), time.Now().Add(time.Duration(i)*time.Second/4))
		}
		time.Sleep(5 * time.Minute)
		w.fake.Quirk(fakegraph.LostNextLink, 1)
		envs, _ := w.looks(b, c, 1)
		assert.Len(t, envs, 1100)
	})
}

// A list that the service cannot make in time is asked for in smaller pages.
func TestSlowPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		b := w.open(w.server())
		c := place(t, b)
		w.deliver("a", time.Time{})
		f := fakegraph.GraphError("list", "UnknownError")
		f.Times = -1
		f.Match = func(r *http.Request) bool { return !strings.Contains(r.URL.RawQuery, "$top=125") }
		w.fake.Faults.Push(f)
		for range 2 {
			var err error
			_, c, err = b.Arrivals(t.Context(), c)
			require.ErrorIs(t, err, connector.ErrUnavailable)
		}
		envs, _ := w.looks(b, c, 1)
		assert.Equal(t, []string{"a"}, subjects(envs))
	})
}

// A busy mailbox is listed without headers, which are asked for where something is new alone.
func TestBusyMailbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for i := range 400 {
			w.deliver(fmt.Sprint("noise ", i), time.Time{})
		}
		b := w.open(w.server())
		c := place(t, b)
		assert.Len(t, c.Known, 400)
		w.fake.Counter.Reset()
		envs, c := w.looks(b, c, 3)
		assert.Empty(t, envs)
		lean := w.fake.Counter.Total()
		assert.Equal(t, 3, lean.Requests)
		w.deliver("news", time.Time{})
		envs, _ = w.looks(b, c, 1)
		assert.Equal(t, []string{"news"}, subjects(envs))
		assert.Equal(t, 5, w.fake.Counter.Total().Requests)
	})
}

// Mail that a rule files elsewhere, and mail in Junk, is seen by the one list, in the folder where it
// lies; drafts and what was sent from here are no arrivals.
func TestFolders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		require.NoError(t, w.box.CreateFolder("Projects/2026/Shop"))
		w.watch = []connector.Folder{connector.Anywhere}
		b := w.open(w.server())
		c := place(t, b)
		for _, f := range []string{"Inbox", "Junk", "Projects/2026/Shop", "Drafts", "Sent"} {
			place := placed(f)
			w.box.Deliver([]byte(strings.Replace(letter, "hello", f, 1)), place)
		}
		envs, _ := w.looks(b, c, 1)
		var got []connector.Folder
		for _, e := range envs {
			got = append(got, e.Folders...)
		}
		assert.ElementsMatch(t, []connector.Folder{connector.Inbox, connector.Junk, "Projects/2026/Shop"}, got)
	})
}
