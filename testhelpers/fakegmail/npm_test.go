package fakegmail_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
)

// npm is where Google's client for JavaScript is installed, by `npm ci` in it.
const npm = "../testdata/npm/gmail, as .ci/run does"

// Google's client for JavaScript works with the fake unchanged. Without node or the client the test
// is skipped; with CLOUDMAIL_REQUIRE_ALL it fails then.
func TestNPMGoogleapisGmail(t *testing.T) {
	t.Parallel()
	modules, err := filepath.Abs(npm)
	require.NoError(t, err)
	node, noNode := exec.LookPath("node")
	_, noClient := os.Stat(filepath.Join(modules, "node_modules", "@googleapis", "gmail"))
	if noNode != nil || noClient != nil {
		const why = "needs node, and @googleapis/gmail: run `npm ci` in testhelpers/testdata/npm/gmail, as .ci/run does"
		if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	w := newWorld(t, nil, fakegmail.ScopeModify)
	server, err := w.fake.Start()
	require.NoError(t, err)
	defer server.Close()
	dir := t.TempDir()
	key, ca := filepath.Join(dir, "key.json"), filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(key, w.robot.JSONFor(server.TokenURI()), 0o600))
	require.NoError(t, os.WriteFile(ca, server.CAPEM, 0o600))

	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "gmail-client.mjs"), modules, server.URL, key, qa)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, step := range []string{"profile", "insert", "list", "get", "history", "send", "error"} {
		assert.Contains(t, string(out), `{"step":"`+step+`"`)
	}
	assert.Equal(t, 1, w.fake.Requests("token"))
	assert.Equal(t, len(strings.Split(strings.TrimSpace(string(out)), "\n")), 7)
}
