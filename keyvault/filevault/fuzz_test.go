package filevault

import (
	"encoding/json"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/require"
)

func FuzzFormats(f *testing.F) {
	f.Add("a.yaml", []byte("a: &x [*x]"))
	f.Add(".env", []byte("A=\"\\"))
	f.Add("b.yml", []byte("? {a: b}\n: c"))
	f.Fuzz(func(t *testing.T, file string, raw []byte) {
		n := keyvault.Name{Vault: "file", Path: "x", Field: "a"}
		for _, name := range []string{file, "x.yaml", "x.env"} {
			doc, err := document(n, name, raw)
			if err != nil {
				require.ErrorIs(t, err, keyvault.ErrConfig)
			} else if name != file {
				require.True(t, json.Valid(doc))
			}
		}
	})
}
