package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

const person = "qa@contoso.example"

// safe is where sign-ins are kept.
type safe struct {
	mu     sync.Mutex
	text   string
	writes int
	broken error
	app    fakegmail.DesktopApp // whose sign-in it is, at Google
}

func (s *safe) read(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text, nil
}

func (s *safe) write(_ context.Context, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.text = text
		s.writes++
	}
	return s.broken
}

// entra is Microsoft with one app, and a way to it.
func entra() (*fakegraph.Fake, fakegraph.App, *http.Client) { return entraWith(nil) }

func entraWith(o *fakegraph.Options) (*fakegraph.Fake, fakegraph.App, *http.Client) {
	store := mailstore.New()
	store.Add(person)
	fake := fakegraph.New(store, o)
	return fake, fake.AddApp(fakegraph.App{}), &http.Client{Transport: fake.RoundTripper()}
}

func delegated(t *testing.T, a fakegraph.App, c *http.Client, s *safe) *oauth.Delegated {
	t.Helper()
	d, err := oauth.NewDelegated(oauth.DelegatedConfig{Authority: oauth.Microsoft(a.Tenant, ""), ClientID: a.ClientID,
		Scopes: []string{oauth.ExchangePOPScope}, Account: person, Kept: s.read, Keep: s.write,
		Command: "cloudmail sign-in qa", Client: c})
	require.NoError(t, err)
	return d
}

// TestSignInByCode signs in on another device, and uses what is kept in another process.
func TestSignInByCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		vault := &safe{}
		d := delegated(t, app, client, vault)
		_, err := d.Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "sign in again as qa@contoso.example: run cloudmail sign-in qa")

		start := time.Now()
		err = d.SignInByCode(t.Context(), func(c oauth.DeviceCode) {
			assert.Equal(t, "https://microsoft.com/devicelogin", c.URL)
			time.AfterFunc(42*time.Second, func() { assert.True(t, fake.EnterCode(c.Code, person)) })
		})
		require.NoError(t, err)
		require.Equal(t, 45*time.Second, time.Since(start).Round(time.Second), "asked every five seconds")
		require.Equal(t, 1, vault.writes)
		first, err := d.Token(t.Context(), "")
		require.NoError(t, err)
		require.NotContains(t, vault.text, first, "an access token is not kept")

		other := delegated(t, app, client, vault)
		second, err := other.Token(t.Context(), "")
		require.NoError(t, err)
		require.NotEqual(t, first, second)
		require.Equal(t, 2, vault.writes, "the renewed sign-in is kept")
		third, err := other.Token(t.Context(), second)
		require.NoError(t, err)
		require.NotEqual(t, second, third, "a refused token is replaced")
		time.Sleep(2 * time.Hour)
		fourth, err := other.Token(t.Context(), "")
		require.NoError(t, err)
		require.NotEqual(t, third, fourth, "an expired token is replaced")
	})
}

// TestSignInByCodeRefused ends when the person refuses, does nothing, or the caller gives up.
func TestSignInByCodeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		d := delegated(t, app, client, &safe{})
		err := d.SignInByCode(t.Context(), func(c oauth.DeviceCode) { assert.True(t, fake.EnterCode(c.Code, "")) })
		require.ErrorIs(t, err, connector.ErrPermission)
		start := time.Now()
		err = d.SignInByCode(t.Context(), func(oauth.DeviceCode) {})
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "expired")
		require.InDelta(t, 15*time.Minute, time.Since(start), float64(10*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		require.ErrorIs(t, d.SignInByCode(ctx, func(oauth.DeviceCode) {}), context.DeadlineExceeded)
	})
}

// TestEndedSignIn names every end of a sign-in as one, not as a fault of the network; a sign-in made
// by another process is taken.
func TestEndedSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []int{50173, 700082, 65001, 70008} {
			fake, app, client := entra()
			vault := &safe{}
			d := delegated(t, app, client, vault)
			signIn := func(d *oauth.Delegated) error {
				return d.SignInByCode(t.Context(), func(c oauth.DeviceCode) { assert.True(t, fake.EnterCode(c.Code, person)) })
			}
			require.NoError(t, signIn(d))
			good, err := d.Token(t.Context(), "")
			require.NoError(t, err)
			fake.EndSignIns(person, code)
			_, err = d.Token(t.Context(), good)
			require.ErrorIs(t, err, connector.ErrAuth, "%d", code)
			require.ErrorContains(t, err, "run cloudmail sign-in qa")
			refusal, ok := errors.AsType[*oauth.EntraError](err)
			require.True(t, ok)
			require.Equal(t, []int{code}, refusal.Numbers)
			require.NotContains(t, err.Error(), good)
			require.NoError(t, signIn(delegated(t, app, client, vault)))
			_, err = d.Token(t.Context(), good)
			require.NoError(t, err, "the new sign-in is read from the vault")
		}
	})
}

