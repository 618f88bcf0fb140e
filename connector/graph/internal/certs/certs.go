// Package certs reads a client certificate with its private key, as tools and portals hand it out:
// PEM, or PKCS#12 (PFX) in base64, the modern encryption of OpenSSL 3 included, which the token
// library itself cannot read.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// Parse reads the certificate (first, its chain behind it) and the key. The texts of its errors say
// what is missing and never hold a part of the input.
func Parse(text, password string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	var list []*x509.Certificate
	var key crypto.PrivateKey
	var err error
	if strings.Contains(text, "-----BEGIN") {
		list, key, err = parsePEM([]byte(text))
	} else {
		list, key, err = parsePFX(text, password)
	}
	if err != nil {
		return nil, nil, err
	}
	list, err = leafFirst(list, key)
	return list, key, err
}

func parsePEM(rest []byte) (list []*x509.Certificate, key crypto.PrivateKey, err error) {
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, errors.New("a CERTIFICATE block is malformed")
			}
			list = append(list, c)
		case "ENCRYPTED PRIVATE KEY":
			return nil, nil, errors.New("the private key is encrypted, which PEM files cannot be here: give a PFX, or the key decrypted")
		default:
			if k := parseKey(block); k != nil {
				key = k
			}
		}
	}
	switch {
	case len(list) == 0:
		return nil, nil, errors.New("there is no CERTIFICATE block")
	case key == nil:
		return nil, nil, errors.New("there is no PRIVATE KEY block that can be read: certificate and key are both needed")
	}
	return list, key, nil
}

// parseKey reads a key in any of its containers; nil is none.
func parseKey(block *pem.Block) crypto.PrivateKey {
	if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return k
	}
	return nil
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

// leafFirst puts the certificate of the key in front.
func leafFirst(list []*x509.Certificate, key crypto.PrivateKey) ([]*x509.Certificate, error) {
	var public crypto.PublicKey
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = k.Public()
	case *ecdsa.PrivateKey:
		return nil, errors.New("the key is an elliptic curve's, and Entra takes RSA keys")
	default:
		return nil, errors.New("the key is of a kind that Entra does not take: make an RSA key")
	}
	for i, c := range list {
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.Equal(public) {
			list[0], list[i] = list[i], list[0]
			return list, nil
		}
	}
	return nil, errors.New("no certificate belongs to the private key")
}
