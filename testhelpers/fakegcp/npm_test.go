package fakegcp_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegcp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/npmtest"
)

// Google's client for JavaScript works with the fake unchanged.
func TestNPMClient(t *testing.T) {
	t.Parallel()
	fake, err := fakegcp.New()
	require.NoError(t, err)
	fake.Put("projects/contoso/secrets/mail", []byte("old"))
	fake.Put("projects/contoso/secrets/mail", []byte("new"))
	server, err := fakehttp.ListenPlain(fake)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	out := npmtest.Run(t, npmtest.Client{Folder: "vaults", Module: "@google-cloud/secret-manager", Script: "gcp-client.mjs"},
		address.Port(), fake.Token())
	for _, want := range []string{
		`{"step":"latest","name":"projects/contoso/secrets/mail/versions/2","value":"new","checked":true}`,
		`{"step":"version","name":"projects/contoso/secrets/mail/versions/1","value":"old","checked":true}`,
		`{"step":"add","name":"projects/contoso/secrets/fresh/versions/1"}`,
		`{"step":"missing","code":404`, `{"step":"refused","code":401`,
	} {
		assert.Contains(t, out, want)
	}
}
