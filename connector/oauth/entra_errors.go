package oauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/connector"
)

// EntraError is a refusal of Microsoft Entra's token endpoint.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
type EntraError struct {
	Status   int    // of the answer
	Code     string // OAuth's error, such as invalid_client
	Numbers  []int  // the AADSTS numbers
	Text     string // Entra's own text, without its trailer
	SubError string
}

// Error is one line: the number and Entra's text.
func (e *EntraError) Error() string {
	if e.Text != "" {
		return e.Text
	}
	return fmt.Sprintf("Entra answered %d %s", e.Status, e.Code)
}

// ParseEntraError reads the body of an answer that is no success; false if it is not Entra's.
func ParseEntraError(status int, body []byte) (*EntraError, bool) {
	var in struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		SubError    string `json:"suberror"`
	}
	if json.Unmarshal(body, &in) != nil || in.Error == "" {
		return nil, false
	}
	e := &EntraError{Status: status, Code: in.Error, Numbers: in.Codes, Text: entraText(in.Description), SubError: in.SubError}
	if n, ok := entraNumber(e.Text); ok && len(e.Numbers) == 0 {
		e.Numbers = []int{n}
	}
	return e, true
}

// entraText cuts the trailer (trace, correlation, time), which stands after blanks or line breaks.
func entraText(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(s, "\r\n", " "), " Trace ID:")
	return strings.TrimSpace(s)
}

// entraNumber reads "AADSTS7000215: …".
func entraNumber(s string) (int, bool) {
	rest, ok := strings.CutPrefix(s, "AADSTS")
	digits, _, found := strings.Cut(rest, ":")
	n, err := strconv.Atoi(digits)
	return n, ok && found && err == nil
}

// Explain returns what to do about the error, and its kind.
func (e *EntraError) Explain() (remedy string, kind error) {
	for _, n := range e.Numbers {
		if row, ok := entraRows[n]; ok {
			return row.remedy, row.kind
		}
	}
	switch {
	case e.Status == http.StatusTooManyRequests || e.Code == "slow_down":
		return tooManyTokens, connector.ErrThrottled
	case e.Status >= 500 || e.Code == "temporarily_unavailable" || e.Code == "server_error":
		return entraDown, connector.ErrUnavailable
	}
	if row, ok := entraCodes[e.Code]; ok {
		return row.remedy, row.kind
	}
	return "look the AADSTS number up on https://login.microsoftonline.com/error", connector.ErrAuth
}

// FreshMayHelp reports whether another secret, certificate or assertion may be accepted, so that it
// is worth asking for one: the credential was refused, not the app or the tenant.
func (e *EntraError) FreshMayHelp() bool {
	for _, n := range e.Numbers {
		if row, ok := entraRows[n]; ok {
			return row.fresh
		}
	}
	return e.Code == "invalid_client"
}

// EntraTenant checks the syntax of a tenant: a GUID or a domain, letters, digits, dots and dashes.
// The names that mean any tenant are refused, since an application has rights in a tenant only.
func EntraTenant(s string) error {
	switch strings.ToLower(s) {
	case "":
		return fmt.Errorf("it is empty")
	case "common", "organizations", "consumers":
		return fmt.Errorf("%q means any tenant, and an application has rights in one only", s)
	}
	for _, r := range s {
		if r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return fmt.Errorf("%q has the character %q", s, r)
		}
	}
	if !strings.Contains(s, ".") && !IsGUID(s) {
		return fmt.Errorf("%q is neither a GUID nor a domain", s)
	}
	return nil
}

// IsGUID reports whether s is written as a GUID: 8-4-4-4-12 hexadecimal digits.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range strings.ToLower(s) {
		switch i {
		case 8, 13, 18, 23:
			if r != '-' {
				return false
			}
		default:
			if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
				return false
			}
		}
	}
	return true
}
