package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Secret is the password or token of an account, as it was last given. Exactly one of Password and
// Token is set. It is safe for concurrent use.
type Secret struct {
	Password connector.Credential
	Token    connector.Credential

	mu    sync.Mutex
	value func() string // a closure, so that it does not print; nil: none yet
	since time.Time
}

// tokenFor is how long a token is used before it is asked for anew. Who gives tokens keeps them, and
// gives none that is about to expire; so a server is seldom shown one that has.
const tokenFor = 30 * time.Second

// RefusedRemedy is what to do about a login that the server refuses.
const RefusedRemedy = "check User and the secret; is this protocol switched on for the mailbox, and may it log in this way?"

// Get returns the value in use, or asks for another in the place of the refused one. The same value
// again, or an empty one, is an error: every error is a *connector.Error.
func (s *Secret) Get(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.Token != nil && time.Since(s.since) > tokenFor
	if s.value != nil && s.value() != refused && !old {
		return s.value(), nil
	}
	source := s.Password
	if source == nil {
		source = s.Token
	}
	value, err := source(ctx, refused)
	switch {
	case err != nil:
		return "", connector.CredentialError("", err)
	case value == "":
		return "", &connector.Error{Op: "read credential", Kind: connector.ErrConfig, Err: errors.New("the password or token is empty"), Remedy: "is the variable or vault entry set?"}
	case value == refused:
		return "", &connector.Error{Op: "sign in", Kind: connector.ErrAuth, Err: errors.New("the secret was refused, and asking for it again gave the same"), Remedy: RefusedRemedy}
	}
	s.value, s.since = func() string { return value }, time.Now()
	return value, nil
}

// Worse chooses between the refusal of a secret and the failure to get a better one: that the vault
// is out of reach is the news, that it has no other secret is not.
func Worse(refusal, vault error) error {
	if errors.Is(vault, connector.ErrAuth) {
		return refusal
	}
	return vault
}