// TestVaultThatCannotBeWritten says so at the sign-in, and goes on with the old one later.
func TestVaultThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		vault := &safe{broken: errors.New("read-only")}
		d := delegated(t, app, client, vault)
		show := func(c oauth.DeviceCode) { assert.True(t, fake.EnterCode(c.Code, person)) }
		err := d.SignInByCode(t.Context(), show)
		require.ErrorIs(t, err, connector.ErrUnavailable)
		require.ErrorContains(t, err, "could not be kept")
		token, err := d.Token(t.Context(), "")
		require.NoError(t, err)
		vault.broken = nil
		_, err = d.Token(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, 1, vault.writes, "what could not be kept is kept later")
	})
}

// browser follows the redirects of a sign-in over real loopback sockets, and changes the way back.
func browser(fake http.RoundTripper, change func(back *url.URL)) func(string) error {
	return func(address string) error {
		c := &http.Client{Transport: fake, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := c.Get(address)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		back, err := resp.Location()
		if err != nil {
			return err
		}
		change(back)
		back.Host = "127.0.0.1:" + back.Port()
		own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for range 2 { // a browser may come twice
			resp, err := own.Get(back.String())
			if err != nil {
				return err
			}
			if err := resp.Body.Close(); err != nil {
				return err
			}
		}
		return nil
	}
}

// visit is a browser that changes nothing.
func visit(fake http.RoundTripper, address string) error {
	return browser(fake, func(*url.URL) {})(address)
}

// TestSignInByBrowser comes back with a code and its proof; a foreign state is not let in.
func TestSignInByBrowser(t *testing.T) {
	fake, app, client := entra()
	vault := &safe{}
	d := delegated(t, app, client, vault)
	fake.AtBrowser(person)
	require.NoError(t, d.SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {})))
	require.Equal(t, 1, vault.writes)
	_, err := d.Token(t.Context(), "")
	require.NoError(t, err)

	fake.AtBrowser("")
	err = d.SignInByBrowser(t.Context(), browser(fake.RoundTripper(), func(*url.URL) {}))
	require.ErrorIs(t, err, connector.ErrPermission)

	fake.AtBrowser(person)
	ctx, cancel := context.WithCancel(t.Context())
	err = d.SignInByBrowser(ctx, browser(fake.RoundTripper(), func(back *url.URL) {
		q := back.Query()
		q.Set("state", "foreign")
		back.RawQuery = q.Encode()
		time.AfterFunc(100*time.Millisecond, cancel)
	}))
	require.ErrorIs(t, err, context.Canceled)
	err = d.SignInByBrowser(t.Context(), func(string) error { return errors.New("no browser here") })
	require.ErrorContains(t, err, "sign in by code")
}

// TestDelegatedFields refuses what cannot work.
func TestDelegatedFields(t *testing.T) {
	good := oauth.DelegatedConfig{Authority: oauth.Microsoft("common", ""), ClientID: "x", Scopes: []string{"y"}, Kept: (&safe{}).read}
	for name, change := range map[string]func(*oauth.DelegatedConfig){
		"no authority":  func(c *oauth.DelegatedConfig) { c.Authority = oauth.Authority{} },
		"wrong tenant":  func(c *oauth.DelegatedConfig) { c.Authority = oauth.Microsoft("a/b", "") },
		"insecure base": func(c *oauth.DelegatedConfig) { c.Authority = oauth.Microsoft("common", "http://example.com") },
		"insecure too":  func(c *oauth.DelegatedConfig) { c.Authority = oauth.GoogleAccounts("http://example.com") },
		"no client":     func(c *oauth.DelegatedConfig) { c.ClientID = " " },
		"no scopes":     func(c *oauth.DelegatedConfig) { c.Scopes = nil },
		"nothing kept":  func(c *oauth.DelegatedConfig) { c.Kept = nil },
	} {
		c := good
		change(&c)
		_, err := oauth.NewDelegated(c)
		require.ErrorIs(t, err, connector.ErrConfig, name)
	}
	_, err := oauth.NewDelegated(good)
	require.NoError(t, err)
}

