package gmail

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Proxy and NoProxy decide for each host; what they leave open is as the environment says.
func TestProxyChoice(t *testing.T) {
	own := &url.URL{Scheme: "http", Host: "proxy.example.com:3128"}
	const fromEnv = "http://env.example.com:8080"
	t.Setenv("HTTPS_PROXY", fromEnv)
	t.Setenv("https_proxy", fromEnv)
	t.Setenv("NO_PROXY", "internal.example.com")
	t.Setenv("no_proxy", "internal.example.com")
	for _, c := range []struct {
		server Workspace
		to     string
		want   string // "" is directly
	}{
		{Workspace{}, "https://gmail.googleapis.com/x", fromEnv},
		{Workspace{}, "https://internal.example.com/", ""},
		{Workspace{NoProxy: []string{"googleapis.com"}}, "https://gmail.googleapis.com/x", ""},
		{Workspace{NoProxy: []string{"googleapis.com"}}, "https://internal.example.com/", ""},
		{Workspace{Proxy: own}, "https://oauth2.googleapis.com/token", own.String()},
		{Workspace{Proxy: own}, "https://internal.example.com/", own.String()},
		{Workspace{Proxy: own, NoProxy: []string{"oauth2.googleapis.com", "10.0.0.0/8"}}, "https://oauth2.googleapis.com/token", ""},
		{Workspace{Proxy: own, NoProxy: []string{"oauth2.googleapis.com", "10.0.0.0/8"}}, "https://gmail.googleapis.com/x", own.String()},
		{Workspace{Proxy: own, NoProxy: []string{"oauth2.googleapis.com", "10.0.0.0/8"}}, "https://10.1.2.3/x", ""},
		{Workspace{Proxy: own}, "https://127.0.0.1:1234/x", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.to, nil)
		require.NoError(t, err)
		u, err := c.server.proxy()(req)
		require.NoError(t, err)
		got := ""
		if u != nil {
			got = u.String()
		}
		assert.Equal(t, c.want, got, "%+v to %s", c.server, c.to)
	}
}
