package connector

import (
	"context"
	"errors"
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
