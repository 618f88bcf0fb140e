package fakesmtp_test

import (
	"crypto/x509"
	"net"
	"net/smtp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gomail "github.com/wneessen/go-mail"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakesmtp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

var accounts = fakesmtp.Options{
	Users:  map[string]string{"app": "swordfish"},
	Tokens: map[string]string{"app@example.com": "t0ken"},
}

// client is go-mail for a server, with the options of its encryption.
func client(t *testing.T, s *fakesmtp.Server, kind fakesmtp.TLS, o ...gomail.Option) *gomail.Client {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addr())
	require.NoError(t, err)
	n, err := strconv.Atoi(port)
	require.NoError(t, err)
	o = append(o, gomail.WithPort(n), gomail.WithTLSConfig(s.TLSConfig()), gomail.WithTimeout(2*time.Minute))
	switch kind {
	case fakesmtp.Plain:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	case fakesmtp.StartTLS:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case fakesmtp.Implicit:
		o = append(o, gomail.WithSSL())
	}
	c, err := gomail.NewClient(host, o...)
	require.NoError(t, err)
	return c
}

func message(t *testing.T) *gomail.Msg {
	t.Helper()
	m := gomail.NewMsg()
	require.NoError(t, m.From("app@example.com"))
	require.NoError(t, m.To("qa@example.com"))
	m.Subject("Grüße")
	m.SetBodyString(gomail.TypeTextPlain, "Hello")
	return m
}

func TestGoMailByEveryWay(t *testing.T) {
	t.Parallel()
	encryptions := map[string]fakesmtp.TLS{"plain": fakesmtp.Plain, "starttls": fakesmtp.StartTLS, "implicit": fakesmtp.Implicit}
	protocols := map[string]string{"plain": "SMTP", "starttls": "SMTPS", "implicit": "SMTPS"}
	mechanisms := map[string][]gomail.Option{
		"none":    nil,
		"plain":   {gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc), gomail.WithUsername("app"), gomail.WithPassword("swordfish")},
		"login":   {gomail.WithSMTPAuth(gomail.SMTPAuthLoginNoEnc), gomail.WithUsername("app"), gomail.WithPassword("swordfish")},
		"xoauth2": {gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2), gomail.WithUsername("app@example.com"), gomail.WithPassword("t0ken")},
	}
	for encryption, kind := range encryptions {
		for mechanism, auth := range mechanisms {
			t.Run(encryption+"/"+mechanism, func(t *testing.T) {
				store := mailstore.New()
				qa := store.Add("qa@example.com")
				o := fakesmtp.Options{TLS: kind}
				protocol := protocols[encryption]
				if auth != nil {
					o.Users, o.Tokens = accounts.Users, accounts.Tokens
					protocol += "A"
				}
				s, err := fakesmtp.Start(store, &o)
				require.NoError(t, err)
				defer s.Close()
				require.NoError(t, client(t, s, kind, auth...).DialAndSendWithContext(t.Context(), message(t)))
				require.Len(t, qa.List(""), 1)
				assert.Regexp(t, `\r\n\tby localhost with (E|UTF8)`+protocol+` id 1; `, string(qa.List("")[0].Raw))
			})
		}
	}
}

func TestGoMailRefused(t *testing.T) {
	t.Parallel()
	s, err := fakesmtp.Start(mailstore.New(), &accounts)
	require.NoError(t, err)
	defer s.Close()
	for _, auth := range []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc, gomail.SMTPAuthXOAUTH2} {
		c := client(t, s, fakesmtp.Plain, gomail.WithSMTPAuth(auth), gomail.WithUsername("app"), gomail.WithPassword("wrong"))
		err := c.DialWithContext(t.Context())
		require.ErrorContains(t, err, "535", string(auth))
	}
}

func TestAuthIsRequired(t *testing.T) {
	t.Parallel()
	bubble(t, &accounts, func(t *testing.T, s *fakesmtp.Server, qa, _ *mailstore.Mailbox) {
		c := dial(t, s)
		_, mechanisms := c.Extension("AUTH")
		assert.Equal(t, "PLAIN LOGIN XOAUTH2", mechanisms)
		refused(t, send(c, sender, toQA, mail), 530, "5.7.0")
		require.NoError(t, c.Auth(smtp.PlainAuth("", "app", "swordfish", "localhost")))
		require.NoError(t, send(c, sender, toQA, mail))
		assert.Contains(t, string(qa.List("")[0].Raw), " with UTF8SMTPA id ")
	})
}

func TestAuthOfAnotherIdentityIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, &accounts, func(t *testing.T, s *fakesmtp.Server, _, _ *mailstore.Mailbox) {
		refused(t, dial(t, s).Auth(smtp.PlainAuth("root", "app", "swordfish", "localhost")), 535, "5.7.8")
	})
}

func TestAuthWaitsForTLS(t *testing.T) {
	t.Parallel()
	o := accounts
	o.TLS, o.Hostname = fakesmtp.StartTLS, "mx.example.com"
	bubble(t, &o, func(t *testing.T, s *fakesmtp.Server, _, _ *mailstore.Mailbox) {
		c := dial(t, s)
		ok, _ := c.Extension("AUTH")
		assert.False(t, ok, "not in the clear")
		pool := x509.NewCertPool()
		require.True(t, pool.AppendCertsFromPEM(s.CAPEM))
		require.NoError(t, c.StartTLS(s.TLSConfig()), "the certificate is good in a bubble's year, too")
		ok, _ = c.Extension("AUTH")
		assert.True(t, ok)
		require.NoError(t, c.Noop())
	})
}
