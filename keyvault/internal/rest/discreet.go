package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Discreet makes requests by next, and takes out of failing answers what the requests carried of secrets: servers, and
// proxies on the way, quote what they refuse, and the SDKs make error texts of it.
type Discreet struct{ Next http.RoundTripper }

// Transport is a client's transport made discreet.
func Transport(c *http.Client) http.RoundTripper {
	if c == nil || c.Transport == nil {
		return Discreet{http.DefaultTransport}
	}
	return Discreet{c.Transport}
}

// RoundTrip implements http.RoundTripper.
func (d Discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	return quietly(r, d.Next.RoundTrip)
}

// DiscreetClient is Discreet for a client of which the transport is not known.
type DiscreetClient struct {
	Next interface {
		Do(r *http.Request) (*http.Response, error)
	}
}

// Do makes a request.
func (d DiscreetClient) Do(r *http.Request) (*http.Response, error) { return quietly(r, d.Next.Do) }

func quietly(r *http.Request, do func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	r, secrets, err := carried(r)
	if err != nil {
		return nil, err
	}
	resp, err := do(r)
	if err != nil || resp.StatusCode < http.StatusBadRequest {
		return resp, err
	}
	clean := keyvault.NewRedactor(secrets...)
	resp.Status = clean.Text(resp.Status)
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	_ = resp.Body.Close() // what was read counts
	if err != nil && len(body) == 0 {
		return nil, err
	}
	text := document(string(body), clean)
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// escaped is a string of JSON with an escape in it.
var escaped = regexp.MustCompile(`"[^"\\]*(?:\\.[^"\\]*)+"`)

// document cleans a text, and what its JSON strings mean: encoders differ in what they escape (RFC 8259, section 7).
func document(text string, clean *keyvault.Redactor) string {
	text = escaped.ReplaceAllStringFunc(text, func(quoted string) string {
		var plain string
		if json.Unmarshal([]byte(quoted), &plain) != nil {
			return quoted
		}
		hidden := document(plain, clean) // JSON inside of JSON
		if hidden == plain {
			return quoted
		}
		out, _ := json.Marshal(hidden) // a string always can be
		return string(out)
	})
	return clean.Text(text)
}

// tokenFields are the header fields in which the vaults take their tokens.
var tokenFields = []string{"Authorization", "X-Vault-Token", "X-Amz-Security-Token"}

// carried lists the secrets of a request, and gives it back with a body that can still be read.
func carried(r *http.Request) (*http.Request, []keyvault.Secret, error) {
	var secrets []keyvault.Secret
	for _, name := range tokenFields {
		value := r.Header.Get(name)
		if kind, token, ok := strings.Cut(value, " "); ok && !strings.HasPrefix(kind, "AWS4") { // whose signature is good once
			value = token
		}
		secrets = append(secrets, keyvault.NewSecret(value))
	}
	if r.Body == nil || r.Body == http.NoBody {
		return r, secrets, nil
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	own := *r
	own.Body = io.NopCloser(bytes.NewReader(body))
	var document any
	if json.Unmarshal(body, &document) == nil {
		return &own, append(secrets, inside(document, false)...), nil
	}
	form, _ := url.ParseQuery(string(body)) // what is no pair is no proof
	for name, values := range form {
		for _, v := range values {
			secrets = append(secrets, inside(v, proof.MatchString(name))...)
		}
	}
	return &own, secrets, nil
}

// proof are the names under which the vaults' requests carry secrets, and all below them.
var proof = regexp.MustCompile(`(?i)(secret(_id|string|binary)?|password|token|jwt|^data|payload|plaintext|assertion)$`)

// inside lists the texts of a JSON document that are secret, those in base64 decoded, too.
func inside(v any, secret bool) []keyvault.Secret {
	var found []keyvault.Secret
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			found = append(found, inside(value, secret || proof.MatchString(name))...)
		}
	case []any:
		for _, value := range v {
			found = append(found, inside(value, secret)...)
		}
	case string:
		if secret {
			found = append(found, keyvault.NewSecret(v))
			if plain, err := base64.StdEncoding.DecodeString(v); err == nil {
				found = append(found, keyvault.NewSecret(plain))
			}
		}
	}
	return found
}
