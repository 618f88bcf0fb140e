package realserver

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// identity is who the server's processes are: mail where root starts them, for no server keeps mail
// as root; else who started them.
type identity struct {
	root        bool
	user, group string
	uid, gid    int
}

func whoami() (identity, error) {
	u, err := user.Current()
	if err != nil {
		return identity{}, err
	}
	root := u.Uid == "0"
	if root {
		if u, err = user.Lookup("mail"); err != nil {
			return identity{}, fmt.Errorf("%w: root starts it as the user mail: %w", ErrMissing, err)
		}
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return identity{}, err
	}
	who := identity{root: root, user: u.Username, group: g.Name}
	if who.uid, err = strconv.Atoi(u.Uid); err == nil {
		who.gid, err = strconv.Atoi(u.Gid)
	}
	return who, err
}

// own gives a folder and all in it to the server's user.
func (w identity) own(dir string) error {
	if !w.root {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, w.uid, w.gid)
	})
}

// pemOf writes a certificate with its chain, and its key.
func pemOf(c tls.Certificate) (chain, key []byte, err error) {
	for _, der := range c.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}
