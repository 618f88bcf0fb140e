package fakegraph

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined with SHA-1 (RFC 7515 §4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// jwt is a client assertion, taken apart but not verified.
type jwt struct {
	header struct {
		Alg     string `json:"alg"`
		X5T     string `json:"x5t"`
		X5TS256 string `json:"x5t#S256"`
		Kid     string `json:"kid"`
	}
	claims struct {
		Issuer    string          `json:"iss"`
		Subject   string          `json:"sub"`
		Audience  json.RawMessage `json:"aud"`
		NotBefore *float64        `json:"nbf"`
		Expires   *float64        `json:"exp"`
	}
	signed    string // header.payload
	signature []byte
}

func parseJWT(s string) (jwt, bool) {
	var t jwt
	pieces := strings.Split(s, ".")
	if len(pieces) != 3 {
		return t, false
	}
	for i, into := range []any{&t.header, &t.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(pieces[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return t, false
		}
	}
	var err error
	t.signature, err = base64.RawURLEncoding.DecodeString(pieces[2])
	t.signed = pieces[0] + "." + pieces[1]
	return t, err == nil
}

// audiences reads aud, a string or a list.
func (t jwt) audiences() []string {
	var one string
	if json.Unmarshal(t.claims.Audience, &one) == nil {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(t.claims.Audience, &many) // neither: no audience matches
	return many
}

// skew is how far clocks may differ.
const skew = 5 * time.Minute

// inTime reports whether now is within the validity of the assertion.
func (t jwt) inTime(now time.Time) bool {
	at := float64(now.Unix())
	if t.claims.Expires == nil || at > *t.claims.Expires+skew.Seconds() {
		return false
	}
	return t.claims.NotBefore == nil || at >= *t.claims.NotBefore-skew.Seconds()
}

// checkAssertion accepts a JWT signed by a registered certificate, or one of a federated issuer.
func (f *Fake) checkAssertion(r *http.Request, a *app, t Tenant, assertion string) *entraError {
	token, ok := parseJWT(assertion)
	if !ok {
		return entraErr(50027, "The assertion is not a JWT in compact form.")
	}
	if token.claims.Issuer != a.ClientID && len(a.Federated) > 0 {
		return checkFederated(a, token)
	}
	return f.checkCertificate(r, a, t, token)
}

// checkCertificate holds what Entra asks of a certificate credential:
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (f *Fake) checkCertificate(r *http.Request, a *app, t Tenant, token jwt) *entraError {
	cert := findCertificate(a.Certificates, token)
	if cert == nil {
		return entraErr(700027, "The key was not found. Thumbprint of key used by client: '"+thumbprint(token)+"'")
	}
	if !verify(token, cert.PublicKey) {
		return entraErr(700027, "The key used is expired or the signature is not valid.")
	}
	if token.claims.Issuer != a.ClientID || token.claims.Subject != a.ClientID {
		return entraErr(700021, fmt.Sprintf("iss '%s', sub '%s'.", token.claims.Issuer, token.claims.Subject))
	}
	if !token.inTime(time.Now()) {
		return entraErr(700024, validity(token))
	}
	if !slices.ContainsFunc(token.audiences(), func(aud string) bool { return f.isTokenEndpoint(r, t, aud) }) {
		return entraErr(50012, "The audience does not name this token endpoint.")
	}
	if now := time.Now(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return entraErr(700027, "The certificate is not within its validity.")
	}
	return nil
}

// isTokenEndpoint accepts the token endpoint by tenant id or domain, on this host or Microsoft's.
func (f *Fake) isTokenEndpoint(r *http.Request, t Tenant, aud string) bool {
	for _, base := range []string{origin(r), "https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"} {
		for _, name := range append([]string{t.ID}, t.Domains...) {
			if aud == base+"/"+name+"/oauth2/v2.0/token" || aud == base+"/"+name+"/v2.0" {
				return true
			}
		}
	}
	return false
}

func validity(t jwt) string {
	at := func(f *float64) string {
		if f == nil {
			return "none"
		}
		return time.Unix(int64(*f), 0).UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("Current time: %s, assertion valid from %s, expiry time of assertion %s.",
		time.Now().UTC().Format(time.RFC3339), at(t.claims.NotBefore), at(t.claims.Expires))
}

// urlForm makes base64url without padding of either alphabet: MSAL for Go writes x5t#S256 in the plain
// one, against RFC 7515 §4.1.8, and Entra takes it [A44].
var urlForm = strings.NewReplacer("+", "-", "/", "_", "=", "")

// findCertificate goes by x5t#S256, or by the SHA-1 x5t (or kid) of older clients.
func findCertificate(certs []*x509.Certificate, t jwt) *x509.Certificate {
	enc := base64.RawURLEncoding
	for _, c := range certs {
		s256, s1 := sha256.Sum256(c.Raw), sha1.Sum(c.Raw) //nolint:gosec // see the import
		switch {
		case t.header.X5TS256 != "" && urlForm.Replace(t.header.X5TS256) == enc.EncodeToString(s256[:]):
			return c
		case t.header.X5T != "" && urlForm.Replace(t.header.X5T) == enc.EncodeToString(s1[:]):
			return c
		case t.header.Kid != "" && strings.EqualFold(t.header.Kid, fmt.Sprintf("%x", s1)):
			return c
		}
	}
	return nil
}

func thumbprint(t jwt) string {
	for _, s := range []string{t.header.X5TS256, t.header.X5T} {
		if raw, err := base64.RawURLEncoding.DecodeString(urlForm.Replace(s)); err == nil && s != "" {
			return fmt.Sprintf("%X", raw)
		}
	}
	return t.header.Kid
}

// verify checks a signature: PS256 and RS256 with RSA keys, ES256 with P-256.
func verify(t jwt, key crypto.PublicKey) bool {
	sum := sha256.Sum256([]byte(t.signed))
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch t.header.Alg {
		case "PS256":
			return rsa.VerifyPSS(key, crypto.SHA256, sum[:], t.signature, nil) == nil
		case "RS256":
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], t.signature) == nil
		}
	case *ecdsa.PublicKey:
		n := len(t.signature) / 2
		r, s := new(big.Int).SetBytes(t.signature[:n]), new(big.Int).SetBytes(t.signature[n:])
		return t.header.Alg == "ES256" && len(t.signature) == 64 && ecdsa.Verify(key, sum[:], r, s)
	}
	return false
}

// checkFederated matches issuer, then subject, then audience, each exactly and by case.
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation
func checkFederated(a *app, token jwt) *entraError {
	matches := slices.Clone(a.Federated)
	keep := func(same func(Federated) bool) bool {
		matches = slices.DeleteFunc(matches, func(c Federated) bool { return !same(c) })
		return len(matches) > 0
	}
	switch {
	case !keep(func(c Federated) bool { return c.Issuer == token.claims.Issuer }):
		return entraErr(700211, token.claims.Issuer)
	case !keep(func(c Federated) bool { return c.Subject == token.claims.Subject }):
		return entraErr(700213, token.claims.Subject)
	case !keep(func(c Federated) bool { return slices.Contains(token.audiences(), c.Audience) }):
		return entraErr(700212, strings.Join(token.audiences(), " "))
	case !token.inTime(time.Now()):
		return entraErr(700024, validity(token))
	}
	keys := matches[0].Keys
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(k crypto.PublicKey) bool { return verify(token, k) }) {
		return entraErr(50013, "The key was not found.")
	}
	return nil
}
