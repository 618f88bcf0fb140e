package graph_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// person is a world whose mailbox is opened by who owns it.
type person struct {
	fake  *fakegraph.Fake
	box   *mailstore.Mailbox
	d     *oauth.Delegated
	owner string
}

func newPerson(t *testing.T, tenant, owner string) *person {
	t.Helper()
	store := mailstore.New()
	p := &person{box: store.Add(owner), owner: owner}
	store.Add("orders@contoso.example")
	p.fake = fakegraph.New(store, nil)
	app := p.fake.AddApp(fakegraph.App{})
	if tenant == "" {
		tenant = app.Tenant
	}
	var kept string
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft(tenant, ""), ClientID: app.ClientID,
		Scopes: []string{oauth.GraphMailScope, oauth.GraphSendScope, oauth.GraphMailShared}, Account: owner, Command: "cloudmail sign-in qa",
		Kept:   func(context.Context, string) (string, error) { return kept, nil },
		Keep:   func(_ context.Context, text string) error { kept = text; return nil },
		Client: &http.Client{Transport: p.fake.RoundTripper()}})
	require.NoError(t, err)
	p.d = d
	require.NoError(t, d.SignInByCode(t.Context(), func(c oauth.DeviceCode) { require.True(t, p.fake.EnterCode(c.Code, owner)) }))
	return p
}

// server is a mailbox with the person's rights.
func (p *person) server(address string) graph.Office365 {
	return graph.Office365{TokenCredential: graph.Tokens(p.d.Token), Address: address, Transport: p.fake.RoundTripper()}
}

// TestPerson reads and sends with a person's rights, of a company and of outlook.com, past the end of
// tokens, told and untold; a changed password is told with what to do.
func TestPerson(t *testing.T) {
	for tenant, owner := range map[string]string{"": "qa@contoso.example", "consumers": "somebody@outlook.com"} {
		t.Run(owner, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPerson(t, tenant, owner)
				s, err := connector.Connect(t.Context(), p.server(owner), nil)
				require.NoError(t, err)
				defer s.Close()
				for _, pause := range []func(){func() {}, func() { time.Sleep(3 * time.Hour) }, p.fake.ExpireTokens} {
					pause()
					sent, err := s.Send(t.Context(), connector.Draft{To: []string{owner}, Subject: "Hello", Text: "It is 4711."})
					require.NoError(t, err)
					m, err := s.WaitFor(t.Context(), connector.Query{MessageID: sent.MessageID})
					require.NoError(t, err)
					require.Contains(t, m.Text, "4711")
				}
				p.fake.EndSignIns(owner, 50173)
				time.Sleep(3 * time.Hour)
				_, err = s.WaitFor(t.Context(), connector.Query{Subject: "Hello"})
				require.ErrorIs(t, err, connector.ErrAuth)
				var e *connector.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, "sign in again as "+owner+": run cloudmail sign-in qa", e.Remedy)
			})
		})
	}
}

// TestPersonInSharedMailbox opens another mailbox with a person's rights.
func TestPersonInSharedMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPerson(t, "", "qa@contoso.example")
		s, err := connector.Connect(t.Context(), p.server("orders@contoso.example"), nil)
		require.NoError(t, err)
		require.Equal(t, "orders@contoso.example", s.Mailbox())
		require.NoError(t, s.Close())
	})
}
