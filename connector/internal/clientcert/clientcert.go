// Package clientcert reads a client certificate with its RSA key, as Entra takes them.
package clientcert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// FromPEM reads a certificate (first, its chain behind it) and its key.
func FromPEM(text []byte) ([]*x509.Certificate, *rsa.PrivateKey, error) {
	list, key, err := readPEM(text)
	if err != nil {
		return nil, nil, err
	}
	return LeafFirst(list, key)
}

// readPEM reads the certificates and the key of PEM blocks, in any order. The texts of its errors say
// what is missing and never hold a part of the input.
func readPEM(text []byte) (list []*x509.Certificate, key crypto.PrivateKey, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
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

// LeafFirst puts the certificate of the key in front, and returns the key as what it must be.
func LeafFirst(list []*x509.Certificate, key crypto.PrivateKey) ([]*x509.Certificate, *rsa.PrivateKey, error) {
	var own *rsa.PrivateKey
	switch k := key.(type) {
	case *rsa.PrivateKey:
		own = k
	case *ecdsa.PrivateKey:
		return nil, nil, errors.New("the key is an elliptic curve's, and Entra takes RSA keys")
	default:
		return nil, nil, errors.New("the key is of a kind that Entra does not take: make an RSA key")
	}
	for i, c := range list {
		if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.Equal(own.Public()) {
			list[0], list[i] = list[i], list[0]
			return list, own, nil
		}
	}
	return nil, nil, errors.New("no certificate belongs to the private key")
}
