package fakegmail

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// assertion is a JWS in compact form, taken apart (RFC 7515 §7.1).
type assertion struct {
	head   struct{ Alg, Kid string }
	claims claims
	signed string
	sig    []byte
}

// claims of a grant (RFC 7523 §3). The service takes numbers also as strings.
type claims struct {
	Iss   string   `json:"iss"`
	Scope string   `json:"scope"`
	Aud   string   `json:"aud"`
	Sub   string   `json:"sub"`
	Prn   string   `json:"prn"` // the name of sub before the RFC
	Iat   *numeric `json:"iat"`
	Exp   *numeric `json:"exp"`
}

type numeric float64

// UnmarshalJSON reads a number or a string that holds one.
func (n *numeric) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = numeric(v)
	return err
}

func (c claims) subject() string {
	if c.Sub != "" {
		return c.Sub
	}
	return c.Prn
}

var errNotJWT = errors.New("not a JWS of three segments")

// parseAssertion takes a JWS apart and verifies nothing.
func parseAssertion(s string) (*assertion, error) {
	seg := strings.Split(s, ".")
	if len(seg) != 3 {
		return nil, errNotJWT
	}
	a := &assertion{signed: seg[0] + "." + seg[1]}
	if err := decodeSegment(seg[0], &a.head); err != nil {
		return nil, err
	}
	if err := decodeSegment(seg[1], &a.claims); err != nil {
		return nil, err
	}
	var err error
	a.sig, err = base64.RawURLEncoding.DecodeString(seg[2])
	return a, err
}

func decodeSegment(seg string, v any) error {
	b, err := base64.RawURLEncoding.DecodeString(seg)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// signedBy reports whether one of the keys made the signature, by RS256.
func (a *assertion) signedBy(keys []*rsa.PublicKey) bool {
	if a.head.Alg != "RS256" {
		return false
	}
	sum := sha256.Sum256([]byte(a.signed))
	for _, key := range keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.sig) == nil {
			return true
		}
	}
	return false
}

// signJWT makes a JWS of a payload that is JSON text already.
func signJWT(key *rsa.PrivateKey, kid, payload string) (string, error) {
	head, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": kid, "typ": "JWT"})
	signed := base64.RawURLEncoding.EncodeToString(head) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}
