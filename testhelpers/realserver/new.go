package realserver

import (
	"errors"
	"os"
)

// T is what New needs of a test.
type T interface {
	Helper()
	Cleanup(func())
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// New starts a server for a test, and ends it with the test. Where the server is missing the test is
// skipped, or fails if the variable CLOUDMAIL_REQUIRE_ALL is not empty.
func New(t T, kind Kind, o *Options) *Server {
	t.Helper()
	s, err := Start(kind, o)
	if errors.Is(err, ErrMissing) && os.Getenv("CLOUDMAIL_REQUIRE_ALL") == "" {
		t.Skipf("%v; .ci/mail-servers installs it", err)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
