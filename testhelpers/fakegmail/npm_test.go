package fakegmail_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/internal/npmtest"
)

// Google's client for JavaScript works with the fake unchanged. Without node or the client the test
// is skipped; with CLOUDMAIL_REQUIRE_ALL it fails then.
func TestNPMGoogleapisGmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, fakegmail.ScopeModify)
	server, err := w.fake.Start()
	require.NoError(t, err)
	defer server.Close()
	key := filepath.Join(t.TempDir(), "key.json")
	require.NoError(t, os.WriteFile(key, w.robot.JSONFor(server.TokenURI()), 0o600))

	client := npmtest.Client{Folder: "gmail", Module: "@googleapis/gmail", Script: "gmail-client.mjs", CA: server.CAPEM}
	out := npmtest.Run(t, client, server.URL, key, qa)
	for _, step := range []string{"profile", "insert", "list", "get", "history", "send", "error"} {
		assert.Contains(t, out, `{"step":"`+step+`"`)
	}
	assert.Equal(t, 1, w.fake.Requests("token"))
	assert.Equal(t, len(strings.Split(strings.TrimSpace(out), "\n")), 7)
}
