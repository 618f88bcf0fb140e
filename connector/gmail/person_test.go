package gmail_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// visit is a browser on this machine.
func visit(google http.RoundTripper) func(string) error {
	return func(address string) error {
		c := &http.Client{Transport: google, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := c.Get(address)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		back, err := resp.Location()
		if err != nil {
			return err
		}
		own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err = own.Get(back.String())
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
}

// TestPerson opens the mailbox of a person who signed in with a browser: an access token that is refused
// is replaced, and a sign-in that ended is told with what to do.
func TestPerson(t *testing.T) {
	w := newWorld(t, nil)
	app := w.fake.AddDesktopApp()
	w.fake.AtBrowser(connectortest.Address)
	var kept string
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.GoogleAccounts(""), ClientID: app.ClientID,
		ClientSecret: connector.Literal(app.ClientSecret), Scopes: []string{fakegmail.ScopeModify}, Account: connectortest.Address,
		Kept: func(context.Context, string) (string, error) { return kept, nil }, Keep: func(_ context.Context, text string) error { kept = text; return nil },
		Command: "cloudmail sign-in qa", Client: &http.Client{Transport: w.fake.RoundTripper()}})
	require.NoError(t, err)
	server := gmail.Workspace{Address: connectortest.Address, Token: d.Token, Transport: w.fake.RoundTripper()}
	_, err = connector.Connect(t.Context(), server, nil)
	require.ErrorIs(t, err, connector.ErrAuth)
	require.ErrorContains(t, err, "nobody has signed in yet")

	require.NoError(t, d.SignInByBrowser(t.Context(), visit(w.fake.RoundTripper())))
	s, err := connector.Connect(t.Context(), server, nil)
	require.NoError(t, err)
	defer s.Close()
	for _, subject := range []string{"one", "two"} {
		w.box.Deliver([]byte("From: shop@example.com\r\nSubject: "+subject+"\r\n\r\nHello.\r\n"), mailstore.Delivery{})
		_, err = s.WaitFor(t.Context(), connector.Query{Subject: subject})
		require.NoError(t, err)
		w.fake.ExpireTokens()
	}
	w.fake.EndSignIns(connectortest.Address)
	_, err = s.WaitFor(t.Context(), connector.Query{Subject: "three"})
	require.ErrorIs(t, err, connector.ErrAuth)
	var e *connector.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "sign in again as "+connectortest.Address+": run cloudmail sign-in qa", e.Remedy)

	server.Address = "other@example.com"
	w.fake.AtBrowser(connectortest.Address)
	require.NoError(t, d.SignInByBrowser(t.Context(), visit(w.fake.RoundTripper())))
	_, err = connector.Connect(t.Context(), server, nil)
	require.ErrorIs(t, err, connector.ErrConfig, "the sign-in is another person's")
}
