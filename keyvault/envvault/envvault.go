// Package envvault reads secrets from environment variables: ${env:MAIL_SECRET}. A
// variable that holds JSON has fields: ${env:GOOGLE_KEY#private_key}. There are no versions.
//
// A variable that is not set is ErrNotFound; one that is set and empty gives the empty
// value, which credentials refuse as ErrEmpty. The value is taken byte by byte: nothing is trimmed.
package envvault

import (
	"context"
	"os"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Options of a Vault; the zero value is the process's environment.
type Options struct {
	Prefix string                           // stands before each name: "MAIL_" makes ${env:SECRET} read MAIL_SECRET
	Lookup func(name string) (string, bool) // nil = os.LookupEnv
}

// Vault is the environment as a keyvault.Provider.
type Vault struct{ o Options }

// New gives the environment; nil options are the process's own.
func New(o *Options) *Vault {
	v := &Vault{}
	if o != nil {
		v.o = *o
	}
	if v.o.Lookup == nil {
		v.o.Lookup = os.LookupEnv
	}
	return v
}

// Secret gives a variable, or one field of the JSON in it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	n, err := keyvault.ParseName("env", name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if err := n.NoVersion(); err != nil {
		return keyvault.Secret{}, err
	}
	value, ok := v.o.Lookup(v.o.Prefix + n.Path)
	if !ok {
		return keyvault.Secret{}, n.Error(keyvault.ErrNotFound, nil, "set the environment variable "+v.o.Prefix+n.Path)
	}
	return n.Pick(keyvault.NewSecret(value))
}
