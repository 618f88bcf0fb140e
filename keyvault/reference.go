package keyvault

import (
	"strconv"
	"strings"
)

// Reference names one secret of one vault: ${vault:name}.
type Reference struct {
	Vault string // which vault: the name under which it was given to NewResolver
	Name  string // path[#field][@version], see ParseName
}

// String gives the reference as Parse reads it.
func (r Reference) String() string { return "${" + r.Vault + ":" + r.Name + "}" }

// Text is a parsed text: plain pieces and references in turn. It prints as little as a
// Secret does, since somebody may have written a password into it.
type Text struct{ open func() []piece }

// piece is plain text, or a reference.
type piece struct {
	plain string
	ref   *Reference
}

// Parse reads a text with references in it:
//
//	${vault:path#field@version}   a secret; field and version may be absent
//	$${                           the two characters ${
//	anything else                 itself, a lone $ too
//
// A vault is named by small letters, digits, - and _, beginning with a letter; what
// stands before the first colon is the vault, so that Windows paths need no care. Names
// hold no }. What a vault answers is never parsed again.
// Every error is ErrConfig, says where, and repeats nothing of the plain text.
func Parse(text string) (Text, error) {
	var pieces []piece
	var plain strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			plain.WriteString(rest)
			break
		}
		if head, escaped := strings.CutSuffix(before, "$"); escaped {
			plain.WriteString(head + "${")
			rest = after
			continue
		}
		plain.WriteString(before)
		inner, tail, closed := strings.Cut(after, "}")
		if !closed {
			return Text{}, syntax("", "the reference at byte "+strconv.Itoa(len(text)-len(after)-2)+" has no closing }: write ${vault:name}, or $${ for the characters themselves")
		}
		ref, err := parseReference(inner)
		if err != nil {
			return Text{}, err
		}
		pieces = append(pieces, piece{plain: plain.String()}, piece{ref: &ref})
		plain.Reset()
		rest = tail
	}
	pieces = append(pieces, piece{plain: plain.String()})
	return Text{open: func() []piece { return pieces }}, nil
}

func parseReference(inner string) (Reference, error) {
	vault, name, found := strings.Cut(inner, ":")
	if !found {
		return Reference{}, syntax(inner, "no vault is named: write ${env:"+inner+"} for an environment variable, ${vault:name} in general")
	}
	if !vaultName(vault) {
		return Reference{}, syntax(inner, "a vault is named by small letters, digits, - and _, as in ${hashicorp:secret/mail#client_secret}")
	}
	if strings.Contains(name, "${") {
		return Reference{}, syntax(inner, "a reference holds no other one: write them side by side")
	}
	_, err := ParseName(vault, name)
	return Reference{Vault: vault, Name: name}, err
}

func syntax(path, remedy string) error {
	return &Error{Path: path, Kind: ErrConfig, Remedy: remedy}
}

func vaultName(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '_') {
			return false
		}
	}
	return s != ""
}

// References are the references in order, repetitions included.
func (t Text) References() []Reference {
	var refs []Reference
	for _, p := range t.pieces() {
		if p.ref != nil {
			refs = append(refs, *p.ref)
		}
	}
	return refs
}

// only gives the reference if the text is that one and nothing else.
func (t Text) only() (Reference, bool) {
	refs := t.References()
	for _, p := range t.pieces() {
		if p.plain != "" {
			return Reference{}, false
		}
	}
	if len(refs) != 1 {
		return Reference{}, false
	}
	return refs[0], true
}

func (t Text) pieces() []piece {
	if t.open == nil {
		return nil
	}
	return t.open()
}
