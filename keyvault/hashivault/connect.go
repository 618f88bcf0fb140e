package hashivault

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
	"github.com/hashicorp/vault/api"
)

// Credential gives a secret when it is wanted; refused is the value just rejected, "" at
// first. keyvault.From makes one.
type Credential = func(ctx context.Context, refused string) (string, error)

// Options of a Vault; the zero value is what the VAULT_* variables say.
type Options struct {
	Address   string // https://vault.example.com:8200, "" = VAULT_AGENT_ADDR, VAULT_ADDR
	Namespace string // "" = VAULT_NAMESPACE
	Login     Login  // nil = Token{}
	// Mounts tells the version of key-value engines by their path: {"secret": 2}. What is not in
	// it is asked of the server, once.
	Mounts     map[string]int
	HTTPClient *http.Client // nil = one with VAULT_CACERT, VAULT_CLIENT_CERT, VAULT_PROXY_ADDR and so on
}

// Vault is a Vault server as a keyvault.Provider and keyvault.Writer. It holds its state in a
// closure, so that no token prints.
type Vault struct{ open func() *vault }

// vault is what the closure keeps.
type vault struct {
	o      Options
	client *api.Client // without a token
	tokens *keyvault.Cache

	mu      sync.Mutex
	refused string      // the token that was refused last
	token   string      // of session
	session *api.Client // a client with the token
	mounts  map[string]int
}

// New checks the options; it makes no request. ErrConfig names the field.
func New(o *Options) (*Vault, error) {
	v := &vault{mounts: map[string]int{}}
	if o != nil {
		v.o = *o
	}
	if v.o.Login == nil {
		v.o.Login = Token{}
	}
	if err := v.o.Login.check(); err != nil {
		return nil, err
	}
	for m, version := range v.o.Mounts {
		v.mounts[strings.Trim(m, "/")] = version
	}
	if err := v.connect(); err != nil {
		return nil, err
	}
	// The token lives in a cache of its own, which shares logins; pauses and refusals are the
	// business of the cache before this vault.
	v.tokens = keyvault.NewCache(keyvault.Func(v.logIn), &keyvault.CacheOptions{TTL: longLife, Hold: -1, Patience: -1})
	return &Vault{open: func() *vault { return v }}, nil
}

func (v *vault) connect() error {
	c := api.DefaultConfig()
	if c.Error != nil {
		return config("VAULT_*", c.Error, "correct the variable")
	}
	if v.o.Address != "" {
		c.Address, c.AgentAddress = v.o.Address, ""
	}
	if v.o.HTTPClient != nil {
		h := *v.o.HTTPClient
		h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the SDK follows one itself
		c.HttpClient = &h
	}
	if !strings.Contains(c.Address+c.AgentAddress, "unix:") { // where the SDK wants its own transport
		c.HttpClient.Transport = rest.Transport(c.HttpClient)
	}
	c.MaxRetries = 0
	client, err := api.NewClient(c)
	if err != nil {
		return config("Address", err, "write https://vault.example.com:8200")
	}
	client.SetMaxRetries(0) // also against VAULT_MAX_RETRIES
	client.ClearToken()
	if v.o.Namespace != "" {
		client.SetNamespace(v.o.Namespace)
	}
	client.SetCloneHeaders(true)
	v.client = client
	return nil
}

func config(field string, cause error, remedy string) error {
	return &keyvault.Error{Vault: vaultName, Path: field, Kind: keyvault.ErrConfig, Err: cause, Remedy: remedy}
}

// logIn is the provider behind the cache of tokens.
func (v *vault) logIn(ctx context.Context, _ string) (keyvault.Secret, error) {
	v.mu.Lock()
	refused := v.refused
	v.mu.Unlock()
	return v.o.Login.token(ctx, v.client, refused)
}

// clientFor gives a client with a token that is not the refused one, if there is another.
func (v *vault) clientFor(ctx context.Context, refused string) (*api.Client, string, error) {
	if refused != "" {
		v.mu.Lock()
		v.refused = refused
		v.mu.Unlock()
	}
	s, err := v.tokens.Fresh(ctx, "token", refused)
	if err != nil {
		return nil, "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.token == s.Reveal() && v.session != nil {
		return v.session, v.token, nil
	}
	c, err := v.client.Clone()
	if err != nil {
		return nil, "", config("VAULT_*", err, "correct the variable")
	}
	c.SetToken(s.Reveal())
	v.token, v.session = s.Reveal(), c
	return c, v.token, nil
}

// storedToken is what VAULT_TOKEN holds, or the file that "vault login" writes.
func storedToken(context.Context, string) (string, error) {
	if t := os.Getenv(api.EnvVaultToken); t != "" {
		return t, nil
	}
	if home, err := os.UserHomeDir(); err == nil {
		if t, err := os.ReadFile(filepath.Join(home, ".vault-token")); err == nil {
			return strings.TrimSpace(string(t)), nil
		}
	}
	return "", config("Login", nil, "set VAULT_TOKEN, run vault login, or set Options.Login to AppRole, Kubernetes, JWT or Userpass")
}
