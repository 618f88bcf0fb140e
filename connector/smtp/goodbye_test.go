package smtp_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/smtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// TestNobodyWaitsForAGoodbye ends refused logins over a connection that buffers nothing: neither side
// waits for the other to read the end of TLS.
func TestNobodyWaitsForAGoodbye(t *testing.T) {
	for security, kind := range map[smtp.Security]fakesmtp.TLS{smtp.TLS: fakesmtp.Implicit, smtp.StartTLS: fakesmtp.StartTLS} {
		synctest.Test(t, func(t *testing.T) {
			fake, err := fakesmtp.New(mailstore.New(), &fakesmtp.Options{TLS: kind, Users: users})
			require.NoError(t, err)
			sender, err := smtp.Server{Host: "localhost", Security: security, Password: connector.Literal("wrong"),
				RootCAs: fake.CertPool, Dial: fake.DialContext}.Sender(me)
			require.NoError(t, err)
			start := time.Now()
			require.ErrorIs(t, sender.Check(t.Context()), connector.ErrAuth)
			require.Zero(t, time.Since(start), security)
			require.NoError(t, fake.Close())
		})
	}
}
