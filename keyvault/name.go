package keyvault

import (
	"cmp"
	"strings"
)

// Name is a secret's name, taken apart: path[#field][@version], in which the version
// may also stand before the field. An @ or # that belongs to the text is doubled.
type Name struct {
	Vault   string // the vault's usual name, for errors
	Path    string // as the vault calls the secret
	Field   string // dots go down into nested JSON, numbers into lists; "" = whole value
	Version string // as the vault calls it; "" = newest
}

// ParseName takes a name apart, for the vault of that usual name. Everything that it
// refuses is ErrConfig with the right form as remedy.
func ParseName(vault, name string) (Name, error) {
	n := Name{Vault: vault}
	parts := map[byte]*strings.Builder{0: {}}
	at := byte(0)
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c != '#' && c != '@' {
			parts[at].WriteByte(c)
			continue
		}
		if strings.HasPrefix(name[i+1:], string(c)) {
			parts[at].WriteByte(c)
			i++
			continue
		}
		if parts[c] != nil {
			return n.named(parts), n.named(parts).Error(ErrConfig, nil, "write path#field@version; double an "+string(c)+" that belongs to the text")
		}
		parts[c], at = &strings.Builder{}, c
	}
	n = n.named(parts)
	return n, n.check(parts)
}

func (n Name) named(parts map[byte]*strings.Builder) Name {
	text := func(k byte) string {
		if parts[k] == nil {
			return ""
		}
		return parts[k].String()
	}
	n.Path, n.Field, n.Version = text(0), text('#'), text('@')
	return n
}

func (n Name) check(parts map[byte]*strings.Builder) error {
	switch {
	case n.Path == "" || strings.TrimSpace(n.Path) != n.Path:
		return n.Error(ErrConfig, nil, "the secret's name is missing or has blanks around it: write path#field@version")
	case parts['#'] != nil && n.Field == "":
		return n.Error(ErrConfig, nil, "no field stands after the #: write "+n.Path+"#field, or leave the # out")
	case parts['@'] != nil && n.Version == "":
		return n.Error(ErrConfig, nil, "no version stands after the @: write "+n.Path+"@version, or double an @ that belongs to the name")
	}
	return nil
}

// NoVersion is the error of a vault that has no versions, if one was asked for.
func (n Name) NoVersion() error {
	if n.Version == "" {
		return nil
	}
	return n.Error(ErrConfig, nil, "this vault has no versions: leave @"+n.Version+" out, or double an @ that belongs to the name")
}

// Error makes the error of this name.
func (n Name) Error(kind, cause error, remedy string) *Error {
	return &Error{Vault: n.Vault, Path: n.Path, Version: n.Version, Field: n.Field, Kind: kind, Err: cause, Remedy: remedy}
}

// String gives the name as ParseName reads it.
func (n Name) String() string {
	twice := strings.NewReplacer("#", "##", "@", "@@")
	s := twice.Replace(n.Path)
	if n.Field != "" {
		s += "#" + twice.Replace(n.Field)
	}
	if n.Version != "" {
		s += "@" + twice.Replace(n.Version)
	}
	return s
}

// example is the name with a field that exists.
func (n Name) example(fields []string) string {
	field := "field"
	if len(fields) > 0 {
		field = fields[0]
	}
	m := n
	m.Field = cmp.Or(n.Field+".", "")
	m.Field = strings.TrimPrefix(m.Field+field, ".")
	return m.String()
}
