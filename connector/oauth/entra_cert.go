package oauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/cloudmail-go/cloudmail/connector/internal/clientcert"
)

// assertionLife is how long an assertion is good; it is made for one request.
const assertionLife = 10 * time.Minute

// assertion proves by a certificate who the app is (private_key_jwt, RFC 7523 §2.2): the certificate is
// named by its SHA-256, and sent with its chain for apps that trust a subject and an issuer.
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (a *EntraApp) assertion(text string) (string, error) {
	list, key, err := clientcert.FromPEM([]byte(text))
	if err != nil {
		return "", configError("Certificate: "+err.Error(), "give certificate and RSA key as PEM")
	}
	chain := make([]string, len(list))
	for i, c := range list {
		chain[i] = base64.StdEncoding.EncodeToString(c.Raw)
	}
	name := sha256.Sum256(list[0].Raw)
	head, _ := json.Marshal(map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": segment(name[:]), "x5c": chain})
	now := time.Now()
	claims, _ := json.Marshal(map[string]any{"aud": a.tokenURL(), "iss": a.conf.ClientID, "sub": a.conf.ClientID, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix()})
	signed := segment(head) + "." + segment(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", configError("Certificate: the key cannot sign", "give an RSA key of 2048 bits or more")
	}
	return signed + "." + segment(signature), nil
}
