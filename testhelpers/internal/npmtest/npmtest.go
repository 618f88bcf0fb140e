// Package npmtest runs vendors' clients for JavaScript, unchanged, against a fake.
package npmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A Client is a vendor's client, and the script that uses it.
type Client struct {
	Folder string // of testhelpers/testdata/npm, whose node_modules has the client
	Module string // of the client, as package.json names it
	Script string // in the testdata of the test's package; its first argument is the folder
	CA     []byte // what the client trusts, as PEM; nil for plain HTTP
}

// Run runs the script with node, the folder and args, and gives what it prints. Without node or the
// client the test is skipped, and fails with CLOUDMAIL_REQUIRE_ALL.
func Run(t *testing.T, client Client, args ...string) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "testdata", "npm", client.Folder))
	if err != nil {
		t.Fatal(err)
	}
	node, noNode := exec.LookPath("node")
	_, noModule := os.Stat(filepath.Join(folder, "node_modules", filepath.FromSlash(client.Module)))
	if noNode != nil || noModule != nil {
		why := "needs node and " + client.Module + ": run `npm ci` in testhelpers/testdata/npm/" + client.Folder + ", as .ci/run does"
		if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, client.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{filepath.Join("testdata", client.Script), folder}, args...)...)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "NODE_NO_WARNINGS=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
