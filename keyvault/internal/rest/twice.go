package rest

import "context"

// Credential gives a secret when it is wanted; refused is the value just rejected, "" at first.
type Credential = func(ctx context.Context, refused string) (string, error)

// Twice uses a credential, and once more a fresh one if that was refused and there is another.
func Twice(ctx context.Context, cred Credential, use func(value string) (refused bool, err error)) error {
	value, err := cred(ctx, "")
	if err != nil {
		return err
	}
	refused, err := use(value)
	if !refused {
		return err
	}
	fresh, freshErr := cred(ctx, value)
	if freshErr != nil || fresh == value {
		return err
	}
	_, err = use(fresh)
	return err
}
