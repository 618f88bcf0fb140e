package oauth_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

type answer = func(*http.Request) (*http.Response, error)

// Every row of the table, in the words of the service.
func TestGoogleErrors(t *testing.T) {
	t.Parallel()
	const notShort = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
	for name, c := range map[string]struct {
		answer answer
		kind   error
		says   string
	}{
		"grant type":     {refuse(400, "unsupported_grant_type", "Invalid grant_type: x"), connector.ErrConfig, "token_uri"},
		"bad request":    {refuse(400, "invalid_request", "Bad Request"), connector.ErrUnexpected, "change requests"},
		"impersonation":  {refuse(400, "invalid_request", "Invalid impersonation prn email address"), connector.ErrNoMailbox, "qa@example.com"},
		"signature":      {refuse(400, "invalid_grant", "Invalid JWT Signature."), connector.ErrAuth, "new JSON key"},
		"account":        {refuse(400, "invalid_grant", "Invalid grant: account not found"), connector.ErrAuth, "robot@acme"},
		"iat":            {refuse(400, "invalid_grant", "Invalid JWT: iat (issued at) is not set."), connector.ErrUnexpected, "time"},
		"clock":          {refuse(400, "invalid_grant", notShort), connector.ErrAuth, "clock"},
		"audience":       {refuse(400, "invalid_grant", "Invalid JWT: Failed audience check. The right audience is x"), connector.ErrConfig, "TokenURL"},
		"user":           {refuse(400, "invalid_grant", "Invalid email or User ID"), connector.ErrNoMailbox, "no such user"},
		"email":          {refuse(400, "invalid_grant", "Not a valid email."), connector.ErrNoMailbox, "qa@example.com"},
		"deleted user":   {refuse(400, "invalid_grant", "The account has been deleted"), connector.ErrNoMailbox, "restore"},
		"scope":          {refuse(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."), connector.ErrConfig, scope},
		"delegation":     {refuse(401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."), connector.ErrPermission, "give client ID 104727004242420010001 exactly these scopes: " + scope},
		"delegation old": {refuse(401, "unauthorized_client", "Unauthorized client or scope in request."), connector.ErrPermission, "at most 24 hours"},
		"denied":         {refuse(403, "access_denied", "Requested client not authorized"), connector.ErrPermission, "104727004242420010001"},
		"restricted":     {refuse(400, "access_denied", "Account restricted"), connector.ErrNoMailbox, "suspended"},
		"policy":         {refuse(400, "admin_policy_enforced", ""), connector.ErrPermission, "App access control"},
		"internal":       {refuse(400, "org_internal", ""), connector.ErrPermission, "organisation"},
		"disabled":       {refuse(400, "disabled_client", ""), connector.ErrAuth, "enable robot@acme"},
		"deleted":        {refuse(400, "deleted_client", ""), connector.ErrAuth, "deleted"},
		"client":         {refuse(401, "invalid_client", ""), connector.ErrAuth, "key file"},
		"unheard of":     {refuse(400, "brand_new", "?"), connector.ErrAuth, "brand_new"},
		"fault":          {refuse(500, "internal_failure", "Backend Error"), connector.ErrUnavailable, "fault"},
		"fault 503":      {refuse(503, "internal_failure", "Backend Error"), connector.ErrUnavailable, "fault"},
		"too many":       {refuse(429, "rate_limited", ""), connector.ErrThrottled, "too many"},
		"id token only":  {reply(200, `{"id_token":"eyJ"}`), connector.ErrConfig, "Scopes"},
		"no token":       {reply(200, `{}`), connector.ErrConfig, "no access token"},
		"login page":     {reply(200, "<html>"), connector.ErrUnexpected, "Proxy"},
		"proxy page":     {reply(403, "<html>"), connector.ErrUnexpected, "Proxy"},
		"bad gateway":    {reply(502, "<html>"), connector.ErrUnavailable, "502"},
		"redirect":       {reply(302, ""), connector.ErrUnexpected, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, a := newGoogle(t, connector.Literal(keyFile(nil)), c.answer)
			_, err := g.Token(t.Context(), "")
			require.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "{")
			assert.Equal(t, 1, a.count())
		})
	}
}

// The error tells how far the clock is off, and what Google said.
func TestGoogleClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(-7 * time.Minute).UTC().Format(http.TimeFormat)
		g, _ := newGoogle(t, connector.Literal(keyFile(nil)), reply(400,
			`{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token"}`, "Date", date))
		_, err := g.Token(t.Context(), "")
		require.ErrorIs(t, err, connector.ErrAuth)
		assert.ErrorContains(t, err, "set the local clock, which is 7m0s ahead of Google's, right")
		r, ok := errors.AsType[*oauth.GoogleError](err)
		require.True(t, ok)
		assert.Equal(t, 400, r.Status)
		assert.Equal(t, "invalid_grant", r.Code)
	})
}

