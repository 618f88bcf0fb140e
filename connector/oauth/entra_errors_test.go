package oauth_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/oauth"
)

func TestParseEntraError(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"newer": `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Trace ID: a Correlation ID: b Timestamp: c","error_codes":[7000215]}`,
		"older": `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: a\r\nCorrelation ID: b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := oauth.ParseEntraError(401, []byte(body))
			require.True(t, ok)
			assert.Equal(t, "AADSTS7000215: Invalid client secret provided.", e.Error())
			assert.Equal(t, []int{7000215}, e.Numbers)
			assert.True(t, e.FreshMayHelp())
			remedy, kind := e.Explain()
			assert.Equal(t, connector.ErrAuth, kind)
			assert.Contains(t, remedy, "not its id")
		})
	}
	for _, body := range []string{"", "<html>", "[]", `{"error":{"code":"x"}}`, `{"value":1}`} {
		_, ok := oauth.ParseEntraError(400, []byte(body))
		assert.False(t, ok, body)
	}
}

func TestExplainUnknownNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e     oauth.EntraError
		kind  error
		fresh bool
	}{
		{oauth.EntraError{Status: 401, Code: "invalid_client", Numbers: []int{1}}, connector.ErrAuth, true},
		{oauth.EntraError{Status: 400, Code: "invalid_scope"}, connector.ErrConfig, false},
		{oauth.EntraError{Status: 429, Code: "temporarily_unavailable"}, connector.ErrThrottled, false},
		{oauth.EntraError{Status: 503, Code: "temporarily_unavailable"}, connector.ErrUnavailable, false},
		{oauth.EntraError{Status: 400, Code: "something_new"}, connector.ErrAuth, false},
	} {
		remedy, kind := c.e.Explain()
		assert.Equal(t, c.kind, kind, "%+v", c.e)
		assert.Equal(t, c.fresh, c.e.FreshMayHelp(), "%+v", c.e)
		if errors.Is(kind, connector.ErrAuth) || errors.Is(kind, connector.ErrConfig) {
			assert.NotEmpty(t, remedy)
		}
	}
}

func TestEntraTenant(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"contoso.example", "a1b2c3d4-0000-4000-8000-0123456789ab", "Contoso.onmicrosoft.com"} {
		assert.NoError(t, oauth.EntraTenant(good))
	}
	for _, bad := range []string{"", "common", "Organizations", "contoso", "https://contoso.example", "a b.example", "a/b.example"} {
		assert.Error(t, oauth.EntraTenant(bad), bad)
	}
}
