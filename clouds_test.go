package cloudmail_test

import (
	"net/smtp"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// clouds are the services that the same tests run on.
var clouds = map[string]func(store *mailstore.Store, address string) connector.Server{
	"Google Workspace": google,
	"Office 365":       office365,
}

// stories are tests of a product, which write nothing of the cloud that they run on.
var stories = map[string]func(t *testing.T, product *mailstore.Store, inbox *connector.Session){
	"sign-up": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		to := testhelpers.Address(t, inbox.Mailbox())
		product.Send("shop@contoso.example", []string{to}, shopMail(to, "Welcome to the shop", "Confirm: https://shop.contoso.example/c?t=7f2c"))
		m := testhelpers.WaitFor(t, inbox, connector.Query{To: to, Subject: "welcome"})
		assert.Contains(t, m.Body(), "/c?t=7f2c")
	},
	"one-time code": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		code := regexp.MustCompile(`\b\d{6}\b`)
		time.AfterFunc(90*time.Second, func() {
			product.Send("shop@contoso.example", []string{inbox.Mailbox()}, shopMail(inbox.Mailbox(), "Your code", "It is 482913."))
		})
		m := testhelpers.WaitFor(t, inbox, connector.Query{From: "shop@contoso.example", BodyRE: code})
		assert.Equal(t, "482913", code.FindString(m.Body()))
	},
	"unknown order": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		for _, subject := range []string{"Order 7 shipped", "Order 7 paid", "Order 7 placed"} {
			product.Send("shop@contoso.example", []string{inbox.Mailbox()}, shopMail(inbox.Mailbox(), subject, "thank you"))
		}
		var subjects []string
		for _, m := range testhelpers.WaitForN(t, inbox, connector.Query{Subject: "order 7"}, 3) {
			subjects = append(subjects, m.Subject)
		}
		assert.ElementsMatch(t, []string{"Order 7 shipped", "Order 7 paid", "Order 7 placed"}, subjects)
	},
	"time-out": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		product.Send("shop@contoso.example", []string{inbox.Mailbox()}, shopMail(inbox.Mailbox(), "Your password was changed", "by you"))
		_, err := inbox.WaitFor(t.Context(), connector.Query{Subject: "your password has changed"})
		var report *connector.WaitError
		require.ErrorAs(t, err, &report)
		require.Len(t, report.Arrivals, 1)
		assert.Contains(t, report.Cause, "differs at character 15")
	},
	"no mail": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		product.Send("shop@contoso.example", []string{inbox.Mailbox()}, shopMail(inbox.Mailbox(), "Newsletter", "buy"))
		testhelpers.ExpectNone(t, inbox, connector.Query{Subject: "reminder"}, time.Minute)
		assert.NotNil(t, testhelpers.WaitFor(t, inbox, connector.Query{Subject: "newsletter"}))
	},
	"answer": func(t *testing.T, product *mailstore.Store, inbox *connector.Session) {
		own := inbox.Mailbox()
		sent, err := inbox.Send(t.Context(), connector.Draft{To: []string{own}, Subject: "Ticket 12", Text: "help"})
		require.NoError(t, err)
		first := testhelpers.WaitFor(t, inbox, connector.Query{MessageID: sent.MessageID})
		_, err = inbox.Reply(t.Context(), first, connector.Draft{To: []string{own}, Text: "done"})
		require.NoError(t, err)
		reply := testhelpers.WaitFor(t, inbox, connector.Query{Subject: "re: ticket 12", Header: map[string]string{"In-Reply-To": sent.MessageID}})
		assert.Contains(t, reply.Body(), "done")
	},
}

// Every story holds on every cloud, in virtual time.
func TestStoriesOnBothClouds(t *testing.T) {
	for cloud, open := range clouds {
		for story, run := range stories {
			t.Run(cloud+"/"+story, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := mailstore.New()
					store.Add("qa@example.com")
					s, err := connector.Connect(t.Context(), open(store, "qa@example.com"), nil)
					require.NoError(t, err)
					defer s.Close()
					run(t, store, testhelpers.Begin(t, s))
				})
			})
		}
	}
}

// A product that sends by SMTP reaches a mailbox on either cloud.
func TestSignUpBySMTPOnBothClouds(t *testing.T) {
	for cloud, open := range clouds {
		t.Run(cloud, func(t *testing.T) {
			t.Parallel()
			store := mailstore.New()
			store.Add("qa@example.com")
			relay, err := fakesmtp.Start(store, nil)
			require.NoError(t, err)
			defer relay.Close()
			s, err := connector.Connect(t.Context(), open(store, "qa@example.com"), nil)
			require.NoError(t, err)
			defer s.Close()
			test := testhelpers.Begin(t, s)
			to := testhelpers.Address(t, s.Mailbox())
			require.NoError(t, smtp.SendMail(relay.Addr(), nil, "shop@contoso.example", []string{to}, shopMail(to, "Welcome", "confirm")))
			m := testhelpers.WaitFor(t, test, connector.Query{To: to, Subject: "welcome"})
			assert.Contains(t, m.Body(), "confirm")
		})
	}
}

// Mail that is sent in one cloud arrives in the other, and so does the answer.
func TestMailBetweenTheClouds(t *testing.T) {
	for from := range clouds {
		for to := range clouds {
			if from == to {
				continue
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := mailstore.New()
					connect := func(cloud, own, other string) *connector.Session {
						store.Add(own)
						s, err := connector.Connect(t.Context(), clouds[cloud](store, own), &connector.Options{SendTo: []string{other}})
						require.NoError(t, err)
						return s
					}
					ada, ben := connect(from, "ada@example.com", "ben@example.com"), connect(to, "ben@example.com", "ada@example.com")
					defer ada.Close()
					defer ben.Close()
					correspond(t, ada, ben)
				})
			})
		}
	}
}

// correspond sends a mail from ada to ben and an answer back.
func correspond(t *testing.T, ada, ben *connector.Session) {
	t.Helper()
	sent, err := ada.Send(t.Context(), connector.Draft{To: []string{ben.Mailbox()}, Subject: "Grüße", Text: "how are you?",
		Attachments: []connector.File{{Name: "a.bin", Data: []byte{0, 1, 2, 255}}}})
	require.NoError(t, err)
	m := testhelpers.WaitFor(t, ben, connector.Query{From: ada.Mailbox(), MessageID: sent.MessageID, Subject: "grüsse"})
	a, err := m.Attachment("*.bin")
	require.NoError(t, err)
	assert.EqualValues(t, 4, a.Size)
	answer, err := ben.Reply(t.Context(), m, connector.Draft{Text: "well"})
	require.NoError(t, err)
	back := testhelpers.WaitFor(t, ada, connector.Query{From: ben.Mailbox(), MessageID: answer.MessageID, Subject: "re: grüsse", Body: "well"})
	assert.Contains(t, back.References, sent.MessageID)
}
