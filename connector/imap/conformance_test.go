package imap_test

import (
	"flag"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
)

// TestLaws tries every law in virtual time: over TLS, and without it on a server that lacks what not all have.
func TestLaws(t *testing.T) {
	for name, o := range map[string]fakeimap.Options{
		"TLS":            {},
		"a plain server": {TLS: fakeimap.Plain, Without: []string{"MOVE", "UIDPLUS", "SPECIAL-USE"}},
	} {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{Virtual: true, New: func(t *testing.T) *connectortest.Instance {
				w := newWorld(t, &o)
				server := w.server()
				server.Security = security(o.TLS)
				return w.instance(server)
			}})
		})
	}
}

// TestLawsOverLoopback tries them once more by real sockets and STARTTLS, in real time.
func TestLawsOverLoopback(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and this takes real time; .ci/run does without -short")
	}
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) *connectortest.Instance {
		w := newWorld(t, &fakeimap.Options{TLS: fakeimap.StartTLS}, fakeimap.Start)
		host, port, err := net.SplitHostPort(w.fake.Addr())
		require.NoError(t, err)
		server := w.server()
		server.Host, server.Security, server.Dial = host, imap.StartTLS, nil
		server.Port, err = strconv.Atoi(port)
		require.NoError(t, err)
		return w.instance(server)
	}})
}

// TestMain lets the laws in real time, which mostly sleep, sleep together; no goroutine outlives the
// tests.
func TestMain(m *testing.M) {
	flag.Parse()
	own := false
	flag.Visit(func(f *flag.Flag) { own = own || f.Name == "test.parallel" })
	if !own {
		_ = flag.Set("test.parallel", "16")
	}
	goleak.VerifyTestMain(m)
}
