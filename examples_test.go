package cloudmail_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	netsmtp "net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/filevault"
	"github.com/cloudmail-go/cloudmail/testhelpers"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// google embeds Google Workspace and gives a mailbox on it. Against the real service the Transport
// is left out, and the key lies in the company's vault.
func google(store *mailstore.Store, address string) connector.Server {
	fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	key, err := fake.ServiceAccountJSON("example.com", gmail.ScopeModify)
	if err != nil {
		log.Fatal(err)
	}
	return gmail.Workspace{ServiceAccount: connector.Literal(string(key)), Address: address, Transport: fake.RoundTripper()}
}

// office365 embeds Office 365 and gives a mailbox on it.
func office365(store *mailstore.Store, address string) connector.Server {
	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{})
	return graph.Office365{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: connector.Literal(app.Secret()),
		Address: address, Transport: fake.RoundTripper()}
}

// password is that of every mailbox on the servers by protocol. Against a real server it is a vault's.
var password = connector.Literal("secret")

// imapServer embeds a company's mail server and gives a mailbox on it by IMAP. Against the real one
// RootCAs and Dial are left out. The second value stops it.
func imapServer(store *mailstore.Store, address string) (connector.Server, func()) {
	fake, err := fakeimap.New(store, &fakeimap.Options{Users: map[string]string{address: "secret"}})
	if err != nil {
		log.Fatal(err)
	}
	out, stop := submission(store, address)
	return imap.Server{Host: "localhost", Address: address, Password: password, Submission: out,
		RootCAs: fake.CertPool, Dial: fake.DialContext}, func() { fake.Close(); stop() }
}

// pop3Server gives a mailbox by POP3.
func pop3Server(store *mailstore.Store, address string) (connector.Server, func()) {
	fake, err := fakepop3.New(store, &fakepop3.Options{Users: map[string]string{address: "secret"}})
	if err != nil {
		log.Fatal(err)
	}
	out, stop := submission(store, address)
	return pop3.Server{Host: "localhost", Address: address, Password: password, Submission: out,
		RootCAs: fake.CertPool, Dial: fake.DialContext}, func() { fake.Close(); stop() }
}

// submission embeds the server that sends the mail of a mailbox, with the mailbox's own login.
func submission(store *mailstore.Store, address string) (*smtp.Server, func()) {
	fake, err := fakesmtp.New(store, &fakesmtp.Options{TLS: fakesmtp.StartTLS, Users: map[string]string{address: "secret"}})
	if err != nil {
		log.Fatal(err)
	}
	return &smtp.Server{Host: "localhost", Security: smtp.StartTLS, RootCAs: fake.CertPool, Dial: fake.DialContext}, func() { fake.Close() }
}

// shopMail is what the product under test sends.
func shopMail(to, subject, body string) []byte {
	return []byte("From: Shop <shop@contoso.example>\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n" +
		"Message-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@contoso.example>\r\n\r\n" + body + "\r\n")
}

