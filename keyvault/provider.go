package keyvault

import "context"

// Provider is a key vault: it gives the secret of a name. The name is
// path[#field][@version] as ParseName reads it.
//
// A Provider is safe for concurrent use, keeps nothing, and retries nothing: Cache
// does both, for all of them. Every error is an *Error, except that a context which
// is done may answer with its own error.
type Provider interface {
	Secret(ctx context.Context, name string) (Secret, error)
}

// Writer is a vault that also takes values: tokens that a service renews and that
// must be kept. A name with a field changes that field alone and leaves its
// neighbours; a name with a version is ErrConfig.
type Writer interface {
	Write(ctx context.Context, name string, value Secret) error
}

// Func makes a Provider of a function.
type Func func(ctx context.Context, name string) (Secret, error)

// Secret calls f.
func (f Func) Secret(ctx context.Context, name string) (Secret, error) { return f(ctx, name) }

// From gives a credential that is read from a vault when it is wanted: the plain
// function type that connector takes, so that neither package knows the other.
//
// With refused == "" the answer may come from the cache. With refused == the value
// that a service has just rejected there is one fresh read, however many callers come
// with the same value; if the cache already holds another value, that one is the
// answer and nothing is read. If the vault still holds the refused value, the answer
// is that value: the caller then knows that no other one exists.
//
// If p is a *Cache its values are shared with everybody who uses it; else the
// credential has a cache of its own, with the defaults of CacheOptions.
// A name that is no name, an absent vault and an empty value are errors of the call.
func From(p Provider, name string) func(ctx context.Context, refused string) (string, error) {
	c := cached(p, nil)
	return func(ctx context.Context, refused string) (string, error) {
		s, err := c.Fresh(ctx, name, refused)
		if err != nil {
			return "", err
		}
		if s.IsZero() {
			return "", emptyValue("", name)
		}
		return s.Reveal(), nil
	}
}

// Into gives the counterpart of From: a function that writes a text to a vault under a name, such as a
// sign-in that a service renews (Keep of an oauth.DelegatedConfig). An absent vault is an error of the call.
// Where p is the *Cache that From reads by, what is written is what From gives next.
func Into(p Writer, name string) func(ctx context.Context, text string) error {
	return func(ctx context.Context, text string) error {
		if p == nil {
			return noVault(name)
		}
		return p.Write(ctx, name, NewSecret(text))
	}
}

// Plain gives a Provider for places that want one string, such as a client secret
// or a password: an empty value and a whole JSON object or list are errors that say
// which field to name. A Google service-account key is a whole JSON: do not wrap its vault.
func Plain(p Provider) Provider {
	return Func(func(ctx context.Context, name string) (Secret, error) {
		s, err := p.Secret(ctx, name)
		if err != nil {
			return Secret{}, err
		}
		return s, plainValue("", name, s)
	})
}

func emptyValue(vault, name string) error {
	n, _ := ParseName(vault, name)
	return n.Error(ErrEmpty, nil, "store a value under this name, or name another one")
}

func plainValue(vault, name string, s Secret) error {
	if s.IsZero() {
		return emptyValue(vault, name)
	}
	fields, ok := jsonShape(s.Reveal())
	if !ok {
		return nil
	}
	n, _ := ParseName(vault, name)
	return n.Error(ErrNotText, nil, "it is a whole JSON"+fieldList(fields)+": name one field, as in "+n.example(fields))
}
