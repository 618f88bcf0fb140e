package keyvault

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Pick gives the part of a vault's whole value that the name asks for: the value
// itself without a field, else that field of the JSON in it. Strings come decoded,
// numbers as they are written, objects and lists as their JSON. A key with dots in it
// is found by its full text; a string that holds JSON has the fields of that JSON.
// Version and expiry of the whole stay.
//
// Errors: ErrNotFound for an absent or null field (the fields that exist are listed),
// ErrConfig for a value that is no JSON.
func (n Name) Pick(whole Secret) (Secret, error) {
	if n.Field == "" {
		return whole, nil
	}
	doc := json.RawMessage(whole.Reveal())
	if !json.Valid(doc) {
		return Secret{}, n.Error(ErrConfig, nil, "the value is no JSON, so it has no fields: leave #"+n.Field+" out")
	}
	found, level := dig(doc, n.Field)
	if found == nil {
		return Secret{}, n.Error(ErrNotFound, nil, "the JSON has no such field"+fieldList(level))
	}
	text, ok := scalar(found)
	if !ok {
		return Secret{}, n.Error(ErrNotFound, nil, "the field is null: store a value, or name another field")
	}
	return NewSecret(text).With(whole.Version(), whole.Expires()), nil
}

// dig follows a path of fields. Without a find it gives the names at the level where it got lost.
func dig(doc json.RawMessage, path string) (json.RawMessage, []string) {
	level := children(doc)
	if v, ok := level[path]; ok {
		return v, nil
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if child, ok := level[path[:i]]; ok {
			return dig(child, path[i+1:])
		}
	}
	return nil, slices.Sorted(maps.Keys(level))
}

// children are an object's members, or a list's by number; of a string, those of the JSON in it.
func children(doc json.RawMessage) map[string]json.RawMessage {
	var text string
	if json.Unmarshal(doc, &text) == nil && json.Valid([]byte(text)) {
		doc = json.RawMessage(text)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(doc, &object) == nil {
		return object
	}
	var list []json.RawMessage
	_ = json.Unmarshal(doc, &list)
	object = make(map[string]json.RawMessage, len(list))
	for i, v := range list {
		object[strconv.Itoa(i)] = v
	}
	return object
}

// scalar gives the text of a JSON value; false for null.
func scalar(v json.RawMessage) (string, bool) {
	var s string
	if string(v) == "null" {
		return "", false
	}
	if v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s, true
	}
	return string(v), true
}

// jsonShape tells whether a value is a JSON object or list, and the names in it.
func jsonShape(value string) ([]string, bool) {
	t := strings.TrimSpace(value)
	if t == "" || t[0] != '{' && t[0] != '[' || !json.Valid([]byte(t)) {
		return nil, false
	}
	return slices.Sorted(maps.Keys(children(json.RawMessage(t)))), true
}

// fieldList names what exists, shortly.
func fieldList(fields []string) string {
	const most = 12
	switch {
	case len(fields) == 0:
		return " without fields"
	case len(fields) > most:
		return " (it has " + strings.Join(fields[:most], ", ") + ", …)"
	}
	return " (it has " + strings.Join(fields, ", ") + ")"
}

// Merge gives the whole value to store when the name's value changes: the value itself
// without a field, else old's JSON with that one field changed. A zero old begins an
// empty object. ErrConfig if old is no JSON object.
func (n Name) Merge(old, value Secret) (Secret, error) {
	if n.Field == "" {
		return value, nil
	}
	doc := map[string]json.RawMessage{}
	if !old.IsZero() && json.Unmarshal([]byte(old.Reveal()), &doc) != nil {
		return Secret{}, n.Error(ErrConfig, nil, "the stored value is no JSON object, so no field of it can be written: leave #"+n.Field+" out")
	}
	if doc == nil { // the stored value is the JSON null
		doc = map[string]json.RawMessage{}
	}
	if !utf8.ValidString(value.Reveal()) {
		return Secret{}, n.Error(ErrConfig, nil, "a JSON field holds text, and the value is none: leave #"+n.Field+" out, or encode the value")
	}
	if err := n.put(doc, n.Field, value); err != nil {
		return Secret{}, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return Secret{}, n.Error(ErrConfig, nil, "the stored value is no JSON object")
	}
	return NewSecret(text), nil
}

// put sets one field; a key that exists with dots in it is taken as it is.
func (n Name) put(doc map[string]json.RawMessage, path string, value Secret) error {
	head, rest, nested := strings.Cut(path, ".")
	if _, whole := doc[path]; whole || !nested {
		text, err := json.Marshal(value.Reveal())
		doc[path] = text
		return err
	}
	var inner map[string]json.RawMessage
	if old, ok := doc[head]; ok && json.Unmarshal(old, &inner) != nil {
		return n.Error(ErrConfig, nil, "the field "+head+" is no JSON object")
	}
	if inner == nil {
		inner = map[string]json.RawMessage{}
	}
	if err := n.put(inner, rest, value); err != nil {
		return err
	}
	text, err := json.Marshal(inner)
	doc[head] = text
	return err
}
