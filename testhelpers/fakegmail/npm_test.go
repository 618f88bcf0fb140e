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

// Google's client for JavaScript reads the fake unchanged. CLOUDMAIL_NPM names the folder whose
// node_modules has @googleapis/gmail; CLOUDMAIL_REQUIRE_SERVERS=1 makes its absence a failure.
func TestNPMGoogleapisGmail(t *testing.T) {
	t.Parallel()
	modules := os.Getenv("CLOUDMAIL_NPM")
	node, err := exec.LookPath("node")
	_, missing := os.Stat(filepath.Join(modules, "node_modules", "@googleapis", "gmail"))
	if err != nil || modules == "" || missing != nil {
		const why = "needs node, and CLOUDMAIL_NPM with the folder whose node_modules has @googleapis/gmail"
		if os.Getenv("CLOUDMAIL_REQUIRE_SERVERS") == "1" {
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
