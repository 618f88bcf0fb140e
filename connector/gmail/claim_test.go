package gmail_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// claimers are programs that have found the same mail, each with a connection of its own.
func (w *world) claimers(n int) (out []connector.Claimer, id string) {
	w.t.Helper()
	w.deliver("for one", time.Time{})
	for range n {
		b := w.open(w.server())
		out = append(out, b.(connector.Claimer))
		for e, err := range b.Search(w.t.Context(), connector.Query{Everything: true}) {
			require.NoError(w.t, err)
			id = e.ID
		}
	}
	return out, id
}

// claimAll lets all claim, one a little later than the other, and returns who won.
func claimAll(t *testing.T, claimers []connector.Claimer, id string, apart time.Duration) (winners []int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, c := range claimers {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * apart)
			won, err := c.Claim(t.Context(), id, fmt.Sprint("claimer-", i))
			assert.NoError(t, err)
			if won {
				mu.Lock()
				defer mu.Unlock()
				winners = append(winners, i)
			}
		})
	}
	wg.Wait()
	return winners
}

// Of many claimers of one mail one gets it, whatever the order of their requests.
func TestClaim(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 3 * time.Millisecond, 30 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &fakegmail.Options{Concurrent: -1, UserUnits: -1})
			claimers, id := w.claimers(8)
			w.fake.Latency.Set(latency)
			winners := claimAll(t, claimers, id, latency/3)
			require.Len(t, winners, 1)
			assert.Equal(t, winners, claimAll(t, claimers, id, latency/3), "the same answer again")
			_, err := claimers[0].Claim(t.Context(), "19a0000000000abc", "claimer-0")
			assert.ErrorIs(t, err, connector.ErrNotFound)
			list, err := claimers[0].(connector.Folderer).Folders(t.Context())
			require.NoError(t, err)
			assert.False(t, slices.ContainsFunc(list, func(f connector.Folder) bool { return strings.Contains(string(f), "claim") }), "%v", list)
		})
	}
}

// A claim that breaks off at any request is decided by the next try, and another claimer that came
// meanwhile does not change who was first.
func TestClaimBrokenOff(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		broken fakehttp.Fault
		wins   bool // the first claimer
	}{
		{fakehttp.Fault{Kind: "labelcreate", Status: 503}, false},
		{fakehttp.Fault{Kind: "labelcreate", AfterEffect: true}, false},
		{fakehttp.Fault{Kind: "profile", Status: 503}, false},
		{fakehttp.Fault{Kind: "get", Status: 503}, false},
		{fakehttp.Fault{Kind: "modify", Status: 503}, false},
		{fakehttp.Fault{Kind: "modify", AfterEffect: true}, true},
		{fakehttp.Fault{Kind: "history", Status: 503}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			claimers, id := w.claimers(2)
			w.fake.Faults.Push(f.broken)
			_, err := claimers[0].Claim(t.Context(), id, "first")
			require.ErrorIs(t, err, connector.ErrUnavailable, "%+v", f.broken)
			for range 2 {
				won, err := claimers[1].Claim(t.Context(), id, "second")
				require.NoError(t, err)
				assert.Equal(t, !f.wins, won, "second, after %+v", f.broken)
				won, err = claimers[0].Claim(t.Context(), id, "first")
				require.NoError(t, err)
				assert.Equal(t, f.wins, won, "first, after %+v", f.broken)
			}
		})
	}
}

// A claim whose history Gmail forgot is undone and made anew.
func TestClaimLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		claimers, id := w.claimers(2)
		w.fake.FailNext("history", 1, fakegmail.NotFound())
		_, err := claimers[0].Claim(t.Context(), id, "first")
		require.ErrorIs(t, err, connector.ErrUnavailable)
		won, err := claimers[0].Claim(t.Context(), id, "first")
		require.NoError(t, err)
		assert.True(t, won)
		won, err = claimers[1].Claim(t.Context(), id, "second")
		require.NoError(t, err)
		assert.False(t, won)
	})
}

// Labels of claims that are over a week old are deleted, some at a time.
func TestClaimSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.deliver("x", time.Time{})
		b := w.open(w.server())
		c := b.(connector.Claimer)
		for e, err := range b.Search(t.Context(), connector.Query{Everything: true}) {
			require.NoError(t, err)
			for i := range 9 {
				_, err := c.Claim(t.Context(), e.ID, fmt.Sprint("early-", i))
				require.NoError(t, err)
				time.Sleep(10 * time.Second)
			}
			time.Sleep(9 * 24 * time.Hour)
			before := w.fake.Counter.Count("labeldelete")
			_, err := c.Claim(t.Context(), e.ID, "late")
			require.NoError(t, err)
			assert.Equal(t, 5, w.fake.Counter.Count("labeldelete")-before)
		}
	})
}
