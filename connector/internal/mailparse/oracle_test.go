package mailparse

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOracle compares the parser with three others, in a module of its own so that nobody else downloads them.
func TestOracle(t *testing.T) {
	t.Parallel()
	if os.Getenv("CLOUDMAIL_REQUIRE_ALL") == "" {
		t.Skip("needs the other parsers: set CLOUDMAIL_REQUIRE_ALL, or run go test in testdata/oracle")
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-C", "testdata/oracle", "-count=1", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
