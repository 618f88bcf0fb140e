// Command vaultserver is a HashiCorp Vault server in memory: the server's own core with the engines
// that the tests of hashivault need (kv, approle, userpass, jwt, kubernetes). It is for tests alone and linked
// into nothing: its licence is BUSL-1.1.
//
// It prints one line of JSON, {"address":"http://127.0.0.1:…","token":"hvs.…","key":"…"}: where it is,
// the root token, and the key that opens it again after it was sealed. It ends when its standard input
// does, so that it does not outlive the test that started it.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "vaultserver:", err)
		os.Exit(1)
	}
}

func run() error {
	core, err := newCore()
	if err != nil {
		return err
	}
	made, err := initialize(core)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{Address: l.Addr().String()}})
	go func() { _ = (&http.Server{Handler: handler}).Serve(l) }()
	ready := map[string]string{"address": "http://" + l.Addr().String(), "token": made.RootToken, "key": hex.EncodeToString(made.SecretShares[0])}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func newCore() (*vault.Core, error) {
	logger := hclog.NewNullLogger()
	store, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	return vault.NewCore(&vault.CoreConfig{
		Physical:           store,
		LogicalBackends:    engines,
		CredentialBackends: logins,
		BuiltinRegistry:    registry{},
		DisableMlock:       true,
		Logger:             logger,
	})
}

// initialize makes the keys and opens the core with them.
func initialize(core *vault.Core) (*vault.InitResult, error) {
	one := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(context.Background(), &vault.InitParams{BarrierConfig: one})
	if err != nil {
		return nil, err
	}
	_, err = core.Unseal(bytes.Clone(made.SecretShares[0])) // it clears the key that it gets
	return made, err
}

var (
	engines = map[string]logical.Factory{"kv": kv.Factory}
	logins  = map[string]logical.Factory{"approle": approle.Factory, "userpass": userpass.Factory, "jwt": jwt.Factory, "kubernetes": kubernetes.Factory}
)

// registry names the engines and logins to the core, which mounts nothing that is not in it.
type registry struct{}

func (registry) plugins(t consts.PluginType) map[string]logical.Factory {
	switch t {
	case consts.PluginTypeSecrets:
		return engines
	case consts.PluginTypeCredential:
		return logins
	}
	return nil
}

func (r registry) Contains(name string, t consts.PluginType) bool {
	_, ok := r.plugins(t)[name]
	return ok
}

func (r registry) Get(name string, t consts.PluginType) (func() (any, error), bool) {
	f, ok := r.plugins(t)[name]
	return func() (any, error) { return f, nil }, ok
}

func (r registry) Keys(t consts.PluginType) []string {
	var names []string
	for name := range r.plugins(t) {
		names = append(names, name)
	}
	return names
}

func (r registry) DeprecationStatus(name string, t consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, t)
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
