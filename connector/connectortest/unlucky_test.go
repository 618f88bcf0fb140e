package connectortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// atClouds runs a test over each cloud, in virtual time.
func atClouds(t *testing.T, f func(t *testing.T, at service, s *connector.Session)) {
	t.Helper()
	for name, cloud := range clouds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := cloud(t)
				s, err := connector.Connect(t.Context(), at.server, nil)
				require.NoError(t, err)
				defer func() { require.NoError(t, s.Close()) }()
				f(t, at, s)
			})
		})
	}
}

// reportOf is the report of a wait that fails.
func reportOf(t *testing.T, s *connector.Session, limit time.Duration, q connector.Query) *connector.WaitError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := s.WaitFor(ctx, q)
	report, ok := errors.AsType[*connector.WaitError](err)
	require.True(t, ok, "the wait must fail: %v", err)
	return report
}

// Where the looks succeed and the reading does not, that is the cause, whenever the wait ends.
func TestReadingThatFailsIsTheCause(t *testing.T) {
	t.Parallel()
	for seed := range 8 {
		atClouds(t, func(t *testing.T, at service, s *connector.Session) {
			at.front.Faults.Push(fakehttp.Fault{Kind: at.reads, Times: -1, Status: http.StatusTooManyRequests})
			time.AfterFunc(time.Duration(seed)*700*time.Millisecond, func() { at.deliver(3) })
			report := reportOf(t, s, 25*time.Second+time.Duration(seed)*137*time.Millisecond, byBody(3))
			assert.Equal(t, connector.CauseThrottled, report.Class, report)
			assert.ErrorIs(t, report, connector.ErrThrottled)
		})
	}
}

// A service that asks to come again too late, when mails are read, ends each wait at once: also those that
// begin while the reader is held up.
func TestReadingThatIsPutOffEndsWaits(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, at service, s *connector.Session) {
		at.front.Faults.Push(fakehttp.Fault{Kind: at.reads, Times: -1, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"300"}}})
		for n := range 100 {
			at.deliver(n)
		}
		var wg sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		wg.Go(func() { _, _ = s.WaitFor(ctx, byID(999)) }) // keeps the reader where it is
		defer wg.Wait()
		defer cancel()
		for range 2 {
			time.Sleep(time.Second)
			begun := time.Now()
			report := reportOf(t, s, 30*time.Second, byBody(3))
			assert.Less(t, time.Since(begun), 2*time.Second)
			assert.Equal(t, connector.CauseThrottled, report.Class, report)
			assert.Less(t, report.Throttle, 10)
		}
	})
}

// A service that answers nothing is down, though no request failed yet.
func TestSilenceIsAnOutage(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, at service, s *connector.Session) {
		time.AfterFunc(2*time.Second, func() { at.front.Faults.Push(fakehttp.Fault{Times: -1, Hang: true}) })
		report := reportOf(t, s, 20*time.Second, byID(3))
		assert.Equal(t, connector.CauseOutage, report.Class, report)
		report = reportOf(t, s, 300*time.Millisecond, byID(3))
		assert.Equal(t, connector.CauseOutage, report.Class, report)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.WaitFor(ctx, byID(3))
		require.ErrorIs(t, err, context.Canceled)
		report = reportOf(t, s, 0, byID(3))
		assert.Empty(t, report.Class, report)
		assert.Contains(t, report.Cause, "give the context more time")
	})
}

// More mail of others than the quota lets be read is no silence.
func TestACrowdIsAThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := gmailService(t)
		s, err := connector.Connect(t.Context(), at.server, nil)
		require.NoError(t, err)
		for n := range 500 {
			at.deliver(n + 10)
		}
		report := reportOf(t, s, 10*time.Second, byID(3))
		assert.Equal(t, connector.CauseThrottled, report.Class, report)
		assert.Zero(t, report.Throttle, "the service was spared")
		require.NoError(t, s.Close())
	})
}

