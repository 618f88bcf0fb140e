// Package npmtest runs vendors' clients for JavaScript, unchanged, against a fake.
package npmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Run runs testdata/SCRIPT with node and gives what it prints. Its arguments are the folder whose
// node_modules has the module, and args. ca is what the script's clients trust, nil for plain HTTP.
// Without node or the module the test is skipped, and fails with CLOUDMAIL_REQUIRE_ALL.
func Run(t *testing.T, module, script string, ca []byte, args ...string) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "testdata", "npm", "vaults"))
	if err != nil {
		t.Fatal(err)
	}
	node, noNode := exec.LookPath("node")
	_, noModule := os.Stat(filepath.Join(folder, "node_modules", filepath.FromSlash(module)))
	if noNode != nil || noModule != nil {
		why := "needs node and " + module + ": run `npm ci` in testhelpers/testdata/npm/vaults, as .ci/run does"
		if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{filepath.Join("testdata", script), folder}, args...)...)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+file, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "NODE_NO_WARNINGS=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
