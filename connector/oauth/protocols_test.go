package oauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// exchange is the protocol side of a cloud that takes XOAUTH2 alone: it knows the last access token that
// its identity provider gave out, and no older one.
type exchange struct {
	mailbox string
	imap    *fakeimap.Server
	pop3    *fakepop3.Server
	smtp    *fakesmtp.Server
	given   int
}

func newExchange(t *testing.T, store *mailstore.Store, mailbox string) *exchange {
	t.Helper()
	x := &exchange{mailbox: mailbox}
	none := map[string]string{mailbox: "none yet"}
	var err error
	x.imap, err = fakeimap.New(store, &fakeimap.Options{TLS: fakeimap.Implicit, Tokens: none})
	require.NoError(t, err)
	x.pop3, err = fakepop3.New(store, &fakepop3.Options{TLS: fakepop3.Implicit, Tokens: none, Mechanisms: []string{"XOAUTH2"}, NoUSER: true, TwoLines: true})
	require.NoError(t, err)
	x.smtp, err = fakesmtp.New(store, &fakesmtp.Options{TLS: fakesmtp.StartTLS, Tokens: none})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, x.imap.Close())
		require.NoError(t, x.pop3.Close())
		require.NoError(t, x.smtp.Close())
	})
	return x
}

// trusting is a way to the identity provider: what it gives out is known to the servers at once.
func (x *exchange) trusting(idp http.RoundTripper) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := idp.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(raw))
		var a struct {
			Access string `json:"access_token"`
		}
		if json.Unmarshal(raw, &a) == nil && a.Access != "" {
			x.given++
			x.imap.SetToken(x.mailbox, a.Access)
			x.pop3.SetToken(x.mailbox, a.Access)
			x.smtp.SetToken(x.mailbox, a.Access)
		}
		return resp, err
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// revoke makes the servers refuse the token that they took until now.
func (x *exchange) revoke() {
	x.imap.SetToken(x.mailbox, "")
	x.pop3.SetToken(x.mailbox, "")
	x.smtp.SetToken(x.mailbox, "")
}

// submission is how the mailbox sends.
func (x *exchange) submission() *smtp.Server {
	return &smtp.Server{Host: "localhost", Security: smtp.StartTLS, RootCAs: x.smtp.CertPool, Dial: x.smtp.DialContext}
}

// servers are the mailbox by each protocol.
func (x *exchange) servers(t *testing.T, token connector.Credential) map[string]connector.Server {
	t.Helper()
	return map[string]connector.Server{
		"imap": imap.Server{Host: "localhost", Address: x.mailbox, Token: token, Submission: x.submission(), RootCAs: x.imap.CertPool, Dial: x.imap.DialContext},
		"pop3": pop3.Server{Host: "localhost", Address: x.mailbox, Token: token, Submission: x.submission(), RootCAs: x.pop3.CertPool, Dial: x.pop3.DialContext},
	}
}

// converse sends, reads, answers and forwards, before and after the token expired and was revoked.
func (x *exchange) converse(t *testing.T, server connector.Server) {
	t.Helper()
	s, err := connector.Connect(t.Context(), server, &connector.Options{SendTo: []string{x.mailbox}})
	require.NoError(t, err)
	defer s.Close()
	for _, pause := range []func(){func() {}, func() { time.Sleep(2 * time.Hour) }, x.revoke} {
		pause()
		_, err = s.Send(t.Context(), connector.Draft{To: []string{x.mailbox}, Subject: "one", Text: "It is 4711."})
		require.NoError(t, err)
		m, err := s.WaitFor(t.Context(), connector.Query{Subject: "one"})
		require.NoError(t, err)
		require.Equal(t, "It is 4711.", strings.TrimSpace(m.Text))
		_, err = s.Reply(t.Context(), m, connector.Draft{Text: "Thanks."})
		require.NoError(t, err)
		answer, err := s.WaitFor(t.Context(), connector.Query{Header: map[string]string{"In-Reply-To": m.MessageID}})
		require.NoError(t, err)
		_, err = s.Forward(t.Context(), answer, connector.Draft{To: []string{x.mailbox}, Text: "See below."})
		require.NoError(t, err)
		_, err = s.WaitFor(t.Context(), connector.Query{Body: "See below."})
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, x.given, 3, "one at first, one after it expired, one after it was refused")
}

// TestAppOnlyByProtocol opens a mailbox of Exchange Online by IMAP and POP3 with an application's rights,
// and sends from it.
func TestAppOnlyByProtocol(t *testing.T) {
	for _, protocol := range []string{"imap", "pop3"} {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := mailstore.New()
				store.Add(person)
				entra := fakegraph.New(store, nil)
				app := entra.AddApp(fakegraph.App{})
				x := newExchange(t, store, person)
				tokens, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: app.Tenant, ClientID: app.ClientID,
					ClientSecret: connector.Literal(app.Secret()), Client: x.trusting(entra.RoundTripper())})
				require.NoError(t, err)
				x.converse(t, x.servers(t, tokens.Token)[protocol])
			})
		})
	}
}

// TestSharedMailboxByProtocol opens a shared mailbox with the sign-in of a person who has access: user and
// mailbox are two.
func TestSharedMailboxByProtocol(t *testing.T) {
	const shared = "orders@contoso.example"
	for _, protocol := range []string{"imap", "pop3"} {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := mailstore.New()
				store.Add(person)
				store.Add(shared)
				entra := fakegraph.New(store, nil)
				app := entra.AddApp(fakegraph.App{})
				x := newExchange(t, store, shared)
				vault := &safe{}
				d := delegated(t, app, x.trusting(entra.RoundTripper()), vault)
				require.NoError(t, d.SignInByCode(t.Context(), func(c oauth.DeviceCode) { require.True(t, entra.EnterCode(c.Code, person)) }))
				x.converse(t, x.servers(t, d.Token)[protocol])
				require.Contains(t, vault.text, person)
			})
		})
	}
}

// TestGoogleByProtocol opens a mailbox of Google Workspace by IMAP and POP3 with a service account that the
// domain delegates https://mail.google.com/ to.
func TestGoogleByProtocol(t *testing.T) {
	robot, err := fakegmail.NewAccount(1024)
	require.NoError(t, err)
	for _, protocol := range []string{"imap", "pop3"} {
		t.Run(protocol, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := mailstore.New()
				store.Add(googler)
				fake := fakegmail.New(store, nil)
				fake.Register(robot)
				fake.Delegate("example.com", robot.ClientID, oauth.GoogleMailScope)
				x := newExchange(t, store, googler)
				tokens, err := oauth.NewGoogle(context.Background(), oauth.GoogleConfig{Key: connector.Literal(string(robot.JSON())), Subject: googler,
					Scopes: []string{oauth.GoogleMailScope}, Client: x.trusting(fake.RoundTripper())})
				require.NoError(t, err)
				x.converse(t, x.servers(t, tokens.Token)[protocol])
			})
		})
	}
}
