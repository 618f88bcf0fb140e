package connector_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/connectortest"
)

// TestBackendOfTheExampleKeepsTheLaws holds that the shortest backend is a right one.
func TestBackendOfTheExampleKeepsTheLaws(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{Virtual: true, New: func(t *testing.T) *connectortest.Instance {
		dir := t.TempDir()
		var last atomic.Int64
		return &connectortest.Instance{
			Server:  pickup{dir},
			Unknown: pickup{filepath.Join(dir, "missing")},
			Deliver: func(raw []byte) {
				name := fmt.Sprintf("%06d.eml", last.Add(1))
				hidden := filepath.Join(t.TempDir(), name)
				if err := os.WriteFile(hidden, raw, 0o600); err != nil {
					t.Error(err)
				}
				if err := os.Chtimes(hidden, time.Now(), time.Now()); err != nil { // the clock of the bubble
					t.Error(err)
				}
				if err := os.Rename(hidden, filepath.Join(dir, name)); err != nil { // whole, or not at all
					t.Error(err)
				}
			},
			StableIDs: true,
		}
	}})
}
