package imap_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// TestKilledServer kills a real server again and again while a wait downloads a mail from it, or lies in IDLE, and starts
// it anew: no mail is lost, none is given twice.
//
//	CLOUDMAIL_SOAK=1 go test -run TestKilledServer -v -timeout 60m ./connector/imap
func TestKilledServer(t *testing.T) {
	for _, kind := range realserver.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := realserver.New(t, kind, nil)
			box, tap := mailbox(server, realserver.DefaultUser), &tap{}
			box.Security, box.Port, box.Dial = imap.Plain, server.Port(server.IMAP), tap.dial // so that IDLE is seen to begin
			s, err := connector.Connect(t.Context(), box, nil)
			require.NoError(t, err)
			defer s.Close()
			for i := range kills(kind) {
				killOnce(t, server, s, tap, i)
			}
			require.NoError(t, s.ExpectNone(t.Context(), connector.Query{Everything: true}, 0), "nothing is repeated")
		})
	}
}

// killOnce waits for one mail and kills the server meanwhile: while it is downloaded, each time at another point, or
// before it is there.
func killOnce(t *testing.T, server *realserver.Server, s *connector.Session, p *tap, i int) {
	subject := fmt.Sprintf("mail %d of %s", i, server.Kind)
	deliver := func() {
		big := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100_000)
		require.NoError(t, server.Deliver(realserver.DefaultUser, fmt.Appendf(nil, "Subject: %s\r\nMessage-ID: <%d@example.com>\r\n\r\n%s", subject, i, big)))
	}
	reached := p.idling()
	if i%2 == 0 {
		reached = p.after((i%6 + 1) << 20)
		deliver()
	}
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	go func() {
		defer cancel()
		m, err := s.WaitFor(ctx, connector.Query{Body: "xxx"})
		if err == nil && m.Subject != subject {
			err = fmt.Errorf("%q came in the place of %q", m.Subject, subject)
		}
		done <- err
	}()
	select {
	case <-reached:
	case err := <-done: // a fast machine, or a failure
		require.NoError(t, err)
		done <- nil
	case <-time.After(5 * time.Second): // a server without IDLE
	}
	server.Kill()
	require.NoError(t, server.Run())
	if i%2 == 1 {
		deliver()
	}
	require.NoError(t, <-done, "kill %d", i)
}

// kills is how often a server is killed.
func kills(kind realserver.Kind) int {
	if os.Getenv("CLOUDMAIL_SOAK") != "" && kind == realserver.Dovecot {
		return 200
	}
	return 5
}

// tap sees what comes over the line.
type tap struct {
	mu      sync.Mutex
	left    int
	mark    []byte
	reached chan struct{}
}

// after returns a channel that is closed when so many bytes have come, idling one that is when the server idles.
func (p *tap) after(n int) <-chan struct{} { return p.watch(n, nil) }

func (p *tap) idling() <-chan struct{} { return p.watch(0, []byte("idl")) }

func (p *tap) watch(n int, mark []byte) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.mark, p.reached = n, mark, make(chan struct{})
	return p.reached
}

func (p *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return tapped{c, p}, err
}

// see takes note of what came.
func (p *tap) see(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reached == nil {
		return
	}
	p.left -= len(b)
	if p.mark != nil && bytes.Contains(b, p.mark) || p.mark == nil && p.left <= 0 {
		close(p.reached)
		p.reached = nil
	}
}

type tapped struct {
	net.Conn
	tap *tap
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tap.see(b[:n])
	return n, err
}
