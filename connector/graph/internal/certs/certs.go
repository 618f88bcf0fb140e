// Package certs reads a client certificate with its private key, as tools and portals hand it out:
// PEM, or PKCS#12 (PFX) in base64, the modern encryption of OpenSSL 3 included, which the token
// library itself cannot read.
package certs

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/cloudmail-go/cloudmail/connector/internal/clientcert"
)

// Parse reads the certificate (first, its chain behind it) and the key. The texts of its errors say
// what is missing and never hold a part of the input.
func Parse(text, password string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	if strings.Contains(text, "-----BEGIN") {
		return result(clientcert.FromPEM([]byte(text)))
	}
	list, key, err := parsePFX(text, password)
	if err != nil {
		return nil, nil, err
	}
	return result(clientcert.LeafFirst(list, key))
}

// result gives a key no type where there is none.
func result(list []*x509.Certificate, key *rsa.PrivateKey, err error) ([]*x509.Certificate, crypto.PrivateKey, error) {
	if err != nil {
		return nil, nil, err
	}
	return list, key, nil
}

func parsePFX(text, password string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, nil, errors.New("it is neither PEM nor the base64 of a PFX")
	}
	key, leaf, chain, err := pkcs12.DecodeChain(der, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, errors.New("the password of the PFX is wrong: see CertificatePassword")
	case err != nil:
		return nil, nil, fmt.Errorf("the PFX cannot be read: %w", err)
	}
	return append([]*x509.Certificate{leaf}, chain...), key, nil
}
