package fakeazurevault_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakeazurevault"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/npmtest"
)

// Azure's client for JavaScript works with the fake unchanged.
func TestNPMClient(t *testing.T) {
	t.Parallel()
	fake := fakeazurevault.New(nil)
	old := fake.Put("mail", fakeazurevault.Secret{Value: "old"})
	fake.Put("mail", fakeazurevault.Secret{Value: "new"})
	fake.Put("off", fakeazurevault.Secret{Value: "x", Disabled: true})
	server, err := fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	out := npmtest.Run(t, npmtest.Client{Folder: "vaults", Module: "@azure/keyvault-secrets", Script: "azure-client.mjs", CA: server.CAPEM},
		server.URL, "token", old)
	for _, want := range []string{
		`"https://vault.azure.net/.default"`, `{"step":"get","value":"new"}`, `{"step":"version","value":"old"}`,
		`{"step":"set","value":"one","type":"text/plain","expires":"2036-01-02T03:04:05.000Z"}`,
		`{"step":"missing","status":404,"error":"SecretNotFound"}`, `{"step":"disabled","status":403,"error":"Forbidden"}`, `{"step":"refused","status":401,"error":"Unauthorized"}`,
	} {
		assert.Contains(t, out, want)
	}
}
