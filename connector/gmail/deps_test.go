package gmail_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that uses only this backend compiles no other one, and none of their libraries.
func TestOnlyGmail(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./testdata/program")
	out, err := cmd.Output()
	require.NoError(t, err)
	reached := strings.Fields(string(out))
	assert.Contains(t, reached, "google.golang.org/api/gmail/v1")
	for _, pkg := range reached {
		for _, foreign := range []string{"microsoftgraph", "/kiota-", "/Azure/", "hashicorp", "aws-sdk", "/go-imap", "/go-smtp", "cloudmail/connector/graph", "cloudmail/testhelpers", "cloudmail/keyvault"} {
			assert.NotContains(t, pkg, foreign)
		}
	}
}