func TestGoogleConsumer(t *testing.T) {
	t.Parallel()
	a := &answers{list: []func(*http.Request) (*http.Response, error){refuse(401, "unauthorized_client", "Unauthorized client or scope in request.")}}
	g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Key: connector.Literal(keyFile(nil)), Subject: "somebody@gmail.com",
		Scopes: []string{scope}, Client: &http.Client{Transport: a}})
	require.NoError(t, err)
	_, err = g.Token(t.Context(), "")
	require.ErrorIs(t, err, connector.ErrPermission)
	assert.Contains(t, err.Error(), "somebody@gmail.com is a consumer account")
}

func TestGoogleThrottledFor(t *testing.T) {
	t.Parallel()
	g, _ := newGoogle(t, connector.Literal(keyFile(nil)), reply(429, `{"error":"x"}`, "Retry-After", "1.5"))
	_, err := g.Token(t.Context(), "")
	e, ok := errors.AsType[*connector.Error](err)
	require.True(t, ok)
	assert.Equal(t, 1500*time.Millisecond, e.RetryAfter)
}

func TestGoogleKeyless(t *testing.T) {
	t.Parallel()
	iam := func(status int, code, text string) answer {
		return reply(status, `{"error":{"code":0,"status":"`+code+`","message":"`+text+`"}}`)
	}
	for name, c := range map[string]struct {
		first answer
		kind  error
		says  string
		asked int
	}{
		"works":        {reply(200, `{"keyId":"k","signedJwt":"a.b.c"}`), nil, "", 2},
		"no signature": {reply(200, `{}`), connector.ErrUnexpected, "format", 1},
		"token":        {iam(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."), connector.ErrAuth, "Keyless.Caller", 1},
		"role":         {iam(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist)."), connector.ErrPermission, "roles/iam.serviceAccountTokenCreator) on robot@acme.example", 1},
		"api":          {iam(403, "PERMISSION_DENIED", "IAM Service Account Credentials API has not been used in project 1 before or it is disabled."), connector.ErrPermission, "iamcredentials.googleapis.com", 1},
		"scope":        {iam(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes."), connector.ErrPermission, "cloud-platform", 1},
		"account":      {iam(404, "NOT_FOUND", "Not found; Gaia id not found for email"), connector.ErrAuth, "Keyless.Account", 1},
		"argument":     {iam(400, "INVALID_ARGUMENT", "Request contains an invalid argument."), connector.ErrUnexpected, "Keyless.Account", 1},
		"throttled":    {iam(429, "RESOURCE_EXHAUSTED", "Quota exceeded"), connector.ErrThrottled, "IAM", 1},
		"fault":        {iam(503, "UNAVAILABLE", "The service is currently unavailable."), connector.ErrUnavailable, "IAM", 1},
		"proxy":        {reply(403, "<html>"), connector.ErrUnexpected, "Proxy", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answers{list: []func(*http.Request) (*http.Response, error){c.first, good("tok")}}
			k := &oauth.GoogleKeyless{Account: "robot@acme.example", Delegates: []string{"mid@acme.example"},
				Caller: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "caller-token"})}
			g, err := oauth.NewGoogle(t.Context(), oauth.GoogleConfig{Keyless: k, Subject: "qa@example.com", Scopes: []string{scope},
				Client: &http.Client{Transport: a}})
			require.NoError(t, err)
			token, err := g.Token(t.Context(), "")
			assert.Equal(t, c.asked, a.count())
			assert.Equal(t, "Bearer caller-token", a.asked[0].Header.Get("Authorization"))
			if c.kind == nil {
				require.NoError(t, err)
				assert.Equal(t, "tok", token)
				assert.Equal(t, "a.b.c", a.forms[1].Get("assertion"))
				return
			}
			require.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "caller-token")
		})
	}
}