// A product sends its sign-up mail by SMTP; the test waits for it in Google Workspace. The key of
// the service account comes from a vault.
func Example_signUp() {
	ctx := context.Background()
	store := mailstore.New()
	store.Add("qa@example.com")
	relay, err := fakesmtp.Start(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer relay.Close()

	fake := fakegmail.New(store, &fakegmail.Options{KeyBits: 1024})
	key, err := fake.ServiceAccountJSON("example.com", gmail.ScopeModify)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "secrets")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "google.json"), key, 0o600); err != nil {
		log.Fatal(err)
	}

	vault := filevault.New(&filevault.Options{Dir: dir})
	inbox, err := connector.Connect(ctx, gmail.Workspace{
		ServiceAccount: keyvault.From(vault, "google.json"),
		Address:        "qa@example.com",
		Transport:      fake.RoundTripper(), // the embedded Google; leave it out for the real one
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	test, err := inbox.Begin(ctx, connector.Scope{Name: "sign-up"})
	if err != nil {
		log.Fatal(err)
	}

	// The product: it knows nothing of the test.
	to := "qa+signup7@example.com"
	mail := shopMail(to, "Welcome to the shop", "Confirm: https://shop.contoso.example/confirm?t=7f2c")
	if err := netsmtp.SendMail(relay.Addr(), nil, "shop@contoso.example", []string{to}, mail); err != nil {
		log.Fatal(err)
	}

	m, err := test.WaitFor(ctx, connector.Query{To: to, Subject: "welcome"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Subject)
	fmt.Println(strings.TrimSpace(m.Body()))
	// Output:
	// Welcome to the shop
	// Confirm: https://shop.contoso.example/confirm?t=7f2c
}

// A one-time code is read from the first mail that carries one.
func Example_oneTimeCode() {
	ctx := context.Background()
	store := mailstore.New()
	box := store.Add("qa@example.com")
	inbox, err := connector.Connect(ctx, google(store, "qa@example.com"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	box.Deliver(shopMail("qa@example.com", "Your code", "Your code is 482913. It is valid for 10 minutes."), mailstore.Delivery{})
	code := regexp.MustCompile(`\b\d{6}\b`)
	m, err := inbox.WaitFor(ctx, connector.Query{Subject: "your code", BodyRE: code})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(code.FindString(m.Body()))
	// Output: 482913
}

// Three mails are expected, in whatever order they come.
func Example_unknownOrder() {
	ctx := context.Background()
	store := mailstore.New()
	box := store.Add("qa@example.com")
	inbox, err := connector.Connect(ctx, google(store, "qa@example.com"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	for _, subject := range []string{"Order 7 shipped", "Order 7 paid", "Order 7 placed"} {
		box.Deliver(shopMail("qa@example.com", subject, "thank you"), mailstore.Delivery{})
	}
	ms, err := inbox.WaitForN(ctx, connector.Query{From: "@contoso.example", Subject: "order 7"}, 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range ms {
		fmt.Println(m.Subject)
	}
	// Unordered output:
	// Order 7 placed
	// Order 7 paid
	// Order 7 shipped
}

// A wait that fails says what came instead, and why it did not match.
func Example_timeOut() {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	inbox, err := connector.Connect(context.Background(), google(store, "qa@example.com"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	box.Deliver(shopMail("qa@example.com", "Your password was changed", "by you"), mailstore.Delivery{})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err = inbox.WaitFor(ctx, connector.Query{Subject: "your password has changed"})
	var failed *connector.WaitError
	if !errors.As(err, &failed) {
		log.Fatal(err)
	}
	fmt.Println(failed.Cause)
	for _, m := range failed.Arrivals {
		fmt.Println(m.Subject, m.Folders, m.Reasons)
	}
	// Output:
	// the nearest mail, "Your password was changed", fails by: Subject wants "your password has changed", has "Your password was changed" (differs at character 15)
	// Your password was changed [Inbox] [Subject wants "your password has changed", has "Your password was changed" (differs at character 15)]
}

// The same test runs on every mail service: only the server differs.
func Example_sameTestOnEveryService() {
	ctx := context.Background()
	store := mailstore.New()
	box := store.Add("qa@example.com")
	for _, open := range []service{cloud(google), cloud(office365), imapServer, pop3Server} {
		server, stop := open(store, "qa@example.com")
		inbox, err := connector.Connect(ctx, server, nil)
		if err != nil {
			log.Fatal(err)
		}
		box.Deliver(shopMail("qa@example.com", "Reset your password", "click"), mailstore.Delivery{})
		m, err := inbox.WaitFor(ctx, connector.Query{Subject: "reset"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%T: %s\n", server, m.Subject)
		inbox.Close()
		stop()
	}
	// Output:
	// gmail.Workspace: Reset your password
	// graph.Office365: Reset your password
	// imap.Server: Reset your password
	// pop3.Server: Reset your password
}

// A product sends its sign-up mail by SMTP; the test waits for it in Office 365. The client secret
// of the app comes from a vault.
func Example_signUpOffice365() {
	ctx := context.Background()
	store := mailstore.New()
	store.Add("qa@example.com")
	relay, err := fakesmtp.Start(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer relay.Close()

	fake := fakegraph.New(store, nil)
	app := fake.AddApp(fakegraph.App{})
	dir, err := os.MkdirTemp("", "secrets")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "office365"), []byte(app.Secret()), 0o600); err != nil {
		log.Fatal(err)
	}

	vault := filevault.New(&filevault.Options{Dir: dir})
	inbox, err := connector.Connect(ctx, graph.Office365{
		Tenant:       app.Tenant,
		ClientID:     app.ClientID,
		ClientSecret: keyvault.From(vault, "office365"),
		Address:      "qa@example.com",
		Transport:    fake.RoundTripper(), // the embedded Office 365; leave it out for the real one
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()
	test, err := inbox.Begin(ctx, connector.Scope{Name: "sign-up"})
	if err != nil {
		log.Fatal(err)
	}

	// The product: it knows nothing of the test.
	to := "qa+signup7@example.com"
	mail := shopMail(to, "Welcome to the shop", "Confirm: https://shop.contoso.example/confirm?t=7f2c")
	if err := netsmtp.SendMail(relay.Addr(), nil, "shop@contoso.example", []string{to}, mail); err != nil {
		log.Fatal(err)
	}

	m, err := test.WaitFor(ctx, connector.Query{To: to, Subject: "welcome"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Subject)
	fmt.Println(strings.TrimSpace(m.Body()))
	// Output:
	// Welcome to the shop
	// Confirm: https://shop.contoso.example/confirm?t=7f2c
}

// The filter of Office 365 took the mail for junk: the wait fails, and its report says where it is.
func Example_timeOutOffice365() {
	store := mailstore.New()
	box := store.Add("qa@example.com")
	inbox, err := connector.Connect(context.Background(), office365(store, "qa@example.com"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	box.Deliver(shopMail("qa@example.com", "Your invoice", "pay now"), mailstore.Delivery{Folder: mailstore.Junk})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err = inbox.WaitFor(ctx, connector.Query{Subject: "your invoice"})
	var failed *connector.WaitError
	if !errors.As(err, &failed) {
		log.Fatal(err)
	}
	fmt.Println(failed.Cause)
	for _, m := range failed.Arrivals {
		fmt.Println(m.Subject, m.Folders, m.Reasons)
	}
	// Output:
	// the mail "Your invoice" is in Junk: fix what makes it look like spam, or ask for Folder: Junk
	// Your invoice [Junk] [Folder wants "Inbox", has "Junk" (the mail is in Junk)]
}

// A test writes to the product's mailbox, reads the answer and cleans up after itself: only mails
// that a wait gave to it, and only into Deleted Items.
func Example_sendReplyCleanUp() {
	ctx := context.Background()
	store := mailstore.New()
	store.Add("qa@example.com")
	support := store.Add("support@example.com")
	inbox, err := connector.Connect(ctx, office365(store, "qa@example.com"), &connector.Options{
		SendTo:  []string{"support@example.com"}, // nobody else can be written to
		Cleanup: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer inbox.Close()

	if _, err := inbox.Send(ctx, connector.Draft{To: []string{"support@example.com"}, Subject: "My order", Text: "Where is it?"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("support has", len(support.List(mailstore.Inbox)), "mail")

	// The product answers.
	box, _ := store.Mailbox("qa@example.com")
	box.Deliver(shopMail("qa@example.com", "Re: My order", "On its way."), mailstore.Delivery{})
	m, err := inbox.WaitFor(ctx, connector.Query{Subject: "re: my order", Body: "on its way"})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := inbox.Reply(ctx, m, connector.Draft{To: []string{"support@example.com"}, Text: "Thanks!"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered:", answer.MessageID != "")
	_, err = inbox.Send(ctx, connector.Draft{To: []string{"customer@example.org"}, Subject: "oops", Text: "x"})
	fmt.Println("refused:", errors.Is(err, connector.ErrRefused))
	if err := inbox.SetRead(ctx, m, true); err != nil {
		log.Fatal(err)
	}
	n, err := inbox.Clean(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("cleaned", n, "and the inbox has", len(box.List(mailstore.Inbox)))
	// Output:
	// support has 1 mail
	// answered: true
	// refused: true
	// cleaned 1 and the inbox has 0
}

// A service embeds a mail service and gives a mailbox on it; the second value stops it.
type service func(store *mailstore.Store, address string) (connector.Server, func())

// cloud is a service of which nothing has to be stopped.
func cloud(open func(*mailstore.Store, string) connector.Server) service {
	return func(store *mailstore.Store, address string) (connector.Server, func()) {
		return open(store, address), func() {}
	}
}

// services are those that the same tests run on.
var services = map[string]service{
	"Google Workspace": cloud(google),
	"Office 365":       cloud(office365),
	"IMAP":             imapServer,
	"POP3":             pop3Server,
}

// connect opens a mailbox on a service, until the test ends.
func connect(t *testing.T, open service, store *mailstore.Store, address string, o *connector.Options) *connector.Session {
	t.Helper()
	store.Add(address)
	server, stop := open(store, address)
	t.Cleanup(stop)
	s, err := connector.Connect(t.Context(), server, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// stories are tests of a product, which know nothing of the service that they run on.
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

// Every story holds on every service, in virtual time.
func TestStories(t *testing.T) {
	for name, open := range services {
		for story, run := range stories {
			t.Run(name+"/"+story, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := mailstore.New()
					run(t, store, testhelpers.Begin(t, connect(t, open, store, "qa@example.com", nil)))
				})
			})
		}
	}
}

// A product that sends by SMTP reaches a mailbox on every service.
func TestSignUpBySMTP(t *testing.T) {
	for name, open := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := mailstore.New()
			relay, err := fakesmtp.Start(store, nil)
			require.NoError(t, err)
			defer relay.Close()
			test := testhelpers.Begin(t, connect(t, open, store, "qa@example.com", nil))
			to := testhelpers.Address(t, test.Mailbox())
			require.NoError(t, netsmtp.SendMail(relay.Addr(), nil, "shop@contoso.example", []string{to}, shopMail(to, "Welcome", "confirm")))
			m := testhelpers.WaitFor(t, test, connector.Query{To: to, Subject: "welcome"})
			assert.Contains(t, m.Body(), "confirm")
		})
	}
}

// Mail that is sent on one service arrives on each other, and so does the answer.
func TestMailBetweenServices(t *testing.T) {
	for from := range services {
		for to := range services {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := mailstore.New()
					ada := connect(t, services[from], store, "ada@example.com", &connector.Options{SendTo: []string{"ben@example.com"}})
					ben := connect(t, services[to], store, "ben@example.com", &connector.Options{SendTo: []string{"ada@example.com"}})
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
