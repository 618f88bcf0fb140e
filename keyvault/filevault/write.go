package filevault

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// write stores a value: as the file, as a file of the folder, or as a field of the JSON in the file.
func write(n keyvault.Name, root *os.Root, file string, value keyvault.Secret) error {
	info, err := root.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return writeInFolder(n, root, file, value)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return failed(n, err)
	}
	whole := value
	if n.Field != "" {
		if whole, err = merged(n, root, file, info, value); err != nil {
			return err
		}
	}
	if err := replace(root, file, whole.Reveal()); err != nil {
		return failed(n, err)
	}
	return nil
}

func writeInFolder(n keyvault.Name, root *os.Root, dir string, value keyvault.Secret) error {
	if n.Field == "" || !filepath.IsLocal(n.Field) || filepath.Base(n.Field) != n.Field {
		return n.Error(keyvault.ErrConfig, nil, "it is a folder: name a file in it, as in "+n.Path+"#file")
	}
	if err := replace(root, filepath.Join(dir, n.Field), value.Reveal()); err != nil {
		return failed(n, err)
	}
	return nil
}

// merged gives the file's JSON with one field changed; info nil = no file yet.
func merged(n keyvault.Name, root *os.Root, file string, info os.FileInfo, value keyvault.Secret) (keyvault.Secret, error) {
	var old keyvault.Secret
	if info != nil {
		raw, err := readFile(n, root, file, info)
		if err != nil {
			return old, err
		}
		old = keyvault.NewSecret(trim(raw))
	}
	return n.Merge(old, value)
}

// replace writes beside the file and renames, so that readers see the old value or the new one.
func replace(root *os.Root, file, value string) error {
	beside := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+"."+rand.Text())
	f, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = root.Rename(beside, file)
	}
	if err != nil {
		_ = root.Remove(beside)
	}
	return err
}
