package testhelpers_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/connector/pop3"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakepop3"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// securities are how a connection can be encrypted, by the text of Security, and the fakes' constants.
var securities = []struct {
	name string
	imap fakeimap.TLS
	pop3 fakepop3.TLS
	smtp fakesmtp.TLS
}{
	{"tls", fakeimap.Implicit, fakepop3.Implicit, fakesmtp.Implicit},
	{"starttls", fakeimap.StartTLS, fakepop3.StartTLS, fakesmtp.StartTLS},
	{"plain", fakeimap.Plain, fakepop3.Plain, fakesmtp.Plain},
}

// TestSecurityThatTheServerHasNot connects in each way to servers of each kind: where they do not fit, the
// error comes at once, or as soon as it is sure, and names the field. None waits for ever for a greeting
// that comes only in TLS.
func TestSecurityThatTheServerHasNot(t *testing.T) {
	users := map[string]string{"qa@example.com": "secret"}
	for _, has := range securities {
		store := mailstore.New()
		store.Add("qa@example.com")
		in, err := fakeimap.Start(store, &fakeimap.Options{TLS: has.imap, Users: users})
		require.NoError(t, err)
		drop, err := fakepop3.Start(store, &fakepop3.Options{TLS: has.pop3, Users: users, Shared: true})
		require.NoError(t, err)
		out, err := fakesmtp.Start(store, &fakesmtp.Options{TLS: has.smtp, Users: users})
		require.NoError(t, err)
		t.Cleanup(func() { _, _, _ = in.Close(), drop.Close(), out.Close() })
		for _, wants := range securities {
			fits := func(t *testing.T, err error) {
				t.Helper()
				if has.name == wants.name {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, connector.ErrConfig)
				require.Regexp(t, `Security|use TLS on port`, err)
			}
			t.Run(fmt.Sprintf("imap/%s, wants %s", has.name, wants.name), func(t *testing.T) {
				t.Parallel()
				fits(t, connects(t, imap.Server{Host: "127.0.0.1", Port: port(t, in.Addr()), Security: imap.Security(wants.name),
					Address: "qa@example.com", Password: connector.Literal("secret"), RootCAs: in.CertPool}))
			})
			t.Run(fmt.Sprintf("pop3/%s, wants %s", has.name, wants.name), func(t *testing.T) {
				t.Parallel()
				fits(t, connects(t, pop3.Server{Host: "127.0.0.1", Port: port(t, drop.Addr()), Security: pop3.Security(wants.name),
					Address: "qa@example.com", Password: connector.Literal("secret"), RootCAs: drop.CertPool}))
			})
			t.Run(fmt.Sprintf("smtp/%s, wants %s", has.name, wants.name), func(t *testing.T) {
				t.Parallel()
				sender, err := smtp.Server{Host: "127.0.0.1", Port: port(t, out.Addr()), Security: smtp.Security(wants.name),
					Password: connector.Literal("secret"), RootCAs: out.CertPool}.Sender("qa@example.com")
				require.NoError(t, err)
				fits(t, sender.Check(t.Context()))
			})
		}
	}
}

// connects connects and closes.
func connects(t *testing.T, server connector.Server) error {
	t.Helper()
	s, err := connector.Connect(t.Context(), server, nil)
	if err == nil {
		require.NoError(t, s.Close())
	}
	return err
}

func port(t *testing.T, addr string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}
