package filevault

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

const mostBytes = 1 << 20

// read gives the value of a name from its file.
func read(n keyvault.Name, root *os.Root, file string) (keyvault.Secret, error) {
	info, err := root.Stat(file)
	if err != nil {
		return keyvault.Secret{}, failed(n, err)
	}
	if info.IsDir() {
		return readFolder(n, root, file)
	}
	raw, err := readFile(n, root, file, info)
	if err != nil {
		return keyvault.Secret{}, err
	}
	if n.Field == "" {
		return keyvault.NewSecret(trim(raw)), nil
	}
	doc, err := document(n, file, raw)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(keyvault.NewSecret(doc))
}

func readFile(n keyvault.Name, root *os.Root, file string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() || info.Size() > mostBytes {
		return nil, n.Error(keyvault.ErrConfig, nil, "it is no regular file of at most 1 MiB: name the file that holds the secret")
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, failed(n, err)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, mostBytes))
	if err != nil {
		return nil, failed(n, err)
	}
	return raw, nil
}

// readFolder gives one file of a folder, or all of them as JSON.
func readFolder(n keyvault.Name, root *os.Root, dir string) (keyvault.Secret, error) {
	if n.Field != "" && filepath.IsLocal(n.Field) && !strings.ContainsAny(n.Field, `/\`) {
		inner := n
		inner.Field = ""
		s, err := read(inner, root, filepath.Join(dir, n.Field))
		if !errors.Is(err, keyvault.ErrNotFound) {
			return s, err
		}
	}
	doc, err := folderJSON(n, root, dir)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return n.Pick(keyvault.NewSecret(doc))
}

// folderJSON leaves out folders and names with a dot in front: Kubernetes keeps its own things there.
func folderJSON(n keyvault.Name, root *os.Root, dir string) ([]byte, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, failed(n, err)
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, failed(n, err)
	}
	doc := map[string]string{}
	for _, name := range names {
		file := filepath.Join(dir, name)
		info, err := root.Stat(file)
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(name, ".") {
			continue
		}
		raw, err := readFile(n, root, file, info)
		if err != nil {
			return nil, err
		}
		doc[name] = string(trim(raw))
	}
	return json.Marshal(doc)
}

// trim takes one newline off the end.
func trim(raw []byte) []byte {
	s, cut := strings.CutSuffix(string(raw), "\n")
	if cut {
		s = strings.TrimSuffix(s, "\r")
	}
	return []byte(s)
}

// failed tells what a file's error means. The system's errors name paths, never contents.
func failed(n keyvault.Name, err error) error {
	cause := err
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		cause = e.Err // the path is in our own error
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return n.Error(keyvault.ErrNotFound, nil, "make the file, or mount the secret at this path")
	case errors.Is(err, fs.ErrPermission):
		return n.Error(keyvault.ErrRefused, cause, "give this process's user the right to the file")
	case strings.Contains(cause.Error(), "escapes"):
		return n.Error(keyvault.ErrConfig, cause, "the path leads out of the folder of the secrets: write one inside of it")
	}
	return n.Error(keyvault.ErrConfig, cause, "name a file that can be read")
}
