// Package keyringvault reads secrets from the operating system's keyring: the Keychain
// of macOS, the Credential Manager of Windows, the Secret Service (GNOME Keyring,
// KWallet) elsewhere.
//
// A name is service/user, as the system's own tools show it: ${keyring:cloudmail/qa}; what
// stands before the last slash is the service. An @ in the user is doubled:
// ${keyring:imap/qa@@example.com}. A value that is JSON has fields; there are no versions.
//
// On a build machine without a desktop the Secret Service needs a bus and a daemon:
//
//	dbus-run-session -- bash -c 'echo -n pw | gnome-keyring-daemon --unlock --components=secrets; go test ./...'
//
// The system's interface knows no cancellation: when the context ends the call returns,
// and a request that waits for the user to unlock the keyring ends with the user's answer.
package keyringvault

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/zalando/go-keyring"
)

// Options of a Vault.
type Options struct {
	Service string // stands for the service, so that a name is the user alone; "" = names are service/user
}

// Vault is the keyring as a keyvault.Provider and keyvault.Writer.
type Vault struct{ o Options }

// New gives the keyring; nil options take names of the form service/user.
func New(o *Options) *Vault {
	v := &Vault{}
	if o != nil {
		v.o = *o
	}
	return v
}

// Secret gives the password of a service's user.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, service, user, err := v.name(name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	s, err := call(ctx, func() (keyvault.Secret, error) { return get(n, service, user) })
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(s)
}

// Write stores the password of a service's user.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, service, user, err := v.name(name)
	if err != nil {
		return err
	}
	_, err = call(ctx, func() (keyvault.Secret, error) {
		var old keyvault.Secret
		if n.Field != "" {
			if old, err = get(n, service, user); err != nil && !errors.Is(err, keyvault.ErrNotFound) {
				return old, err
			}
		}
		whole, err := n.Merge(old, value)
		if err == nil {
			err = failed(n, keyring.Set(service, user, whole.Reveal()))
		}
		return whole, err
	})
	return err
}

func (v *Vault) name(name string) (n keyvault.Name, service, user string, err error) {
	if n, err = keyvault.ParseName("keyring", name); err != nil {
		return n, "", "", err
	}
	if err = n.NoVersion(); err != nil {
		return n, "", "", err
	}
	if v.o.Service != "" {
		return n, v.o.Service, n.Path, nil
	}
	i := strings.LastIndexByte(n.Path, '/')
	if i <= 0 || i == len(n.Path)-1 {
		return n, "", "", n.Error(keyvault.ErrConfig, nil, "write service/user, as in ${keyring:cloudmail/qa}")
	}
	return n, n.Path[:i], n.Path[i+1:], nil
}

func get(n keyvault.Name, service, user string) (keyvault.Secret, error) {
	value, err := keyring.Get(service, user)
	return keyvault.NewSecret(value), failed(n, err)
}

// call waits for f or for the context, whichever comes first.
func call(ctx context.Context, f func() (keyvault.Secret, error)) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	type answer struct {
		s   keyvault.Secret
		err error
	}
	done := make(chan answer, 1)
	go func() {
		s, err := f()
		done <- answer{s, err}
	}()
	select {
	case a := <-done:
		return a.s, a.err
	case <-ctx.Done():
		return keyvault.Secret{}, ctx.Err()
	}
}

// failed tells what a keyring's error means; nil stays nil.
func failed(n keyvault.Name, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return n.Error(keyvault.ErrNotFound, nil, "store it with the system's keyring tool, or with Write")
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return n.Error(keyvault.ErrConfig, err, "this system's keyring takes only short values: use another vault")
	case errors.Is(err, keyring.ErrUnsupportedPlatform), errors.Is(err, exec.ErrNotFound), strings.Contains(err.Error(), "dbus-launch"):
		return n.Error(keyvault.ErrConfig, cause("keyring unavailable", err), "start a session bus and a keyring: dbus-run-session and gnome-keyring-daemon --unlock")
	case strings.Contains(err.Error(), "dismissed"):
		return n.Error(keyvault.ErrRefused, err, "unlock the keyring when the system asks")
	}
	return n.Error(keyvault.ErrUnavailable, cause("keyring unavailable", err), "see that the session's keyring runs and is unlocked")
}

func cause(text string, err error) error { return keyvault.Cause(text+": "+err.Error(), err) }
