package imap_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// world is a mail server with two users.
type world struct {
	t     testing.TB
	store *mailstore.Store
	box   *mailstore.Mailbox
	fake  *fakeimap.Server
	out   *fakesmtp.Server
	in    *connectortest.Instance

	reads atomic.Int64
	mu    sync.Mutex
	key   string
	next  string // what the vault holds after a rotation
}

// maker is fakeimap.New or fakeimap.Start.
type maker = func(*mailstore.Store, *fakeimap.Options) (*fakeimap.Server, error)

func newWorld(t testing.TB, o *fakeimap.Options, make ...maker) *world {
	t.Helper()
	w := &world{t: t, store: mailstore.New(), key: "secret"}
	w.in = connectortest.FromStore(w.store)
	w.box, _ = w.store.Mailbox(connectortest.Address)
	if o == nil {
		o = &fakeimap.Options{}
	}
	own := *o
	o = &own
	o.Users = map[string]string{connectortest.Address: "secret"}
	fake, err := append(make, fakeimap.New)[0](w.store, o)
	require.NoError(t, err)
	out, err := fakesmtp.New(w.store, &fakesmtp.Options{Users: o.Users, AcceptUnknown: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = fake.Close(); _ = out.Close() })
	w.fake, w.out = fake, out
	return w
}

// server is the mailbox through the door in memory.
func (w *world) server() imap.Server {
	return imap.Server{Host: "localhost", Address: connectortest.Address, Password: w.credential, RootCAs: w.fake.CertPool,
		Dial: w.fake.DialContext, Submission: &smtp.Server{Host: "localhost", Security: smtp.Plain, Dial: w.out.DialContext}}
}

// credential is the vault's entry.
func (w *world) credential(_ context.Context, refused string) (string, error) {
	w.reads.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if refused != "" && w.next != "" {
		w.key, w.next = w.next, ""
	}
	return w.key, nil
}

// revoke changes the password and breaks the connections; replace puts the new one into the vault before.
func (w *world) revoke(replace bool) {
	fresh := fmt.Sprint("secret ", w.reads.Load())
	if replace {
		w.mu.Lock()
		w.next = fresh
		w.mu.Unlock()
	}
	w.fake.SetPassword(connectortest.Address, fresh)
	w.out.SetPassword(connectortest.Address, fresh)
	w.fake.Disconnect()
}

// requests are the commands that the faults of the laws may happen to: the first of each call. A look is a
// flight of several, of which one refused is one refused request.
var requests = []string{"LIST", "SELECT", "FETCH"}

// instance puts the fake into the hands of the suite.
func (w *world) instance(server imap.Server) *connectortest.Instance {
	in := w.in
	in.Server = server
	in.Throttle = func(n int, after time.Duration) {
		w.fake.Push(fakeimap.Fault{Commands: requests, Times: n, Reply: fmt.Sprintf("BAD Request is throttled. Suggested Backoff Time: %d milliseconds", after.Milliseconds())})
		w.out.Push(fakesmtp.Fault{Stage: fakesmtp.AtMail, Times: n, Code: 451, Text: fmt.Sprint("come again in ", after)})
	}
	in.Outage = func(n int) {
		w.fake.Clear()
		switch {
		case n < 0:
			w.fake.Down()
		case n > 0:
			w.fake.Push(fakeimap.Fault{Commands: requests, Times: n, Drop: true})
		}
	}
	in.Revoke = w.revoke
	in.CredentialReads = func() int { return int(w.reads.Load()) }
	in.LoseCursors = func() { w.fake.ResetUIDs(connectortest.Address) }
	in.CutArrivals = func() int {
		w.fake.Push(fakeimap.Fault{Commands: []string{"FETCH"}, Times: -1, After: 10, Drop: true})
		return 10
	}
	in.Vanish = w.fake.Vanish
	in.Delay = w.fake.Delay
	in.Requests = w.fake.Requests
	return in
}

// security is the client's word for how a fake encrypts.
func security(t fakeimap.TLS) imap.Security {
	return map[fakeimap.TLS]imap.Security{fakeimap.Implicit: imap.TLS, fakeimap.StartTLS: imap.StartTLS, fakeimap.Plain: imap.Plain}[t]
}
