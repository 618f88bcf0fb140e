package oauth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// party is who asks for a token.
type party struct {
	email    string // of the service account
	clientID string // its numeric id, which an administrator delegates to
	keyID    string
	tokenURL string // "": Google's
}

// googleKey is a parsed key file. What is secret lies in closures, which do not print.
type googleKey struct {
	party
	text        func() string
	fingerprint string
	signer      func() *rsa.PrivateKey
}

// readKey asks for the key file and parses it. The refused text is the one that did not work.
func (g *Google) readKey(ctx context.Context, refused string) (*googleKey, error) {
	text, err := g.conf.Key(ctx, refused)
	if err != nil {
		return nil, connector.CredentialError("", err)
	}
	if text == refused && refused != "" {
		return g.key, nil
	}
	return parseGoogleKey(text)
}

// keyFile is what counts of a key file of Google.
type keyFile struct {
	Type     string `json:"type"`
	Email    string `json:"client_email"`
	ClientID string `json:"client_id"`
	KeyID    string `json:"private_key_id"`
	Key      string `json:"private_key"`
	TokenURI string `json:"token_uri"`
	Universe string `json:"universe_domain"`
}

// parseGoogleKey reads a key file and refuses what would not work, or would send the proof of who
// we are elsewhere.
func parseGoogleKey(text string) (*googleKey, error) {
	var f keyFile
	if strings.TrimSpace(text) == "" {
		return nil, configError("ServiceAccount is empty", "give the text of the JSON key file, not its path; is the variable it came from set?")
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, configError("ServiceAccount is no JSON", "give the text of the JSON key file, not its path or a P12 file")
	}
	if bad := f.check(); bad != nil {
		return nil, bad
	}
	signer, bad := parseRSA(f.Key)
	if bad != nil {
		return nil, bad
	}
	sum := sha256.Sum256([]byte(text))
	return &googleKey{
		party: party{email: f.Email, clientID: f.ClientID, keyID: f.KeyID, tokenURL: f.TokenURI},
		text:  func() string { return text }, fingerprint: hex.EncodeToString(sum[:8]), signer: func() *rsa.PrivateKey { return signer },
	}, nil
}

// check looks at the plain fields.
func (f *keyFile) check() *connector.Error {
	switch {
	case f.Type != "service_account":
		return configError("ServiceAccount: type is "+quoted(f.Type)+", not \"service_account\"",
			"make a JSON key of a service account (IAM & Admin > Service accounts > Keys); for other credentials set TokenSource")
	case f.Email == "":
		return configError("ServiceAccount: client_email is empty", "download the key file again")
	case f.TokenURI != "" && !googleOrLoopback(f.TokenURI):
		return configError("ServiceAccount: token_uri is neither Google's nor a loopback address", "download the key file again: the proof of who you are would go to that address")
	case f.Universe != "" && f.Universe != "googleapis.com":
		return configError("ServiceAccount: universe_domain is "+quoted(f.Universe), "only googleapis.com delegates mailboxes of Google Workspace")
	}
	return nil
}

// quoted bounds a foreign value for a text.
func quoted(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return `"` + s + `"`
}

// parseRSA reads a private key in PEM, as PKCS #8 or PKCS #1. Its errors do not quote it.
func parseRSA(text string) (*rsa.PrivateKey, *connector.Error) {
	const again = "download the key file again; were its line breaks (\\n) lost on the way?"
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, configError("ServiceAccount: private_key is no PEM text", again)
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := key.(*rsa.PrivateKey); ok {
			return key, nil
		}
		return nil, configError("ServiceAccount: private_key is no RSA key", again)
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, configError("ServiceAccount: private_key does not parse", again)
}

// sign signs claims as RS256 (RFC 7518 §3.3) in the compact form.
func (k *googleKey) sign(_ context.Context, _ *Google, claims []byte) (string, error) {
	head, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": k.keyID})
	text := segment(head) + "." + segment(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k.signer(), crypto.SHA256, sum[:])
	if err != nil {
		return "", configError("ServiceAccount: private_key cannot sign", "make a new key")
	}
	return text + "." + segment(sig), nil
}

// googleOrLoopback reports whether a URL is one that assertions may be sent to.
func googleOrLoopback(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil {
		return false
	}
	host := u.Hostname()
	if loopbackHost(host) {
		return u.Scheme == "https" || u.Scheme == "http"
	}
	switch host {
	case "oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com":
		return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443")
	}
	return false
}

// loopbackHost reports whether a host is this machine.
func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
