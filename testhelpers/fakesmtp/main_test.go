package fakesmtp_test

import (
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const mail = "From: app@example.com\r\nTo: qa@example.com\r\nSubject: one\r\n\r\n.dot\r\nHello\r\n"

// bubble runs a test in virtual time with a server in memory for qa@ and app@example.com.
func bubble(t *testing.T, o *fakesmtp.Options, test func(t *testing.T, s *fakesmtp.Server, qa, app *mailstore.Mailbox)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := mailstore.New()
		qa, app := store.Add("qa@example.com"), store.Add("app@example.com")
		s, err := fakesmtp.New(store, o)
		require.NoError(t, err)
		defer s.Close()
		test(t, s, qa, app)
	})
}

// dial gives a client that said EHLO.
func dial(t *testing.T, s *fakesmtp.Server) *smtp.Client {
	t.Helper()
	conn, err := s.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	c, err := smtp.NewClient(conn, "localhost")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.Hello("client.example.com"))
	return c
}

// send runs one mail transaction.
func send(c *smtp.Client, from string, rcpt []string, raw string) error {
	if err := c.Mail(from); err != nil {
		return err
	}
	for _, to := range rcpt {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(raw)); err != nil {
		return err
	}
	return w.Close()
}

// refused expects a reply with a code and an enhanced code.
func refused(t *testing.T, err error, code int, enhanced string) {
	t.Helper()
	var reply *textproto.Error
	require.ErrorAs(t, err, &reply)
	assert.Equal(t, code, reply.Code, reply.Msg)
	assert.True(t, strings.HasPrefix(reply.Msg, enhanced+" "), "%q", reply.Msg)
}

var (
	sender = "app@example.com"
	toQA   = []string{"qa@example.com"}
)
