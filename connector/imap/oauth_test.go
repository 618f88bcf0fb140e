package imap_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// issuer knows whose a token is, and hands out tokens.
type issuer struct {
	mu      sync.Mutex
	valid   map[string]string // users by token
	current string
	refused []string // what was said to be refused when a token was asked for
}

// whose is asked by the server.
func (a *issuer) whose(token string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	user, ok := a.valid[token]
	return user, ok
}

// token is the credential.
func (a *issuer) token(_ context.Context, refused string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if refused != "" {
		a.refused = append(a.refused, refused)
	}
	return a.current, nil
}

// asked is what was said to be refused since the last expiry.
func (a *issuer) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.refused)
}

// expire ends all tokens. The next is given from now on, and is good for a user if one is named.
func (a *issuer) expire(next, user string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.valid, a.current, a.refused = map[string]string{}, next, nil
	if user != "" {
		a.valid[next] = user
	}
}

// TestRealOAuth signs in to Dovecot, which asks an authority by introspection (RFC 7662), in each way and with each
// encryption.
func TestRealOAuth(t *testing.T) {
	t.Parallel()
	a := &issuer{}
	server := realserver.New(t, realserver.Dovecot, &realserver.Options{Token: a.whose})
	for _, mechanism := range []imap.Auth{"", imap.AuthXOAUTH2, imap.AuthOAuthBearer} {
		for security, port := range map[imap.Security]string{imap.TLS: server.IMAPS, imap.StartTLS: server.IMAP} {
			t.Run(fmt.Sprint(mechanism, " ", security), func(t *testing.T) {
				box := mailbox(server, realserver.DefaultUser)
				box.Password, box.Token, box.Auth, box.Security, box.Port = nil, a.token, mechanism, security, server.Port(port)
				signsIn(t, a, box)
				outlivesItsToken(t, a, server, box)
			})
		}
	}
}

// signsIn tries tokens that are good, unknown, and somebody else's.
func signsIn(t *testing.T, a *issuer, box imap.Server) {
	t.Helper()
	a.expire("good-token", realserver.DefaultUser)
	s, err := connector.Connect(t.Context(), box, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for _, user := range []string{"", "other@example.com"} {
		a.expire("refused-token", user)
		_, err = connector.Connect(t.Context(), box, nil)
		require.ErrorIs(t, err, connector.ErrAuth)
		assert.ErrorContains(t, err, "is the token of "+realserver.DefaultUser)
		assert.NotContains(t, err.Error(), "refused-token")
		assert.Equal(t, []string{"refused-token"}, a.asked(), "it is asked for another once")
	}
}

// outlivesItsToken lets the token of a running session expire: it takes the next by itself, and says so where there is none.
func outlivesItsToken(t *testing.T, a *issuer, server *realserver.Server, box imap.Server) {
	t.Helper()
	a.expire("first-token", realserver.DefaultUser)
	s, err := connector.Connect(t.Context(), box, nil)
	require.NoError(t, err)
	defer s.Close()
	restart := func(next, user string) {
		a.expire(next, user)
		server.Kill()
		require.NoError(t, server.Run())
	}
	restart("second-token", realserver.DefaultUser)
	require.NoError(t, server.Deliver(realserver.DefaultUser, []byte("Subject: after it\r\n\r\n")))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	_, err = s.WaitFor(ctx, connector.Query{Subject: "after it"})
	require.NoError(t, err)
	assert.Contains(t, a.asked(), "first-token")
	assert.NotContains(t, a.asked(), "second-token")
	restart("no-token", "")
	_, err = s.WaitFor(ctx, connector.Query{Subject: "never"})
	require.ErrorIs(t, err, connector.ErrAuth)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
}
