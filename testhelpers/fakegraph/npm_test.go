package fakegraph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/internal/npmtest"
)

// Microsoft's clients for JavaScript work with the fake unchanged. Without node or the clients the
// test is skipped; with CLOUDMAIL_REQUIRE_ALL it fails then.
func TestNPMGraphClient(t *testing.T) {
	t.Parallel()
	r := simpleRig(t)
	r.fill(10)
	server, err := r.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })

	client := npmtest.Client{Folder: "graph", Module: "@microsoft/microsoft-graph-client", Script: "graph-client.mjs", CA: server.CAPEM}
	out := npmtest.Run(t, client, server.URL, r.app.Tenant, r.app.ClientID, r.app.Secret(), ada)
	for _, want := range []string{
		`{"step":"token","minutes":60}`,
		`AADSTS7000215`,
		`{"step":"list","subjects":["Mail 9","Mail 8","Mail 7","Mail 6","Mail 5","Mail 4","Mail 3","Mail 2","Mail 1","Mail 0"]}`,
		`{"step":"filter","subjects":["Mail 3"],"count":1}`,
		`{"step":"get","subject":"Mail 3","body":{"contentType":"text","content":"text\r\n"}}`,
		`{"step":"value","subject":"Mail 3"}`,
		`{"step":"send"}`,
		`{"step":"move","subject":"Mail 3","newId":true}`,
		`{"step":"error","statusCode":404,"code":"ErrorItemNotFound"}`,
	} {
		assert.Contains(t, out, want)
	}
	assert.Contains(t, r.in(ada, "Inbox")[0], "Subject: From JavaScript\r\n")
}
