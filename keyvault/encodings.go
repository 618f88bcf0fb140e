package keyvault

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shortSecret is the length under which a value is looked for only whole and in
// base64: its other encodings are too short to be told from ordinary text.
const shortSecret = 8

// encodings are the forms in which a value may stand in a text, none of them empty.
// Those in base64 also find the value inside something longer, such as the Basic and
// XOAUTH2 forms, whatever comes before it.
func encodings(value string) []string {
	forms := append([]string{value}, base64Forms(value)...)
	if len(value) >= shortSecret {
		forms = append(forms, textForms(value)...)
		for _, line := range strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
			if len(line) >= 2*shortSecret && !strings.HasPrefix(line, "-----") {
				forms = append(forms, line) // of a key in several lines
			}
		}
	}
	slices.Sort(forms)
	forms = slices.Compact(forms)
	return slices.DeleteFunc(forms, func(s string) bool { return s == "" })
}

// base64Forms are the value's base64 at each of the three places where it can begin in
// a group of three bytes, both alphabets, also inside a URL. Characters that depend on
// the neighbours too are left out: each tells at most four bits.
func base64Forms(value string) []string {
	var forms []string
	for lead := range 3 {
		// The value's bits begin at bit 8*lead of the group; a character has six.
		first := (8*lead + 5) / 6
		end := 8 * (lead + len(value)) / 6
		if end-first < 3 {
			continue
		}
		padded := make([]byte, lead, lead+len(value))
		padded = append(padded, value...)
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			form := alphabet.EncodeToString(padded)
			forms = append(forms, form[first:end], url.QueryEscape(form[first:end]))
			if lead == 0 { // nothing came before it: the last character is its own
				forms = append(forms, form)
			}
		}
	}
	return forms
}

// textForms are the encodings that turn a text into a text.
func textForms(value string) []string {
	quoted := strconv.Quote(value)
	ascii := strconv.QuoteToASCII(value)
	forms := []string{
		url.QueryEscape(value), url.PathEscape(value), percent(value),
		hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))),
		quoted[1 : len(quoted)-1], ascii[1 : len(ascii)-1], html.EscapeString(value),
	}
	for _, plain := range []bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(!plain)
		if e.Encode(value) == nil {
			text := strings.TrimSuffix(b.String(), "\n")
			forms = append(forms, text[1:len(text)-1])
			nested, _ := json.Marshal(text) // of a text that JSON quotes
			forms = append(forms, string(nested[3:len(nested)-3]))
		}
	}
	for _, f := range forms[:3] {
		forms = append(forms, triplet.ReplaceAllStringFunc(f, strings.ToLower))
	}
	return forms
}

var triplet = regexp.MustCompile(`%[0-9A-F]{2}`)

// percent escapes all that RFC 3986 does not leave as it is, blanks too.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// inner are the values inside a JSON document that must not print by themselves, such
// as the private key of a service account.
func inner(value string) []string {
	var found []string
	if fields, ok := jsonShape(value); ok {
		level := children(json.RawMessage(value))
		for _, name := range fields {
			text, _ := scalar(level[name])
			if secretField.MatchString(name) && text != "" {
				found = append(found, text)
			}
			found = append(found, inner(text)...)
		}
	}
	return found
}

var secretField = regexp.MustCompile(`(?i)(secret|password|passwd|private_?key|token|api_?key)$`)
