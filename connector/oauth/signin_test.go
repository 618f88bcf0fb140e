package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
)

// way is a transport with a hand in it: a request for which it returns neither goes through.
type way func(*http.Request) (*http.Response, error)

func (w way) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// made is an answer that no service gave.
func made(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// TestSignInByCodeOverABadLine goes on while the person signs in when the network or the service fails, less often each
// time (RFC 8628 §3.5); what failed last is the error if it never ends.
func TestSignInByCodeOverABadLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, app, client := entra()
		direct, failures, polls := client.Transport, 0, []time.Time{}
		client.Transport = way(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/token") {
				return direct.RoundTrip(r)
			}
			polls = append(polls, time.Now())
			if failures--; failures < 0 {
				return direct.RoundTrip(r)
			}
			if failures%2 == 0 {
				return made(r, http.StatusServiceUnavailable, "away"), nil
			}
			return nil, errors.New("connection reset")
		})
		failures = 2
		d := delegated(t, app, client, &safe{})
		require.NoError(t, d.SignInByCode(t.Context(), func(c oauth.DeviceCode) { assert.True(t, fake.EnterCode(c.Code, person)) }))
		require.Len(t, polls, 3)
		require.Greater(t, polls[2].Sub(polls[1]), polls[1].Sub(polls[0]), "less often each time")

		failures = 1 << 30
		start := time.Now()
		err := d.SignInByCode(t.Context(), func(oauth.DeviceCode) {})
		require.ErrorIs(t, err, connector.ErrUnavailable)
		require.Less(t, time.Since(start), time.Hour)
	})
}

// TestSignInByCodeAsksEveryFiveSeconds where the service does not say how often (RFC 8628 §3.2), and more
// seldom where it says that this is too often.
func TestSignInByCodeAsksEveryFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, app, client := entra()
		direct, polls := client.Transport, []time.Time{}
		client.Transport = way(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				polls = append(polls, time.Now())
				return made(r, http.StatusBadRequest, `{"error":"`+map[bool]string{true: "slow_down", false: "authorization_pending"}[len(polls) == 2]+`"}`), nil
			}
			resp, err := direct.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte(`"interval"`), []byte(`"other"`))))
			return resp, err
		})
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, delegated(t, app, client, &safe{}).SignInByCode(ctx, func(oauth.DeviceCode) {}), context.DeadlineExceeded)
		var at []time.Duration
		for _, p := range polls {
			at = append(at, p.Sub(start))
		}
		require.Equal(t, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second}, at)
	})
}

// TestTheBrowserIsAnswered gives the person's browser its page, also where the sign-in ends with it.
func TestTheBrowserIsAnswered(t *testing.T) {
	fake, app, client := entra()
	d := delegated(t, app, client, &safe{})
	for range 300 {
		fake.AtBrowser("")
		read := make(chan error, 1)
		err := d.SignInByBrowser(t.Context(), func(address string) error {
			back := backFrom(t, fake, address)
			go func() {
				own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				resp, err := own.Get(back.String())
				if err == nil {
					var page []byte
					page, err = io.ReadAll(resp.Body)
					err = errors.Join(err, resp.Body.Close())
					assert.Equal(t, "You can close this window.\n", string(page))
				}
				read <- err
			}()
			return nil
		})
		require.ErrorIs(t, err, connector.ErrPermission)
		require.NoError(t, <-read)
	}
}

// backFrom is where the sign-in page sends the browser.
func backFrom(t *testing.T, fake *fakegraph.Fake, address string) *url.URL {
	t.Helper()
	c := &http.Client{Transport: fake.RoundTripper(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(address)
	require.NoError(t, err)
	defer resp.Body.Close()
	back, err := resp.Location()
	require.NoError(t, err)
	back.Host = "127.0.0.1:" + back.Port()
	return back
}

// TestRefusalsThatASignInDoesNotMend says what helps: the account is blocked, or a rule is against it.
func TestRefusalsThatASignInDoesNotMend(t *testing.T) {
	for number, remedy := range map[string]string{"50057": "the account is disabled", "50053": "the account is locked", "53003": "Conditional Access", "50196": "in a loop"} {
		client := &http.Client{Transport: way(func(r *http.Request) (*http.Response, error) {
			return made(r, http.StatusBadRequest, `{"error":"invalid_grant","error_description":"AADSTS`+number+`: No.","error_codes":[`+number+`]}`), nil
		})}
		_, app, _ := entra()
		d := delegated(t, app, client, &safe{text: `{"v":1,"client_id":"` + app.ClientID + `","refresh_token":"r"}`})
		_, err := d.Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrAuth)
		require.ErrorContains(t, err, remedy)
		require.NotContains(t, err.Error(), "sign in again")
	}
}
