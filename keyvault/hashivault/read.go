package hashivault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
	"github.com/hashicorp/vault/api"
)

// Secret reads a secret, or one field of it.
func (v *Vault) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Secret{}, err
	}
	n, err := keyvault.ParseName(vaultName, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	stored, err := v.open().read(ctx, n)
	if err != nil {
		return keyvault.Secret{}, err
	}
	return stored.pick(n)
}

// stored is a secret as the server keeps it.
type stored struct {
	data    map[string]any
	version string
	expires time.Time
}

// place is where a secret is.
type place struct {
	mount   string // the engine's path
	rest    string // the secret's path in it
	version int    // of the engine; 1 for engines that are no key-value stores too
}

// api is the path for the HTTP API.
func (p place) api() string {
	if p.version == 2 {
		return p.mount + "/data/" + p.rest
	}
	return strings.TrimPrefix(p.mount+"/"+p.rest, "/")
}

func (v *vault) read(ctx context.Context, n keyvault.Name) (stored, error) {
	p, err := v.find(ctx, n)
	if err != nil {
		return stored{}, err
	}
	params := map[string][]string{}
	if n.Version != "" {
		if p.version != 2 {
			return stored{}, n.NoVersion()
		}
		params["version"] = []string{n.Version}
	}
	s, err := v.request(ctx, n, func(c *api.Client) (*api.Secret, error) {
		return c.Logical().ReadWithDataWithContext(ctx, p.api(), params)
	})
	if err != nil {
		return stored{}, err
	}
	if s == nil {
		return stored{}, missing(n, p)
	}
	if p.version == 2 {
		return readKV2(n, s)
	}
	st := stored{data: s.Data}
	if s.LeaseID != "" { // KV version 1 gives a duration without a lease: a hint, and no end
		st.expires = time.Now().Add(time.Duration(s.LeaseDuration) * time.Second)
	}
	return st, nil
}

// readKV2 opens the envelope of version 2. A deleted version is a 404 that the SDK gives as an answer.
func readKV2(n keyvault.Name, s *api.Secret) (stored, error) {
	meta, _ := s.Data["metadata"].(map[string]any)
	st := stored{version: fmt.Sprint(meta["version"])}
	text, _ := meta["deletion_time"].(string)
	st.expires, _ = time.Parse(time.RFC3339Nano, text)
	var ok bool
	if st.data, ok = s.Data["data"].(map[string]any); !ok {
		return st, n.Error(keyvault.ErrNotFound, nil, "version "+st.version+" was deleted: undelete it, or store a new one")
	}
	return st, nil
}

// pick gives the part of a secret that the name asks for.
func (st stored) pick(n keyvault.Name) (keyvault.Secret, error) {
	doc, err := document(st.data)
	if err != nil {
		return keyvault.Secret{}, n.Error(keyvault.ErrConfig, nil, "the secret is no JSON")
	}
	whole := keyvault.NewSecret(doc).With(st.version, st.expires)
	only := n
	for only.Field = range st.data {
	}
	if len(st.data) != 1 {
		return n.Pick(whole)
	}
	value, err := only.Pick(whole)
	if err != nil || n.Field == "" {
		return value, err
	}
	s, err := n.Pick(whole)
	if errors.Is(err, keyvault.ErrNotFound) {
		if inner, innerErr := n.Pick(value); innerErr == nil {
			return inner, nil
		}
	}
	return s, err
}

// document is JSON without the escapes for HTML, which would change nested values.
func document(data map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(data)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// find tells the engine of a path, as the vault command does.
func (v *vault) find(ctx context.Context, n keyvault.Name) (place, error) {
	path := strings.Trim(n.Path, "/")
	if p, ok := v.known(path); ok {
		return p, p.check(n)
	}
	s, err := v.request(ctx, n, func(c *api.Client) (*api.Secret, error) {
		return c.Logical().ReadWithContext(ctx, "sys/internal/ui/mounts/"+path)
	})
	switch {
	case err != nil:
		return place{}, err
	case s == nil: // a server that does not know the question has version 1 only
		return place{rest: path, version: 1}, nil
	}
	mount, _ := s.Data["path"].(string)
	options, _ := s.Data["options"].(map[string]any)
	version := 1
	if options["version"] == "2" {
		version = 2
	}
	v.mu.Lock()
	v.mounts[strings.Trim(mount, "/")] = version
	v.mu.Unlock()
	p, _ := v.known(path)
	return p, p.check(n)
}

// known gives the engine with the longest path that fits.
func (v *vault) known(path string) (best place, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for mount, version := range v.mounts {
		if rest, fits := strings.CutPrefix(path+"/", mount+"/"); fits && len(mount) >= len(best.mount) {
			best, ok = place{mount, strings.Trim(rest, "/"), version}, true
		}
	}
	return best, ok
}

func (p place) check(n keyvault.Name) error {
	if p.rest == "" {
		return n.Error(keyvault.ErrConfig, nil, "it is an engine: name a secret in it, as in "+n.Path+"/mail")
	}
	return nil
}

// request makes one request with a token, and once more with a new one if that was dead.
func (v *vault) request(ctx context.Context, n keyvault.Name, f func(*api.Client) (*api.Secret, error)) (*api.Secret, error) {
	c, token, err := v.clientFor(ctx, "")
	if err != nil {
		return nil, err
	}
	s, after, err := observed(c, f)
	if v.dead(ctx, c, err) {
		fresh, value, loginErr := v.clientFor(ctx, token)
		if loginErr != nil {
			return nil, loginErr
		}
		if value != token {
			s, after, err = observed(fresh, f)
		}
	}
	if err != nil {
		return nil, failed(ctx, n, err, after)
	}
	return s, nil
}

// observed also gives what Retry-After says, which the SDK's error leaves out.
func observed(c *api.Client, f func(*api.Client) (*api.Secret, error)) (*api.Secret, time.Duration, error) {
	var after time.Duration
	s, err := f(c.WithResponseCallbacks(func(r *api.Response) { after = rest.RetryAfter(r.Header) }))
	return s, after, err
}

// dead tells a token that is no longer known from one that lacks a right. Servers that do not say
// so are asked about the token.
func (v *vault) dead(ctx context.Context, c *api.Client, err error) bool {
	e, ok := errors.AsType[*api.ResponseError](err)
	if !ok || e.StatusCode != http.StatusForbidden {
		return false
	}
	if text := strings.Join(e.Errors, " "); strings.Contains(text, "invalid token") || strings.Contains(text, "bad token") {
		return true
	}
	_, err = c.Logical().ReadWithContext(ctx, "auth/token/lookup-self")
	return status(err) == http.StatusForbidden
}
