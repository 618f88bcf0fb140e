package keyvault

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Resolver turns texts with references into values. Every vault stands behind one
// Cache, so that texts which name the same secret share its reads.
type Resolver struct{ vaults map[string]*Cache }

// NewResolver knows the vaults by the names that references use:
//
//	keyvault.NewResolver(map[string]keyvault.Provider{"env": envvault.New(nil), "hashicorp": vault}, nil)
//
// A vault that is a *Cache already keeps its own times; nil options are the defaults.
func NewResolver(vaults map[string]Provider, o *CacheOptions) *Resolver {
	r := &Resolver{vaults: make(map[string]*Cache, len(vaults))}
	for name, p := range vaults {
		r.vaults[name] = cached(p, o)
	}
	return r
}

// Expand gives the text with every reference replaced by its value. A text that is one
// reference gives the value as it is, with its version and expiry, be it a whole JSON;
// beside other text a value must be one string (ErrNotText). An empty value is ErrEmpty.
// The expiry of a mixed text is the earliest of its parts.
func (r *Resolver) Expand(ctx context.Context, text string) (Secret, error) {
	t, err := r.parse(text)
	if err != nil {
		return Secret{}, err
	}
	s, _, err := r.fill(ctx, t, nil)
	return s, err
}

// Credential gives the text as a credential (see From): read when wanted, and read
// again when refused, each reference once. Syntax and vault names are checked at once.
func (r *Resolver) Credential(text string) (func(ctx context.Context, refused string) (string, error), error) {
	t, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, refused string) (string, error) {
		s, parts, err := r.fill(ctx, t, nil)
		if err == nil && refused != "" && s.Reveal() == refused {
			s, _, err = r.fill(ctx, t, parts)
		}
		return s.Reveal(), err
	}, nil
}

// Write stores a value where the text points to, which must be one reference and
// nothing else, to a vault that is a Writer.
func (r *Resolver) Write(ctx context.Context, text string, value Secret) error {
	t, err := r.parse(text)
	if err != nil {
		return err
	}
	ref, ok := t.only()
	if !ok {
		return &Error{Kind: ErrConfig, Remedy: "a value is written to one reference: write ${vault:name} without other text"}
	}
	return r.vaults[ref.Vault].Write(ctx, ref.Name, value)
}

// parse also sees that every vault is known.
func (r *Resolver) parse(text string) (Text, error) {
	t, err := Parse(text)
	if err != nil {
		return Text{}, err
	}
	for _, ref := range t.References() {
		if r.vaults[ref.Vault] == nil {
			return Text{}, r.unknown(ref)
		}
	}
	return t, nil
}

func (r *Resolver) unknown(ref Reference) error {
	known := strings.Join(slices.Sorted(maps.Keys(r.vaults)), ", ")
	if known == "" {
		known = "none"
	}
	n, _ := ParseName(ref.Vault, ref.Name)
	return n.Error(ErrConfig, nil, "no vault of this name was given; known: "+known)
}

// fill reads all references. Refused holds the parts of a text that was refused: each of them is read anew.
func (r *Resolver) fill(ctx context.Context, t Text, refused []Secret) (Secret, []Secret, error) {
	_, single := t.only()
	var b strings.Builder
	var parts []Secret
	for _, p := range t.pieces() {
		b.WriteString(p.plain)
		if p.ref == nil {
			continue
		}
		old := ""
		if len(refused) > 0 {
			old = refused[len(parts)].Reveal()
		}
		s, err := r.value(ctx, *p.ref, old, single)
		if err != nil {
			return Secret{}, nil, err
		}
		if single {
			return s, []Secret{s}, nil
		}
		b.WriteString(s.Reveal())
		parts = append(parts, s)
	}
	return NewSecret(b.String()).With("", earliest(parts)), parts, nil
}

// value reads one reference and sees that it can stand there.
func (r *Resolver) value(ctx context.Context, ref Reference, refused string, single bool) (Secret, error) {
	s, err := r.vaults[ref.Vault].Fresh(ctx, ref.Name, refused)
	switch {
	case err != nil:
		return Secret{}, err
	case s.IsZero():
		return Secret{}, emptyValue(ref.Vault, ref.Name)
	case single:
		return s, nil
	}
	return s, plainValue(ref.Vault, ref.Name, s)
}

func earliest(parts []Secret) time.Time {
	var first time.Time
	for _, s := range parts {
		if e := s.Expires(); first.IsZero() || !e.IsZero() && e.Before(first) {
			first = e
		}
	}
	return first
}
