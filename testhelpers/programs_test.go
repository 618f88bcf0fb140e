package testhelpers_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stretchr/testify/suite"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// The tests of this file are programs as users write them.

const mailbox = "qa@example.com"

// product is what a test tests: it sends mail.
type product struct{ box *mailstore.Mailbox }

// send delivers a mail with a subject and a body to an address of the mailbox.
func (p product) send(to, subject, body string) {
	p.box.Deliver([]byte("From: Shop <shop@contoso.example>\r\nTo: "+to+"\r\nSubject: "+subject+
		"\r\nMessage-ID: <"+strings.ReplaceAll(to+subject, " ", ".")+">\r\n\r\n"+body+"\r\n"), mailstore.Delivery{})
}

// open connects to a mailbox in memory.
func open(t testing.TB, o *connector.Options) (*connector.Session, product) {
	t.Helper()
	store := mailstore.New()
	p := product{store.Add(mailbox)}
	s, err := connector.Connect(context.Background(), memory.Server{Store: store, Address: mailbox}, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, p
}

func TestParallelTestsOnOneMailbox(t *testing.T) {
	t.Parallel()
	inbox, shop := open(t, nil)
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := testhelpers.Begin(t, inbox)
			addr := testhelpers.Address(t, mailbox)
			go shop.send(addr, "Welcome", fmt.Sprint("number ", i))
			m := testhelpers.WaitFor(t, s, connector.Query{To: addr})
			testhelpers.RequireMail(t, m, connector.Query{To: addr, Subject: "welcome", Body: fmt.Sprint("number ", i)})
		})
	}
}

func TestTableOfThirtyMails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		for i := range 30 {
			time.AfterFunc(time.Duration(30-i)*time.Second, func() { shop.send(mailbox, fmt.Sprintf("Order %02d", i), "thank you") })
		}
		for i := range 30 {
			m := testhelpers.WaitFor(t, s, connector.Query{Subject: fmt.Sprintf("order %02d", i)})
			require.Equal(t, fmt.Sprintf("Order %02d", i), m.Subject)
		}
	})
}

func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		shop.send(mailbox, "Welcome", "")
		begun := time.Now()
		testhelpers.ExpectNone(t, s, connector.Query{Subject: "Password changed"}, 20*time.Second)
		require.GreaterOrEqual(t, time.Since(begun), 20*time.Second)
	})
}

func TestReplyFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, _ := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		sent, err := s.Send(t.Context(), connector.Draft{To: []string{mailbox}, Subject: "Ticket 7", Text: "It is broken."})
		require.NoError(t, err)
		m := testhelpers.WaitFor(t, s, connector.Query{MessageID: sent.MessageID})
		_, err = s.Reply(t.Context(), m, connector.Draft{Text: "Fixed."})
		require.NoError(t, err)
		r := testhelpers.WaitFor(t, s, connector.Query{Subject: "Re: Ticket 7"})
		require.Equal(t, sent.MessageID, r.InReplyTo)
		require.Contains(t, r.Text, "> It is broken.")
	})
}

// steps is how a runner such as godog hands a test to its steps: two methods, nothing else.
type steps struct {
	failures []string
	over     bool
}

func (s *steps) Errorf(format string, args ...any) {
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
}
func (s *steps) FailNow() { s.over = true }

func TestRunnerWithTwoMethods(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, &connector.Options{Wait: 10 * time.Second})
		run := &steps{}
		s := testhelpers.Begin(run, inbox)
		shop.send(mailbox, "Welcome", "")
		require.NotNil(t, testhelpers.WaitFor(run, s, connector.Query{Subject: "welcome"}))
		require.Empty(t, run.failures)
		require.Nil(t, testhelpers.WaitFor(run, s, connector.Query{Subject: "goodbye"}))
		require.True(t, run.over)
		require.Contains(t, run.failures[0], "likeliest cause")
	})
}

func TestWaitWithPredicate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		shop.send(mailbox, "Invoice", "total 7 EUR")
		shop.send(mailbox, "Invoice again", "total 42 EUR")
		m := testhelpers.WaitFor(t, s, connector.Query{Subject: "invoice", Where: func(m *connector.Message) error {
			if !strings.Contains(m.Text, "42") {
				return errors.New("another total")
			}
			return nil
		}})
		require.Equal(t, "Invoice again", m.Subject)
	})
}

func TestThreeMailsOfUnknownOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		for i, subject := range []string{"Shipped", "Ordered", "Paid"} {
			time.AfterFunc(time.Duration(3*i)*time.Second, func() { shop.send(mailbox, subject, "order 7") })
		}
		var got []string
		for _, m := range testhelpers.WaitForN(t, s, connector.Query{Body: "order 7"}, 3) {
			got = append(got, m.Subject)
		}
		require.ElementsMatch(t, []string{"Ordered", "Paid", "Shipped"}, got)
	})
}

func TestMarkOfAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mailstore.New()
		shop := product{store.Add(mailbox)}
		server := memory.Server{Store: store, Address: mailbox}
		shop.send(mailbox, "before", "")
		first, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		text, err := first.Mark().MarshalText()
		require.NoError(t, err)
		require.NoError(t, first.Close())
		shop.send(mailbox, "between", "")

		second, err := connector.Connect(t.Context(), server, nil)
		require.NoError(t, err)
		defer second.Close()
		var mark connector.Mark
		require.NoError(t, mark.UnmarshalText(text))
		s, err := second.Begin(t.Context(), connector.Scope{Mark: mark})
		require.NoError(t, err)
		require.Equal(t, "between", testhelpers.WaitFor(t, s, connector.Query{Everything: true}).Subject)
		testhelpers.ExpectNone(t, s, connector.Query{Everything: true}, time.Second)
	})
}

// mailSuite is a suite as testify's users write it.
type mailSuite struct {
	suite.Suite
	inbox *connector.Session
	shop  product
}

func (s *mailSuite) SetupSuite() { s.inbox, s.shop = open(s.T(), nil) }

func (s *mailSuite) TestWelcome() {
	own := testhelpers.Begin(s.T(), s.inbox)
	s.shop.send(mailbox, "Welcome", "")
	s.Equal("Welcome", testhelpers.WaitFor(s.T(), own, connector.Query{Subject: "welcome"}).Subject)
}

func (s *mailSuite) TestGoodbye() {
	own := testhelpers.Begin(s.T(), s.inbox)
	s.shop.send(mailbox, "Goodbye", "")
	s.Equal("Goodbye", testhelpers.WaitFor(s.T(), own, connector.Query{Subject: "goodbye"}).Subject)
}

func TestSuiteOfTestify(t *testing.T) {
	t.Parallel()
	suite.Run(t, new(mailSuite))
}

func TestAttachmentHash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, _ := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		data := []byte(strings.Repeat("invoice ", 10_000))
		_, err := s.Send(t.Context(), connector.Draft{To: []string{mailbox}, Subject: "Invoice",
			Attachments: []connector.File{{Name: "invoice.pdf", Data: data}}})
		require.NoError(t, err)
		m := testhelpers.WaitFor(t, s, connector.Query{Attachment: "*.pdf"})
		a, err := m.Attachment("invoice.pdf")
		require.NoError(t, err)
		r, err := a.Open(t.Context())
		require.NoError(t, err)
		defer r.Close()
		h := sha256.New()
		_, err = io.Copy(h, r)
		require.NoError(t, err)
		want := sha256.Sum256(data)
		require.Equal(t, hex.EncodeToString(want[:]), hex.EncodeToString(h.Sum(nil)))
	})
}

// recorded is a T that records, with all the abilities of *testing.T that matter.
type recorded struct {
	steps
	ctx      context.Context //nolint:containedctx // a test has its context, as *testing.T does
	cleanups []func()
}

func (r *recorded) Name() string             { return "TestOfTheUser" }
func (r *recorded) Context() context.Context { return r.ctx }
func (r *recorded) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }

// finish ends the test as package testing does: the context first, then the cleanups.
func (r *recorded) finish(cancel context.CancelFunc) {
	cancel()
	for _, f := range r.cleanups {
		f()
	}
}

func TestCleanupAlsoAfterFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, &connector.Options{Cleanup: true, Wait: 5 * time.Second})
		shop.send(mailbox, "Of somebody else", "")
		ctx, cancel := context.WithCancel(t.Context())
		user := &recorded{ctx: ctx}
		s := testhelpers.Begin(user, inbox)
		shop.send(mailbox, "Mine", "")
		testhelpers.WaitFor(user, s, connector.Query{Subject: "mine"})
		testhelpers.WaitFor(user, s, connector.Query{Subject: "never sent"})
		require.True(t, user.over)
		user.finish(cancel)
		require.Len(t, user.failures, 1)
		require.Len(t, shop.box.List(mailstore.Trash), 1)
		require.Len(t, shop.box.List(mailstore.Inbox), 1, "the mail of somebody else stays")
	})
}

func TestOneMailForOneOfManyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, nil)
		s := testhelpers.Begin(t, inbox)
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				m, err := s.WaitFor(t.Context(), connector.Query{Subject: "job"})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				got[m.Subject]++
			})
		}
		for i := range 10 {
			shop.send(mailbox, fmt.Sprint("Job ", i), "")
		}
		wg.Wait()
		require.Len(t, got, 10)
	})
}

func TestFailureExplainsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox, shop := open(t, &connector.Options{Wait: 10 * time.Second})
		run := &steps{}
		s := testhelpers.Begin(run, inbox)
		shop.box.Deliver([]byte("From: a@contoso.example\r\nTo: qa@example.com\r\nSubject: Your code is 1234\r\n\r\nx\r\n"),
			mailstore.Delivery{Folder: mailstore.Junk})
		shop.send(mailbox, "Your ccde is 99", "")
		testhelpers.WaitFor(run, s, connector.Query{Subject: "your code is"})
		require.Len(t, run.failures, 1)
		text := strings.Join(strings.Fields(run.failures[0]), " ") // the report breaks its lines
		require.Contains(t, text, `likeliest cause: the mail "Your code is 1234" is in Junk`)
		require.Contains(t, text, "differs at character 7")
	})
}
