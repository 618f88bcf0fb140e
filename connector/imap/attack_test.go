package imap_test

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
)

// slow is a connection over which each answer takes its time.
type slow struct{ net.Conn }

func (c slow) Write(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return c.Conn.Write(p)
}

// signIns are the ways to sign in that are attacked.
var signIns = []struct {
	mechanism string
	token     bool
}{{"", false}, {"LOGIN", false}, {"PLAIN", false}, {"", true}, {"XOAUTH2", true}, {"OAUTHBEARER", true}}

// TestAttacks puts somebody between who strips, injects and pretends, for each way to sign in: no byte of
// a credential goes in the clear, nobody else is connected to, and the error says what is wrong.
func TestAttacks(t *testing.T) {
	ca := newAuthority(t)
	cases := 0
	try := func(security imap.Security, name string, a attack) {
		for _, way := range signIns {
			cases++
			synctest.Test(t, func(t *testing.T) { a.try(t, target(ca, security, way.mechanism, way.token), name) })
		}
	}
	for name, a := range before(ca.config(attackedHost, 1990, 2100)) {
		try(imap.StartTLS, name, a)
	}
	for name, a := range within(ca, "") {
		a.do = seq(say("* OK hello\r\n"), hear, say("S1 OK begin\r\n"), a.do)
		try(imap.StartTLS, name, a)
	}
	good := ca.config(attackedHost, 1990, 2100)
	for name, a := range within(ca, "* OK hello\r\n") {
		try(imap.TLS, name, a)
	}
	for name, a := range map[string]attack{
		"plain from the start":  {seq(hearSome, say("* OK hello\r\n"), willing), connector.ErrConfig},
		"PREAUTH within":        {secured(good, seq(say("* PREAUTH welcome\r\n"), willing)), connector.ErrUnexpected},
		"literal as greeting":   {secured(good, seq(say("* OK {4000000000}\r\n* BYE"), endless("x"))), nil},
		"endless greeting":      {secured(good, seq(say("* OK "), endless("x"))), nil},
		"POP3":                  {secured(good, seq(say("+OK ready\r\n"), willing)), connector.ErrUnavailable},
		"somebody else's TLS":   {seq(hearSome, say("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), willing), connector.ErrUnavailable},
		"silent from the start": {seq(), connector.ErrUnavailable},
	} {
		try(imap.TLS, name, a)
	}
	t.Log(cases, "attacks")
	require.GreaterOrEqual(t, cases, 600)
}

// target is the mailbox that is attacked.
func target(ca *authority, security imap.Security, mechanism string, token bool) imap.Server {
	s := imap.Server{Host: attackedHost, Address: attackedUser, Security: security, Auth: imap.Auth(mechanism), RootCAs: ca.pool()}
	if token {
		s.Token = connector.Literal(attackedSecret)
	} else {
		s.Password = connector.Literal(attackedSecret)
	}
	return s
}

// try opens a mailbox with somebody between.
func (a attack) try(t *testing.T, s imap.Server, name string) {
	m := &middle{}
	s.Dial = m.dial(a.do)
	what := strings.Join([]string{string(s.Security), name, string(s.Auth)}, ", ")
	start := time.Now()
	_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
	require.Error(t, err, what)
	m.work.Wait()
	synctest.Wait() // until the client has said all that it says
	assert.Less(t, time.Since(start), 10*time.Minute, what)
	typed := &connector.Error{}
	require.ErrorAs(t, err, &typed, what)
	assert.NotEmpty(t, typed.Remedy, "%s: %v", what, err)
	if a.want != nil {
		assert.ErrorIs(t, err, a.want, what)
	}
	assert.NotContains(t, err.Error(), attackedSecret, what)
	assert.Empty(t, leaked(m.heard()), what)
	assert.Equal(t, []string{m.dialled[0]}, slices.Compact(m.dialled), what)
}

// leaked are the credentials that can be read on a line.
func leaked(line []byte) (found []string) {
	for _, form := range secretForms() {
		if bytes.Contains(line, []byte(form)) {
			found = append(found, form)
		}
	}
	return found
}

// TestAskedForEver answers the refusal of a token once.
func TestAskedForEver(t *testing.T) {
	ca := newAuthority(t)
	for _, mechanism := range []string{"XOAUTH2", "OAUTHBEARER"} {
		a := attack{within(ca, "* OK hello\r\n")["asked for ever"].do, connector.ErrUnexpected}
		synctest.Test(t, func(t *testing.T) { a.try(t, target(ca, imap.TLS, mechanism, true), "asked for ever") })
	}
}

// TestNoAttack is the control: without an attack the same servers take every sign-in, and on a line in the
// clear the credential is found.
func TestNoAttack(t *testing.T) {
	ca := newAuthority(t)
	good := secured(ca.config(attackedHost, 1990, 2100), willing)
	for _, way := range signIns {
		for security, do := range map[imap.Security]script{
			imap.TLS:      secured(ca.config(attackedHost, 1990, 2100), seq(say("* OK hello\r\n"), willing)),
			imap.StartTLS: seq(say("* OK hello\r\n"), hear, say("S1 OK begin\r\n"), good),
			imap.Plain:    seq(say("* OK hello\r\n"), willing),
		} {
			m := &middle{}
			s := target(ca, security, way.mechanism, way.token)
			s.Dial = m.dial(do)
			if security == imap.Plain {
				s.Host = "localhost"
			}
			b, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
			require.NoError(t, err, "%s %s", security, way.mechanism)
			require.NoError(t, b.(io.Closer).Close())
			m.work.Wait()
			require.Equal(t, security == imap.Plain, len(leaked(m.heard())) > 0, "%s %s", security, way.mechanism)
		}
	}
}

// TestPlainIsForLoopback makes no connection to another machine without TLS, and gives no password to a
// server that wants none in the clear.
func TestPlainIsForLoopback(t *testing.T) {
	ca := newAuthority(t)
	for _, way := range signIns {
		for _, host := range []string{attackedHost, "192.0.2.1", "2001:db8::1", "localhost.example.com", "127.0.0.1.example.com", "0.0.0.0", "localhost."} {
			m := &middle{}
			s := target(ca, imap.Plain, way.mechanism, way.token)
			s.Host, s.Dial = host, m.dial(willing)
			_, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
			require.ErrorIs(t, err, connector.ErrConfig, host)
			require.Empty(t, m.dialled, host)
		}
		for name, capabilities := range map[string]string{"LOGINDISABLED": "IMAP4rev1 STARTTLS LOGINDISABLED", "none": "IMAP4rev1 STARTTLS LOGINDISABLED AUTH=EXTERNAL"} {
			s := target(ca, imap.Plain, way.mechanism, way.token)
			s.Host = "localhost"
			a := attack{seq(say("* OK hello\r\n"), answering(capabilities, nil)), connector.ErrConfig}
			synctest.Test(t, func(t *testing.T) { a.try(t, s, name) })
		}
	}
}

// TestCertificateChanges lets the first connection be the true server's, and those after it somebody
// else's: none of them gets a credential.
func TestCertificateChanges(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	for _, security := range []imap.Security{imap.TLS, imap.StartTLS} {
		for _, way := range signIns {
			hello, upgrade := say("* OK hello\r\n"), seq()
			if security == imap.StartTLS {
				hello, upgrade = seq(), seq(say("* OK hello\r\n"), hear, say("S1 OK begin\r\n"))
			}
			dropped := answering(everything, map[string]string{"NOOP": "* BYE enough\r\n"})
			m := &middle{}
			s := target(ca, security, way.mechanism, way.token)
			s.Dial = m.dial(seq(upgrade, secured(ca.config(attackedHost, 1990, 2100), seq(hello, dropped))),
				seq(upgrade, secured(other.config(attackedHost, 1990, 2100), seq(hello, willing))))
			synctest.Test(t, func(t *testing.T) {
				b, err := s.Open(t.Context(), []connector.Folder{connector.Inbox})
				require.NoError(t, err)
				end, err := b.End(t.Context())
				require.NoError(t, err)
				for range 3 {
					_, _, err = b.Arrivals(t.Context(), end)
					require.Error(t, err)
				}
				require.ErrorIs(t, err, connector.ErrConfig)
				require.NoError(t, b.(io.Closer).Close())
				m.work.Wait()
				synctest.Wait()
				require.Empty(t, leaked(m.heard()))
				require.Greater(t, len(m.dialled), 1)
			})
		}
	}
}
