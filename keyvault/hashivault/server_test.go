package hashivault_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/hashivault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/require"
)

// server is a real Vault server, from the module in testdata/vaultserver.
type server struct {
	Address, Token, Key string
	serial              atomic.Int64
}

// start starts the server that CLOUDMAIL_VAULT_SERVER names.
func start(t *testing.T) *server {
	t.Helper()
	program := os.Getenv("CLOUDMAIL_VAULT_SERVER")
	if program == "" {
		const why = "no Vault server: build keyvault/hashivault/testdata/vaultserver, and set CLOUDMAIL_VAULT_SERVER to the program; .ci/vault-server does both"
		if os.Getenv("CLOUDMAIL_REQUIRE_ALL") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	cmd := exec.CommandContext(t.Context(), program)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() }) // it ends with its input
	s := &server{}
	require.NoError(t, json.NewDecoder(stdout).Decode(s))
	return s
}

// do is one request with the root token, or with none for sys/unseal.
func (s *server) do(t *testing.T, method, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, s.Address+"/v1/"+path, bytes.NewReader(text))
	require.NoError(t, err)
	r.Header.Set("X-Vault-Token", s.Token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Less(t, resp.StatusCode, 300, "%s %s: %s", method, path, raw)
	doc := map[string]any{}
	_ = json.Unmarshal(raw, &doc) // 204 has no body
	return doc
}

// mount makes a key-value engine of its own.
func (s *server) mount(t *testing.T, version string) string {
	t.Helper()
	path := fmt.Sprintf("kv%s-%d", version, s.serial.Add(1))
	s.do(t, http.MethodPost, "sys/mounts/"+path, map[string]any{"type": "kv", "options": map[string]string{"version": version}})
	return path
}

// policy lets tokens with it reach what is under the prefixes.
func (s *server) policy(t *testing.T, name string, prefixes ...string) {
	t.Helper()
	rules := ""
	for _, p := range prefixes {
		rules += fmt.Sprintf("path %q { capabilities = [\"create\", \"read\", \"update\"] }\n", p+"*")
	}
	s.do(t, http.MethodPut, "sys/policies/acl/"+name, map[string]any{"policy": rules + `path "auth/token/lookup-self" { capabilities = ["read"] }`})
}

func (s *server) token(t *testing.T, policy string) string {
	t.Helper()
	return s.do(t, http.MethodPost, "auth/token/create", map[string]any{"policies": []string{policy}, "ttl": "1h"})["auth"].(map[string]any)["client_token"].(string)
}

func (s *server) put(t *testing.T, mount, path string, data map[string]any) {
	t.Helper()
	if strings.HasPrefix(mount, "kv2") {
		s.do(t, http.MethodPost, mount+"/data/"+path, map[string]any{"data": data})
		return
	}
	s.do(t, http.MethodPost, mount+"/"+path, data)
}