// TestKeptOfAnotherApp is no sign-in to this one.
func TestKeptOfAnotherApp(t *testing.T) {
	_, app, client := entra()
	for _, text := range []string{"nonsense", "{}", `{"v":2,"refresh_token":"r"}`, `{"v":1,"client_id":"other","refresh_token":"r"}`} {
		_, err := delegated(t, app, client, &safe{text: text}).Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "sign in again")
	}
}

// TestEntraApp gets tokens for an application, asks once for another secret, and names refusals.
func TestEntraApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		var asked []string
		a, err := oauth.NewEntraApp(oauth.EntraAppConfig{Tenant: app.Tenant, ClientID: app.ClientID, Client: client,
			ClientSecret: func(_ context.Context, refused string) (string, error) {
				asked = append(asked, refused)
				return app.Secret(), nil
			}})
		require.NoError(t, err)
		first, err := a.Token(t.Context(), "")
		require.NoError(t, err)
		again, err := a.Token(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, first, again)
		time.Sleep(2 * time.Hour)
		later, err := a.Token(t.Context(), "")
		require.NoError(t, err)
		require.NotEqual(t, first, later)
		require.Equal(t, []string{""}, asked)

		old := app.Secret()
		app.Secrets = []fakegraph.Secret{{Value: fake.RotateSecret(app.ClientID)}}
		_, err = a.Token(t.Context(), later)
		require.NoError(t, err)
		require.Equal(t, []string{"", old}, asked)
		fresh, err := a.Token(t.Context(), "")
		require.NoError(t, err)
		fake.RotateSecret(app.ClientID)
		_, err = a.Token(t.Context(), fresh)
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, "value, not its id")
		require.NotContains(t, err.Error(), app.Secret())
	})
}

// TestEntraAppFields refuses what cannot work.
func TestEntraAppFields(t *testing.T) {
	good := oauth.EntraAppConfig{Tenant: "contoso.example", ClientID: "00000000-0000-4000-8000-000000000000", ClientSecret: connector.Literal("x")}
	for name, change := range map[string]func(*oauth.EntraAppConfig){
		"any tenant":  func(c *oauth.EntraAppConfig) { c.Tenant = "common" },
		"no client":   func(c *oauth.EntraAppConfig) { c.ClientID = "" },
		"no secret":   func(c *oauth.EntraAppConfig) { c.ClientSecret = nil },
		"two proofs":  func(c *oauth.EntraAppConfig) { c.Certificate = c.ClientSecret },
		"a scope":     func(c *oauth.EntraAppConfig) { c.Scope = oauth.ExchangePOPScope },
		"an insecure": func(c *oauth.EntraAppConfig) { c.Authority = "http://login.example.com" },
	} {
		c := good
		change(&c)
		_, err := oauth.NewEntraApp(c)
		require.ErrorIs(t, err, connector.ErrConfig, name)
	}
}

// TestSASL writes the responses as the documents have them, and nothing that breaks out of them.
func TestSASL(t *testing.T) {
	r, err := oauth.XOAUTH2("someuser@example.com", "ya29.abc")
	require.NoError(t, err)
	require.Equal(t, "user=someuser@example.com\x01auth=Bearer ya29.abc\x01\x01", string(r))
	r, err = oauth.BearerResponse("user,a=b@example.com", "server.example.com", 143, "vF9dft4qmT")
	require.NoError(t, err)
	require.Equal(t, "n,a=user=2Ca=3Db@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmT\x01\x01", string(r))
	for _, bad := range []string{"a\x01b", "a\r\nb", "a\x00b"} {
		_, err = oauth.XOAUTH2(bad, "t")
		require.Error(t, err)
		_, err = oauth.XOAUTH2("u", bad)
		require.Error(t, err)
		require.False(t, strings.Contains(err.Error(), bad))
		_, err = oauth.BearerResponse("u", bad, 1, "t")
		require.Error(t, err)
	}
}
