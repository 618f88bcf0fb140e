// Package rest is what the vaults that speak plain HTTP share.
package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// mostBytes of an answer are read.
const mostBytes = 1 << 20

// Answer is an HTTP answer, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes one request. Its errors hold no URL and no body.
func Do(client *http.Client, r *http.Request) (Answer, error) {
	resp, err := client.Do(r)
	if err != nil {
		return Answer{}, failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	if err != nil {
		return Answer{}, failed(err)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func failed(err error) error {
	text := err
	if e, ok := errors.AsType[*url.Error](err); ok {
		text = e.Err
	}
	return keyvault.Cause("the request failed: "+text.Error(), err)
}

// RetryAfter is the pause that an answer asks for, 0 if none: seconds, or a date (RFC 9110, 10.2.3).
func RetryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, time.Until(at))
}

// Client is the standard client with certificates: nil roots are the system's.
func Client(roots *x509.CertPool, own ...tls.Certificate) *http.Client {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok || roots == nil && len(own) == 0 {
		return http.DefaultClient
	}
	t = t.Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots, Certificates: own, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: t}
}