// counted counts the requests for secrets of one client.
type counted struct {
	prefix string
	n      atomic.Int64
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, c.prefix) {
		c.n.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// harness is an engine of its own on the server.
func (s *server) harness(t *testing.T, version string) *keyvaulttest.Harness {
	mount := s.mount(t, version)
	s.policy(t, mount, mount)
	count := &counted{prefix: "/v1/" + mount}
	vault, err := hashivault.New(&hashivault.Options{Address: s.Address, Login: hashivault.Token{Value: literal(s.token(t, mount))}, HTTPClient: &http.Client{Transport: count}})
	require.NoError(t, err)
	h := &keyvaulttest.Harness{
		Vault: vault,
		Put: func(path string, value []byte) string {
			s.put(t, mount, path, map[string]any{"value": string(value)})
			return mount + "/" + path
		},
		PutFields: func(path string, text map[string]string) string {
			s.put(t, mount, path, fields(text))
			return mount + "/" + path
		},
		CanHold: func(value []byte) bool { return string(value) != "\xff\xfe\x80" }, // JSON holds text
		Refuse: func(on bool) {
			if on {
				s.policy(t, mount, "elsewhere/")
				return
			}
			s.policy(t, mount, mount)
		},
		Down: func(on bool) {
			if on {
				s.do(t, http.MethodPut, "sys/seal", nil)
				return
			}
			s.do(t, http.MethodPut, "sys/unseal", map[string]any{"key": s.Key})
		},
		Requests: func() int { return int(count.n.Load()) },
	}
	t.Cleanup(func() { h.Down(false) }) // a law may end in an outage, and the server is for all
	if version == "2" {
		h.Versions = func(path string, values ...string) (names []string) {
			for i, v := range values {
				names = append(names, fmt.Sprint(h.Put(path, []byte(v)), "@", i+1))
			}
			return names
		}
	}
	return h
}

func TestServerLaws(t *testing.T) {
	s := start(t)
	for _, version := range []string{"1", "2"} {
		t.Run("KV"+version, func(t *testing.T) {
			keyvaulttest.Run(t, func(t *testing.T) *keyvaulttest.Harness { return s.harness(t, version) })
		})
	}
}

func (s *server) read(t *testing.T, login hashivault.Login, name string) (keyvault.Secret, error) {
	t.Helper()
	vault, err := hashivault.New(&hashivault.Options{Address: s.Address, Login: login})
	require.NoError(t, err)
	return vault.Secret(t.Context(), name)
}

// wrapped makes a request whose answer waits under a wrapping token.
func (s *server) wrapped(t *testing.T, path string, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Address+"/v1/"+path, bytes.NewReader(text))
	require.NoError(t, err)
	r.Header.Set("X-Vault-Token", s.Token)
	r.Header.Set("X-Vault-Wrap-TTL", "5m")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var doc struct {
		Info struct{ Token string } `json:"wrap_info"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&doc))
	return doc.Info.Token
}

func TestServerLogins(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.put(t, mount, "mail", map[string]any{"client_secret": "hunter2"})
	s.policy(t, "mail", mount)
	for _, kind := range []string{"approle", "userpass", "jwt"} {
		s.do(t, http.MethodPost, "sys/auth/"+kind, map[string]any{"type": kind})
	}
	s.do(t, http.MethodPost, "auth/userpass/users/qa", map[string]any{"password": "pw", "token_policies": "mail"})
	s.do(t, http.MethodPost, "auth/approle/role/qa", map[string]any{"token_policies": "mail", "token_ttl": "1h"})
	roleID := s.do(t, http.MethodGet, "auth/approle/role/qa/role-id", nil)["data"].(map[string]any)["role_id"].(string)
	secretID := s.do(t, http.MethodPost, "auth/approle/role/qa/secret-id", nil)["data"].(map[string]any)["secret_id"].(string)
	key, public := signer(t)
	s.do(t, http.MethodPost, "auth/jwt/config", map[string]any{"jwt_validation_pubkeys": []string{public}, "jwt_supported_algs": []string{"ES256"}})
	s.do(t, http.MethodPost, "auth/jwt/role/qa", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{"vault"}, "token_policies": "mail"})

	for name, login := range map[string]hashivault.Login{
		"AppRole":         hashivault.AppRole{RoleID: roleID, SecretID: literal(secretID)},
		"wrapped AppRole": hashivault.AppRole{RoleID: roleID, SecretID: literal(s.wrapped(t, "auth/approle/role/qa/secret-id", nil)), Wrapped: true},
		"Userpass":        hashivault.Userpass{Username: "qa", Password: literal("pw")},
		"JWT":             hashivault.JWT{Role: "qa", JWT: literal(identity(t, key, "vault"))},
		"wrapped Token":   hashivault.Token{Value: literal(s.wrapped(t, "auth/token/create", map[string]any{"policies": []string{"mail"}})), Wrapped: true},
	} {
		got, err := s.read(t, login, mount+"/mail#client_secret")
		require.NoError(t, err, name)
		require.Equal(t, "hunter2", got.Reveal(), name)
	}
	for name, login := range map[string]hashivault.Login{
		"AppRole":       hashivault.AppRole{RoleID: roleID, SecretID: literal("hunter2")},
		"Userpass":      hashivault.Userpass{Username: "qa", Password: literal("hunter2")},
		"JWT":           hashivault.JWT{Role: "qa", JWT: literal(identity(t, key, "another audience"))},
		"wrapped Token": hashivault.Token{Value: literal("hvs.hunter2"), Wrapped: true},
		"Token":         hashivault.Token{Value: literal("hvs.hunter2")},
	} {
		_, err := s.read(t, login, mount+"/mail")
		require.ErrorIs(t, err, keyvault.ErrRefused, name)
		require.NotContains(t, err.Error(), "hunter2", name)
	}
}

// signer makes the key of an identity provider.
func signer(t *testing.T) (key *ecdsa.PrivateKey, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// identity is a token as an identity provider signs it.
func identity(t *testing.T, key *ecdsa.PrivateKey, audience string) string {
	t.Helper()
	now := time.Now()
	return signed(t, key, map[string]any{"sub": "repo:contoso/mail", "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
}

// signed is a token of these claims (RFC 7519, ES256 of RFC 7518).
func signed(t *testing.T, key *ecdsa.PrivateKey, of map[string]any) string {
	t.Helper()
	claims, err := json.Marshal(of)
	require.NoError(t, err)
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	der, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	require.NoError(t, err)
	return text + "." + part(fixed(t, der))
}

// fixed is the signature as JWS wants it: two numbers of 32 bytes.
func fixed(t *testing.T, der []byte) []byte {
	t.Helper()
	var sig struct{ R, S *big.Int }
	_, err := asn1.Unmarshal(der, &sig)
	require.NoError(t, err)
	return append(sig.R.FillBytes(make([]byte, 32)), sig.S.FillBytes(make([]byte, 32))...)
}

func TestServerDeadTokensAndDeletedSecrets(t *testing.T) {
	s := start(t)
	mount := s.mount(t, "2")
	s.policy(t, "mail", mount)
	s.put(t, mount, "mail", map[string]any{"value": "v"})
	tokens := &keyvaulttest.Memory{}
	first := s.token(t, "mail")
	tokens.Put("token", []byte(first), time.Time{})
	vault, err := hashivault.New(&hashivault.Options{Address: s.Address, Login: hashivault.Token{Value: keyvault.From(tokens, "token")}})
	require.NoError(t, err)
	_, err = vault.Secret(t.Context(), mount+"/mail")
	require.NoError(t, err)
	s.do(t, http.MethodPost, "auth/token/revoke", map[string]any{"token": first})
	tokens.Put("token", []byte(s.token(t, "mail")), time.Time{})
	_, err = vault.Secret(t.Context(), mount+"/mail")
	require.NoError(t, err, "a token that was revoked is replaced")
	require.Equal(t, 2, tokens.Requests())

	s.do(t, http.MethodPost, mount+"/metadata/short", map[string]any{"delete_version_after": "1h"})
	s.put(t, mount, "short", map[string]any{"value": "v"})
	got, err := vault.Secret(t.Context(), mount+"/short")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), got.Expires(), 10*time.Minute)
	s.do(t, http.MethodDelete, mount+"/data/short", nil)
	_, err = vault.Secret(t.Context(), mount+"/short")
	require.ErrorContains(t, err, "version 1 was deleted")
}

// What the tests of the fake assert, the server says too.
func TestServerErrorsNameTheWayOut(t *testing.T) {
	s := start(t)
	two, one := s.mount(t, "2"), s.mount(t, "1")
	s.put(t, two, "mail", map[string]any{"value": "v"})
	s.put(t, one, "mail", map[string]any{"value": "v"})
	root := hashivault.Token{Value: literal(s.Token)}
	for name, text := range map[string]string{
		two + "/data/mail": "name it without data/: " + two + "/mail",
		two + "/mail@7":    "vault kv metadata get " + two + "/mail lists the versions",
		two + "/none":      "vault kv put " + two + "/none stores it",
		two:                "it is an engine: name a secret in it",
		one + "/mail@1":    "this vault has no versions",
		"nowhere/mail":     "tell the engine in Options.Mounts",
	} {
		_, err := s.read(t, root, name)
		require.ErrorContains(t, err, text, name)
	}
}
