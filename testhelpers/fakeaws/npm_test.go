package fakeaws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakeaws"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/npmtest"
)

// AWS's clients for JavaScript work with the fake unchanged.
func TestNPMClients(t *testing.T) {
	t.Parallel()
	fake := fakeaws.New(nil)
	fake.Put("mail", "old")
	fake.Put("mail", "new")
	text := fake.Encrypt([]byte("plain"), nil)
	server, err := fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	out := npmtest.Run(t, npmtest.Client{Folder: "vaults", Module: "@aws-sdk/client-secrets-manager", Script: "aws-client.mjs", CA: server.CAPEM},
		server.URL, fakeaws.AccessKey, fakeaws.SecretKey, text)
	for _, want := range []string{
		`{"step":"get","value":"new"}`, `{"step":"previous","value":"old"}`, `{"step":"binary","bytes":[0,255]}`, `{"step":"decrypt","value":"plain"}`,
		`{"step":"missing","error":"ResourceNotFoundException"}`, `{"step":"exists","error":"ResourceExistsException"}`, `{"step":"signature","error":"InvalidSignatureException"}`,
	} {
		assert.Contains(t, out, want)
	}
}
