// Package filevault reads secrets from files: ${file:/run/secrets/mail}.
//
// A file without a field is its bytes, less one newline at the end (LF or CRLF), which
// editors and echo put there. With a field the file is read by its name:
//
//	${file:mail.json#google.private_key}   JSON; also a file whose name ends in nothing known
//	${file:mail.yaml#smtp.password}        YAML (.yaml, .yml); scalars as they are written
//	${file:.env#MAIL_SECRET}               dotenv (.env, or .env.local and the like)
//	${file:/etc/mail-secret#client_secret} a folder: the file of that name in it
//
// The last one is how Docker (/run/secrets) and Kubernetes (a mounted Secret) give out
// secrets; a folder without a field is the JSON of all its files. There are no versions.
//
// # Which files
//
// With Options.Dir names are relative to that folder, and nothing outside of it can be
// reached, not by "..", not by an absolute path, not by a symbolic link. Without it a
// name is any path, relative to the working directory, in the system's own notation:
// ${file:C:\secrets\mail.json#client_secret} on Windows. Only regular files of at most
// 1 MiB are read.
//
// # Writing
//
// Write replaces a file as a whole or not at all, with mode 0600. With a field the file
// must be JSON, or a folder.
package filevault

import (
	"context"
	"os"
	"path/filepath"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Options of a Vault; the zero value reads any path.
type Options struct {
	Dir string // the folder that holds all secrets, "" = no bound
}

// Vault is files as a keyvault.Provider and keyvault.Writer.
type Vault struct{ o Options }

// New gives the files; nil options read any path. The folder need not be there yet.
func New(o *Options) *Vault {
	v := &Vault{}
	if o != nil {
		v.o = *o
	}
	return v
}

// Secret gives a file, or one field of it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, err := v.name(ctx, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	root, file, err := v.open(n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	defer func() { _ = root.Close() }()
	return read(n, root, file)
}

// Write stores a value as a file, or as one field of it.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, err := v.name(ctx, name)
	if err != nil {
		return err
	}
	root, file, err := v.open(n)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return write(n, root, file, value)
}

func (v *Vault) name(ctx context.Context, name string) (keyvault.Name, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Name{}, err
	}
	n, err := keyvault.ParseName("file", name)
	if err != nil {
		return n, err
	}
	return n, n.NoVersion()
}

// open gives the folder that bounds the file, and the file's path in it.
func (v *Vault) open(n keyvault.Name) (*os.Root, string, error) {
	dir, file := v.o.Dir, n.Path
	if dir == "" {
		dir, file = filepath.Split(n.Path)
		if file == "" || file == "." || file == ".." { // a folder itself, such as "/run/secrets/"
			dir, file = n.Path, "."
		}
		if dir == "" {
			dir = "."
		}
	} else if filepath.IsAbs(file) {
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return nil, "", failed(n, os.ErrInvalid)
		}
		file = rel
	}
	if v.o.Dir != "" && !filepath.IsLocal(file) {
		return nil, "", n.Error(keyvault.ErrConfig, nil, "the path leads out of "+v.o.Dir+": write one inside of it")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, "", failed(n, err)
	}
	return root, file, nil
}
