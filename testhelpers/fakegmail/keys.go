package fakegmail

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
)

// TokenURI is Google's token endpoint, the token_uri of a key file.
const TokenURI = "https://oauth2.googleapis.com/token"

// Account is a service account of a Google Cloud project, with one key of its own making. It
// belongs to no fake until [Fake.Register]: one account may serve many fakes, so that a test
// binary makes a key once.
type Account struct {
	Email    string // such as robot@acme-mail-test.iam.gserviceaccount.com
	ClientID string // the numeric id that an administrator delegates to
	Project  string
	keyID    string
	key      *rsa.PrivateKey
}

// NewAccount makes a service account named robot with an RSA key of so many bits, 0 for 2048.
func NewAccount(bits int) (*Account, error) {
	if bits == 0 {
		bits = 2048
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("fakegmail: make a key of %d bits: %w", bits, err)
	}
	const project = "acme-mail-test"
	return &Account{
		Email:    "robot-" + randomHex(3) + "@" + project + ".iam.gserviceaccount.com",
		ClientID: "1047" + randomDigits(17),
		Project:  project,
		keyID:    randomHex(20),
		key:      key,
	}, nil
}

// JSON is the key file of the account, as the Cloud console gives it, with Google's own token
// endpoint: right for [Fake.RoundTripper].
func (a *Account) JSON() []byte { return a.JSONFor(TokenURI) }

// JSONFor is the key file with another token_uri, such as [Server.TokenURI].
func (a *Account) JSONFor(tokenURI string) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		panic(fmt.Sprintf("fakegmail: an RSA key that is no PKCS#8: %v", err))
	}
	file, _ := json.MarshalIndent(map[string]string{
		"type":                        "service_account",
		"project_id":                  a.Project,
		"private_key_id":              a.keyID,
		"private_key":                 string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email":                a.Email,
		"client_id":                   a.ClientID,
		"auth_uri":                    "https://accounts.google.com/o/oauth2/auth",
		"token_uri":                   tokenURI,
		"auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
		"client_x509_cert_url":        "https://www.googleapis.com/robot/v1/metadata/x509/" + url.QueryEscape(a.Email),
		"universe_domain":             "googleapis.com",
	}, "", "  ")
	return file
}

// account is what the fake knows of a service account.
type account struct {
	Account
	keys   map[string]*rsa.PublicKey // by key id; the user's own and Google's
	system string                    // the key id of what signJwt signs with
}

// Register makes the account known to the token endpoint and to IAM.
func (f *Fake) Register(a *Account) {
	f.mu.Lock()
	defer f.mu.Unlock()
	system := randomHex(20)
	f.accounts[a.Email] = &account{
		Account: *a,
		keys:    map[string]*rsa.PublicKey{a.keyID: &a.key.PublicKey, system: &a.key.PublicKey},
		system:  system,
	}
}

// ServiceAccount makes an account, registers it and delegates the scopes to it in the domain: what
// a test with one robot needs. No scope at all means gmail.modify.
func (f *Fake) ServiceAccount(domain string, scopes ...string) (*Account, error) {
	a, err := NewAccount(f.opts.KeyBits)
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		scopes = []string{ScopeModify}
	}
	f.Register(a)
	f.Delegate(domain, a.ClientID, scopes...)
	return a, nil
}

// ServiceAccountJSON is [Fake.ServiceAccount] followed by [Account.JSON].
func (f *Fake) ServiceAccountJSON(domain string, scopes ...string) ([]byte, error) {
	a, err := f.ServiceAccount(domain, scopes...)
	if err != nil {
		return nil, err
	}
	return a.JSON(), nil
}

// RevokeKeys deletes every key of every account: what they sign from now on is "Invalid JWT
// Signature.". Tokens that are out stay good.
func (f *Fake) RevokeKeys() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.accounts {
		maps.DeleteFunc(a.keys, func(id string, _ *rsa.PublicKey) bool { return id != a.system })
	}
}

// RotateKey gives the account a new key in place of all it had, and returns it with that key.
func (f *Fake) RotateKey(a *Account) (*Account, error) {
	fresh, err := NewAccount(a.key.N.BitLen())
	if err != nil {
		return nil, err
	}
	fresh.Email, fresh.ClientID, fresh.Project = a.Email, a.ClientID, a.Project
	f.Register(fresh)
	return fresh, nil
}

// RemoveAccount deletes a service account: "Invalid grant: account not found".
func (f *Fake) RemoveAccount(a *Account) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.accounts, a.Email)
}

// keysOf gives the public keys that may have signed for an issuer.
func (a *account) keysOf(kid string) []*rsa.PublicKey {
	if kid == "" {
		return slices.Collect(maps.Values(a.keys))
	}
	if key, ok := a.keys[kid]; ok {
		return []*rsa.PublicKey{key}
	}
	return nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return b
}

func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }

func randomDigits(n int) string {
	top := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v := new(big.Int).SetBytes(randomBytes(n))
	return fmt.Sprintf("%0*d", n, v.Mod(v, top))
}
