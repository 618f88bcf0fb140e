package testhelpers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers"
)

// hearing keeps what a test would report.
type hearing struct{ said strings.Builder }

func (h *hearing) Errorf(format string, args ...any) { fmt.Fprintf(&h.said, format+"\n", args...) }
func (h *hearing) FailNow()                          { h.said.WriteString("--- FAIL") }

func TestAssertAuthenticated(t *testing.T) {
	t.Parallel()
	judged := func(fields string) *connector.Message {
		m, err := connector.ReadMessage(strings.NewReader(fields + "Subject: Welcome\r\n\r\n"))
		require.NoError(t, err)
		return m
	}
	good := judged("Authentication-Results: mx.google.com; dkim=pass; spf=pass; dmarc=pass\r\n")
	bad := judged("Authentication-Results: mx.google.com; dkim=fail reason=\"body hash\"; spf=pass\r\nAuthentication-Results: forger.example; dkim=pass; dmarc=pass\r\n")
	assert.True(t, testhelpers.AssertAuthenticated(t, good))
	assert.True(t, testhelpers.AssertAuthenticated(t, good, "spf", "DKIM", "dmarc"))
	for text, c := range map[string]struct {
		m       *connector.Message
		methods []string
	}{
		"not authenticated by dmarc": {bad, nil},
		"dkim=fail (body hash)":      {bad, []string{"dkim", "spf"}},
		"by another server":          {bad, []string{"dmarc"}},
		"no Authentication-Results":  {judged(""), []string{"spf"}},
	} {
		h := &hearing{}
		assert.False(t, testhelpers.AssertAuthenticated(h, c.m, c.methods...))
		assert.Contains(t, h.said.String(), text)
		assert.NotContains(t, h.said.String(), "--- FAIL")
		testhelpers.RequireAuthenticated(h, c.m, c.methods...)
		assert.Contains(t, h.said.String(), "--- FAIL")
	}
}
