package fakegraph_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// npm is where Microsoft's clients for JavaScript are installed, by `npm ci` in it.
const npm = "../testdata/npm/graph, as .ci/run does"

// Microsoft's clients for JavaScript work with the fake unchanged. Without node or the clients the
// test is skipped; with CLOUDMAIL_REQUIRE_ALL it fails then.
func TestNPMGraphClient(t *testing.T) {
	t.Parallel()
	modules, err := filepath.Abs(npm)
	require.NoError(t, err)
	node, noNode := exec.LookPath("node")
	_, noClient := os.Stat(filepath.Join(modules, "node_modules", "@microsoft", "microsoft-graph-client"))
	if noNode != nil || noClient != nil {
		const why = "needs node, and @azure/identity and @microsoft/microsoft-graph-client: run `npm ci` in testhelpers/testdata/npm/graph, as .ci/run does"
		if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	r := simpleRig(t)
	r.fill(10)
	server, err := r.fake.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, server.CAPEM, 0o600))

	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "graph-client.mjs"),
		modules, server.URL, r.app.Tenant, r.app.ClientID, r.app.Secret(), ada)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
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
		assert.Contains(t, string(out), want)
	}
	assert.Contains(t, r.in(ada, "Inbox")[0], "Subject: From JavaScript\r\n")
}
