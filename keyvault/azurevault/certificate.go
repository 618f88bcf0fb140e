package azurevault

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"software.sslmate.com/src/go-pkcs12"
)

// The content types of certificates.
// https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#composition-of-a-certificate
const (
	typePFX = "application/x-pkcs12"
	typePEM = "application/x-pem-file"
)

// certificate gives the part of a certificate that the field names; ok is false for everything else.
func certificate(n keyvault.Name, contentType string, value keyvault.Secret) (part keyvault.Secret, ok bool, err error) {
	if n.Field == "" || contentType != typePFX && contentType != typePEM {
		return keyvault.Secret{}, false, nil
	}
	var key, certs string
	if contentType == typePFX {
		raw, err := base64.StdEncoding.DecodeString(value.Reveal())
		if err != nil {
			return keyvault.Secret{}, true, n.Error(keyvault.ErrConfig, nil, "the value is no PFX in base64: import the certificate again")
		}
		if n.Field == "pfx" {
			return keyvault.NewSecret(raw).With(value.Version(), value.Expires()), true, nil
		}
		if key, certs, err = openPFX(raw); err != nil {
			return keyvault.Secret{}, true, n.Error(keyvault.ErrConfig, nil, "the PFX cannot be read: it has a password, or no private key")
		}
	} else {
		key, certs = splitPEM(value.Reveal())
	}
	parts := map[string]string{"pem": key + certs, "key": key, "certificate": certs}
	text, known := parts[n.Field]
	if !known {
		return keyvault.Secret{}, true, n.Error(keyvault.ErrNotFound, nil, "a certificate has the fields pem, key, certificate, and pfx where it is one")
	}
	return keyvault.NewSecret(text).With(value.Version(), value.Expires()), true, nil
}

// openPFX gives key and certificates as PEM. Key Vault's PFX has an empty password.
func openPFX(raw []byte) (key, certs string, err error) {
	k, leaf, chain, err := pkcs12.DecodeChain(raw, "")
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", err
	}
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, c := range append([]*x509.Certificate{leaf}, chain...) {
		certs += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return key, certs, nil
}

// splitPEM tells keys from certificates.
func splitPEM(text string) (key, certs string) {
	rest := []byte(text)
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return key, certs
		}
		if strings.HasSuffix(b.Type, "PRIVATE KEY") {
			key += string(pem.EncodeToMemory(b))
		} else {
			certs += string(pem.EncodeToMemory(b))
		}
	}
}
