package connector

import (
	"context"
	"errors"
	"net"
)

// Credential gives a secret when it is needed. The value that was just refused is handed back, ""
// at first, so that a rotated secret costs one read of the vault and no failed test.
// keyvault.From makes one from any key vault.
type Credential = func(ctx context.Context, refused string) (string, error)

// Literal is the credential that always has the same value. It is meant for values made by a test
// itself: what is written into code is no secret. An empty value is [ErrConfig] when it is used,
// which is at Connect; a value that the service refused is [ErrAuth], since there is no other.
func Literal(secret string) Credential {
	return func(_ context.Context, refused string) (string, error) {
		if secret == "" {
			return "", &Error{Op: "read credential", Kind: ErrConfig,
				Err: errors.New("the literal secret is empty"), Remedy: "is the variable it came from set?"}
		}
		if refused == secret {
			return "", &Error{Op: "read credential", Kind: ErrAuth,
				Err: errors.New("the literal secret was refused and there is no other"), Remedy: "replace the secret, or take it from a key vault"}
		}
		return secret, nil
	}
}

// CredentialError types what a credential function returned, for backends: [ErrUnavailable] where it
// passes (the network, or an error whose Temporary method says so, as that of a key vault that is
// down), so that a wait goes on; else [ErrAuth]. An *Error stays as it is.
func CredentialError(mailbox string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Op: "read credential", Mailbox: mailbox, Kind: ErrAuth, Err: err, Remedy: "is the key vault reachable, and the name right?"}
	if passes(err) {
		e.Kind = ErrUnavailable
	}
	return e
}

// passes reports whether an error is one of time or network.
func passes(err error) bool {
	if _, network := errors.AsType[net.Error](err); network || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}
