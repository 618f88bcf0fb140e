package hashivault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/hashicorp/vault/api"
)

// Write stores a field, or a whole secret of one field.
func (v *Vault) Write(ctx context.Context, name string, value keyvault.Secret) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := keyvault.ParseName(vaultName, name)
	if err != nil {
		return err
	}
	if err := n.NoVersion(); err != nil {
		return err
	}
	if !utf8.ValidString(value.Reveal()) {
		return n.Error(keyvault.ErrConfig, nil, "Vault keeps text: encode the value, in base64 for example")
	}
	return v.open().write(ctx, n, value)
}

func (v *vault) write(ctx context.Context, n keyvault.Name, value keyvault.Secret) error {
	p, err := v.find(ctx, n)
	if err != nil {
		return err
	}
	old, err := v.read(ctx, n)
	if err != nil && !errors.Is(err, keyvault.ErrNotFound) {
		return err
	}
	data, err := old.changed(n, value)
	if err != nil {
		return err
	}
	body := data
	if p.version == 2 {
		current, _ := strconv.Atoi(old.version)
		body = map[string]any{"data": data, "options": map[string]any{"cas": current}}
	}
	_, err = v.request(ctx, n, func(c *api.Client) (*api.Secret, error) {
		return c.Logical().WriteWithContext(ctx, p.api(), body)
	})
	return err
}

// changed gives the fields to store.
func (st stored) changed(n keyvault.Name, value keyvault.Secret) (map[string]any, error) {
	if n.Field == "" {
		name := "value"
		if len(st.data) == 1 { // as it is read, so it is written
			for name = range st.data {
			}
		}
		return map[string]any{name: value.Reveal()}, nil
	}
	var old keyvault.Secret
	if st.data != nil {
		doc, err := document(st.data)
		if err != nil {
			return nil, err
		}
		old = keyvault.NewSecret(doc)
	}
	whole, err := n.Merge(old, value)
	if err != nil {
		return nil, err
	}
	data := map[string]any{}
	d := json.NewDecoder(bytes.NewReader([]byte(whole.Reveal())))
	d.UseNumber()
	return data, d.Decode(&data)
}
