package connectortest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// shop delivers a mail with a subject.
func shop(box *mailstore.Mailbox, subject string) {
	box.Deliver([]byte("From: shop@example.com\r\nTo: "+connectortest.Address+"\r\nSubject: "+subject+
		"\r\nMessage-ID: <"+subject+"@example.com>\r\n\r\nHello.\r\n"), mailstore.Delivery{})
}

// Sessions with the same mailbox and rights share one reader, and each lives on when another ends.
func TestSessionsOfOneIdentityShareAFeed(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"the same", ""} {
		synctest.Test(t, func(t *testing.T) {
			store, faults := mailstore.New(), &memory.Faults{}
			box := store.Add(connectortest.Address)
			var sessions []*connector.Session
			for i := range 10 {
				account := account
				if account != "" {
					account = t.Name()
				}
				s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address, Account: account, Faults: faults}, nil)
				require.NoError(t, err, "session %d", i)
				sessions = append(sessions, s)
			}
			time.Sleep(time.Second)
			before := faults.Calls("arrivals")
			var wg sync.WaitGroup
			for i, s := range sessions {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_, err := s.WaitFor(ctx, connector.Query{Subject: fmt.Sprint("never", i)})
					require.ErrorIs(t, err, context.DeadlineExceeded)
				})
			}
			wg.Wait()
			looks := faults.Calls("arrivals") - before
			if account != "" {
				require.Less(t, looks, 90, "one reader for all")
			} else {
				require.Greater(t, looks, 100, "who has no identity has a reader of his own")
			}
			for i, s := range sessions {
				require.NoError(t, s.Close())
				if i+1 < len(sessions) {
					shop(box, fmt.Sprint("for-", i))
					_, err := sessions[i+1].WaitFor(t.Context(), connector.Query{Subject: fmt.Sprint("for-", i)})
					require.NoError(t, err, "the others live on")
				}
			}
		})
	}
}

// A shared mailbox is used in one bubble after the other, and outside, where the time is another.
func TestAFeedMayBeUsedFromSeveralBubbles(t *testing.T) {
	t.Parallel()
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	server := memory.Server{Store: store, Address: connectortest.Address, Account: t.Name()}
	root, err := connector.Connect(t.Context(), server, nil)
	require.NoError(t, err)
	use := func(t *testing.T, subject string) {
		s, err := root.Begin(t.Context(), connector.Scope{})
		require.NoError(t, err)
		time.AfterFunc(100*time.Millisecond, func() { shop(box, subject) })
		_, err = s.WaitFor(t.Context(), connector.Query{Subject: subject})
		require.NoError(t, err)
	}
	use(t, "outside")
	synctest.Test(t, func(t *testing.T) { use(t, "in-a-bubble") })
	use(t, "outside-again")
	require.NoError(t, root.Close())
}

// What the service asks for in vain is not waited for.
func TestAWaitThatCannotSucceedFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, faults := mailstore.New(), &memory.Faults{}
		store.Add(connectortest.Address)
		s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address, Faults: faults}, nil)
		require.NoError(t, err)
		time.Sleep(time.Second)
		faults.Throttle(1, 5*time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		begun := time.Now()
		_, err = s.WaitFor(ctx, connector.Query{Subject: "x"})
		require.ErrorIs(t, err, connector.ErrThrottled)
		require.Contains(t, strings.Join(strings.Fields(err.Error()), " "), "the service asks to come again in 5m0s, and this ends in 20s")
		require.Less(t, time.Since(begun), time.Second)
		begun = time.Now()
		_, err = s.Begin(ctx, connector.Scope{})
		require.ErrorIs(t, err, connector.ErrThrottled)
		require.Zero(t, time.Since(begun), "the next one knows from the start")
		require.NoError(t, s.Close())
	})
}

// A find reads no mail again that a wait has read, and tells where it lies now.
func TestAFindReadsNoMailAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := graphService(t)
		session, err := connector.Connect(t.Context(), s.server, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, session.Close()) }()
		s.deliver(1)
		given, err := session.WaitFor(t.Context(), byBody(1))
		require.NoError(t, err)
		s.deliver(2)
		time.Sleep(time.Minute)
		s.front.Counter.Reset()
		find := func(folder connector.Folder) []*connector.Message {
			found, err := session.Find(t.Context(), connector.Query{Body: "the body of", Folder: folder}, 0)
			require.NoError(t, err)
			return found
		}
		found := find("")
		require.Len(t, found, 2)
		require.Equal(t, given.Text, found[1].Text)
		require.Equal(t, 1, s.front.Counter.Kinds()[s.reads].Requests, "only the mail that no wait has read")
		require.NoError(t, session.Move(t.Context(), given, connector.Archive))
		require.Len(t, find(""), 1)
		require.Equal(t, []connector.Folder{connector.Archive}, find(connector.Archive)[0].Folders)
	})
}
