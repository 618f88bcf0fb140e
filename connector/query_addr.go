package connector

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/cloudmail-go/cloudmail/connector/internal/mailparse"
)

// Address is one address of a mail.
type Address struct {
	Name string `json:"name,omitempty"` // display name, decoded; may be empty
	Addr string `json:"addr"`           // addr-spec as written: local@domain
}

// String returns the address as a person reads it: Ada <ada@example.com>.
func (a Address) String() string {
	if a.Name == "" {
		return a.Addr
	}
	return a.Name + " <" + a.Addr + ">"
}

// addrWant is a compiled To, Cc, From or Recipient: an addr-spec, or a domain alone.
type addrWant struct{ local, domain string }

// parseAddrWant reads "local@domain", "Name <local@domain>" or "@domain".
func parseAddrWant(s string) (addrWant, bool) {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") {
		s = s[i+1 : len(s)-1]
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 || at == len(s)-1 || strings.ContainsAny(s, " \t\r\n,;<>") {
		return addrWant{}, false
	}
	w := normAddr(s)
	return w, w.domain != ""
}

// normAddr splits and normalises an addr-spec: local part in lower case, domain as IDNA ASCII.
func normAddr(s string) addrWant {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return addrWant{local: strings.ToLower(s)}
	}
	local, domain := s[:at], strings.ToLower(strings.TrimSuffix(s[at+1:], "."))
	if !isASCII(domain) || strings.Contains(domain, "xn--") {
		if d, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = d
		}
	}
	if len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"' {
		local = strings.ReplaceAll(local[1:len(local)-1], `\`, "")
	}
	return addrWant{local: strings.ToLower(local), domain: domain}
}

// matches reports whether the wanted address is the given one.
func (w addrWant) matches(a addrWant) bool {
	return w.domain == a.domain && (w.local == "" || w.local == a.local)
}

// in reports whether any of the addresses is the wanted one.
func (w addrWant) in(as []addrWant) bool {
	for _, a := range as {
		if w.matches(a) {
			return true
		}
	}
	return false
}

// normAll normalises addresses for comparison.
func normAll(as []Address) []addrWant {
	out := make([]addrWant, len(as))
	for i, a := range as {
		out[i] = normAddr(a.Addr)
	}
	return out
}

// addresses converts what the parser found.
func addresses(as []mailparse.Address) []Address {
	if len(as) == 0 {
		return nil
	}
	out := make([]Address, len(as))
	for i, a := range as {
		out[i] = Address{Name: a.Name, Addr: a.Addr}
	}
	return out
}

// addressList joins addresses for a report.
func addressList(as []Address) string {
	s := make([]string, len(as))
	for i, a := range as {
		s[i] = a.Addr
	}
	return strings.Join(s, ", ")
}
