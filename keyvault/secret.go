package keyvault

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// Secret is a value that cannot print. It holds one closure and nothing else: a
// string or a pointer would show through outer structs, %#v, and the diffs of
// failing tests, where methods are not asked; a func shows an address at most.
//
// The zero Secret holds the empty string. Secrets are compared with Equal: == does
// not compile, and reflect.DeepEqual (so testify's Equal) says false for any two.
type Secret struct{ open func() sealed }

// sealed is what the closure keeps.
type sealed struct {
	value   string
	version string
	expires time.Time
}

// NewSecret keeps a value. The bytes of a slice are copied.
func NewSecret[T ~string | ~[]byte](value T) Secret {
	return seal(sealed{value: string(value)})
}

// With gives the same value together with what its vault says of it: the version
// as that vault writes it, and the moment after which the value is worth nothing.
// Both may be zero: not known.
func (s Secret) With(version string, expires time.Time) Secret {
	return seal(sealed{value: s.Reveal(), version: version, expires: expires})
}

// Reveal gives the value itself. It is the only way to it, so that a search for
// Reveal finds each place where a secret leaves its shell.
func (s Secret) Reveal() string { return s.content().value }

// Version is the version that was read, "" where the vault has none.
func (s Secret) Version() string { return s.content().version }

// Expires is the end of the value's life, zero where the vault knows none.
func (s Secret) Expires() time.Time { return s.content().expires }

// IsZero tells whether the value is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal compares two values in a time that tells nothing about them, their lengths
// included. Version and expiry do not count.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func seal(c sealed) Secret { return Secret{open: func() sealed { return c }} }

func (s Secret) content() sealed {
	if s.open == nil {
		return sealed{}
	}
	return s.open()
}
