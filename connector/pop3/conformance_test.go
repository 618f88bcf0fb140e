package pop3_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// secrets is a credential that counts how often it was asked, and gives a new value when it is told
// of a refused one.
type secrets struct{ reads atomic.Int64 }

func (s *secrets) give(_ context.Context, refused string) (string, error) {
	s.reads.Add(1)
	if refused != "" {
		return refused + "'", nil
	}
	return "secret", nil
}

// instance is a mailbox behind fakepop3 and fakesmtp, for one law.
func instance(change func(*pop3.Server, *fakepop3.Options)) func(*testing.T) *connectortest.Instance {
	return func(t *testing.T) *connectortest.Instance {
		store := mailstore.New()
		in := connectortest.FromStore(store)
		users := map[string]string{connectortest.Address: "secret"}
		keys := &secrets{}
		server := pop3.Server{Host: "127.0.0.1", Security: pop3.Plain, Address: connectortest.Address, Password: keys.give}
		options := fakepop3.Options{TLS: fakepop3.Plain, Users: users}
		change(&server, &options)
		fake, err := fakepop3.New(store, &options)
		require.NoError(t, err)
		out, err := fakesmtp.New(store, &fakesmtp.Options{Users: users, AcceptUnknown: true})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, fake.Close()); require.NoError(t, out.Close()) })
		server.Dial, server.RootCAs = fake.DialContext, fake.CertPool
		server.Submission = &smtp.Server{Host: "127.0.0.1", Security: smtp.Plain, Dial: out.DialContext, Password: server.Password}
		in.Server, in.InboxOnly = server, true
		in.Throttle = func(n int, d time.Duration) {
			fake.Throttle(n, d)
			out.Push(fakesmtp.Fault{Stage: fakesmtp.AtMail, Times: n, Code: 451, Text: fmt.Sprint("come again in ", d)})
		}
		in.Outage, in.Delay, in.LoseCursors, in.Vanish = fake.Outage, fake.Delay, fake.ChangeUIDs, fake.Vanish
		in.CutArrivals = func() int { fake.CutTops(); return 1 }
		in.Requests = fake.Connections
		in.CredentialReads = func() int { return int(keys.reads.Load()) }
		in.Revoke = func(replace bool) {
			next := ""
			if replace {
				next = "secret'"
			}
			fake.SetPassword(connectortest.Address, next)
			fake.SetToken(connectortest.Address, next)
		}
		return in
	}
}

// TestLaws runs the contract over a server that has a lock, one that has none, and one that has
// little else.
func TestLaws(t *testing.T) {
	for name, change := range map[string]func(*pop3.Server, *fakepop3.Options){
		"locked, TLS": func(s *pop3.Server, o *fakepop3.Options) {
			s.Security, o.TLS, o.LockWait = pop3.TLS, fakepop3.Implicit, 9300*time.Millisecond
		},
		"shared, marks what is read": func(_ *pop3.Server, o *fakepop3.Options) { o.Shared, o.MarksRead = true, true },
		"bare": func(_ *pop3.Server, o *fakepop3.Options) {
			o.Shared, o.NoTOP, o.NoPipeline, o.NoCodes, o.NoUSER, o.MarksRead = true, true, true, true, true, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{New: instance(change), Virtual: true})
		})
	}
}
