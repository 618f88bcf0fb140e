// Package hide takes the secrets that a request carried out of what the service answers to it: servers, and proxies on
// the way, quote what they refuse. It is the wire's own net; keyvault has another, which knows nothing of connectors.
package hide

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Placeholder stands where a secret was.
const Placeholder = "[secret]"

// shortest is the length of a secret under which its encodings are too short to be told from ordinary text; tiny, the one
// under which it is not looked for at all.
const shortest, tiny = 8, 4

// Text returns the text without the secrets, in the forms in which services quote them: as they are, base64 and base64url
// (also inside something longer, as in Basic and XOAUTH2), URL-, hex-, JSON- and HTML-encoded.
func Text(text string, secrets ...string) string { return cleaner(secrets).Replace(text) }

// cleaner replaces the secrets.
func cleaner(secrets []string) *strings.Replacer {
	var all []string
	for _, s := range secrets {
		all = append(all, forms(s)...)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, form := range slices.Compact(all) {
		pairs = append(pairs, form, Placeholder)
	}
	return strings.NewReplacer(pairs...)
}

// forms are the secret as it is and in its encodings.
func forms(s string) []string {
	if len(s) < tiny {
		return nil
	}
	all := append([]string{s}, aligned(s)...)
	if len(s) < shortest {
		return all
	}
	for _, escaped := range []string{url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(url.QueryEscape(s), "+", "%20")} {
		all = append(all, escaped, triplet.ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	all = append(all, html.EscapeString(s), hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))))
	for range 2 { // JSON, and JSON inside of JSON
		for _, form := range slices.Clone(all) {
			if quoted, err := json.Marshal(form); err == nil {
				all = append(all, string(quoted[1:len(quoted)-1]))
			}
		}
	}
	return all
}

// triplet is an escape of a URL, whose digits may be of either case (RFC 3986 section 2.1).
var triplet = regexp.MustCompile(`%[0-9A-F]{2}`)

// aligned is the secret's base64 wherever it begins in a group of three bytes, without the characters that its neighbours
// have a part in.
func aligned(s string) []string {
	var all []string
	for lead := range 3 {
		first, end := (8*lead+5)/6, 8*(lead+len(s))/6
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			coded := alphabet.EncodeToString([]byte("\x00\x00"[:lead] + s))[first:end]
			all = append(all, coded, url.QueryEscape(coded))
		}
	}
	return all
}

// Error is err with a text that has none of the secrets. It unwraps to err, which prints only if it is unwrapped.
func Error(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := Text(err.Error(), secrets...)
	if text == err.Error() {
		return err
	}
	return &hidden{text, func() error { return err }}
}

type hidden struct {
	text string
	err  func() error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err() }
