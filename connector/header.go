package connector

import (
	"strings"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Header is a mail's header in the order of the mail, duplicates kept.
type Header []HeaderField

// HeaderField is one line of a header.
type HeaderField struct {
	Name  string `json:"name"`  // as written
	Value string `json:"value"` // unfolded and decoded (RFC 2047)
	Raw   string `json:"-"`     // unfolded, not decoded
}

// Get returns the first value of the named field, in any case; "" if there is none.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns every value of the named field, in order.
func (h Header) Values(name string) []string {
	var out []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// headerOf converts what the parser found.
func headerOf(fs []mailparse.Field) Header {
	h := make(Header, len(fs))
	for i, f := range fs {
		h[i] = HeaderField{Name: f.Name, Value: f.Value, Raw: f.Raw}
	}
	return h
}