// The wanted mail in the wrong folder is the cause, whatever the last look met.
func TestTheMailItselfIsTheCause(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, at service, s *connector.Session) {
		at.box.Deliver([]byte("From: shop@example.com\r\nSubject: order-00001\r\n\r\nx"), mailstore.Delivery{Folder: mailstore.Junk})
		time.AfterFunc(19500*time.Millisecond, func() { at.front.Faults.Push(fakehttp.Fault{Times: -1, Status: http.StatusServiceUnavailable}) })
		report := reportOf(t, s, 20*time.Second, connector.Query{Subject: "order-00001"})
		assert.Equal(t, connector.CauseJunk, report.Class, report)
		assert.ErrorIs(t, report, connector.ErrUnavailable)
		assert.Contains(t, report.Error(), "last obstacle: ")
	})
}

// A rule that moves the mails of many tests is named to each of them.
func TestARuleIsNamedToAll(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, at service, s *connector.Session) {
		require.NoError(t, at.box.CreateFolder("Projects"))
		const n = 40
		var named [n]connector.Cause
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 1100 * time.Millisecond)
				test, err := s.Begin(t.Context(), connector.Scope{})
				require.NoError(t, err)
				time.AfterFunc(time.Duration(1+i%20)*time.Second, func() {
					at.box.Deliver(fmt.Appendf(nil, "From: shop@example.com\r\nSubject: %s\r\nMessage-ID: <%d@example.com>\r\n\r\nx", subjectOf(i), i),
						mailstore.Delivery{Folder: "Projects"})
				})
				named[i] = reportOf(t, test, 30*time.Second, connector.Query{Subject: subjectOf(i)}).Class
			})
		}
		wg.Wait()
		right := strings.Count(fmt.Sprintf("%q", named), string(connector.CauseMoved))
		assert.GreaterOrEqual(t, right, n*9/10, "%q", named)
	})
}

// What a shared last look finds is read before the first of the waits ends.
func TestSharedLastLooksLeaveTimeToRead(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, 30 * time.Millisecond, 50 * time.Millisecond, 70 * time.Millisecond} {
		atClouds(t, func(t *testing.T, at service, s *connector.Session) {
			at.deliver(500)
			_, err := s.WaitFor(t.Context(), byBody(500))
			require.NoError(t, err)
			begun := time.Now()
			var wg sync.WaitGroup
			wg.Go(func() { _ = reportOf(t, s, 20*time.Second+gap, connector.Query{Subject: "never sent"}) })
			time.AfterFunc(20*time.Second-290*time.Millisecond, func() { at.deliver(1) })
			ctx, cancel := context.WithDeadline(t.Context(), begun.Add(20*time.Second))
			defer cancel()
			_, err = s.WaitFor(ctx, byBody(1))
			assert.NoError(t, err, gap)
			wg.Wait()
		})
	}
}

// A proof that lacked time says so, and does not ask whether the mail was sent.
func TestAProofThatLackedTimeSaysSo(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, _ service, s *connector.Session) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := s.ExpectNone(ctx, byID(1), 5*time.Second)
		report, ok := errors.AsType[*connector.WaitError](err)
		require.True(t, ok, "%v", err)
		assert.Empty(t, report.Class)
		assert.Contains(t, report.Cause, "nothing is proven")
	})
}

// A report quotes no whole texts.
func TestAReportIsNoArchive(t *testing.T) {
	t.Parallel()
	atClouds(t, func(t *testing.T, at service, s *connector.Session) {
		at.box.Deliver([]byte("From: shop@example.com\r\nSubject: big\r\n\r\n"+strings.Repeat("Lorem ipsum.\r\n", 5000)), mailstore.Delivery{})
		js, err := json.Marshal(reportOf(t, s, 20*time.Second, connector.Query{Subject: "big", BodyRE: regexp.MustCompile(`code \d+`)}))
		require.NoError(t, err)
		assert.Less(t, len(js), 4000)
		assert.Contains(t, string(js), "Lorem ipsum.")
	})
}
