package fakegmail

import (
	"encoding/json"
	"reflect"
	"strings"
)

// mask is a parsed partial-response selection: the names to keep, each with what is kept below
// it (nil: all of it). The name "*" stands for every key.
type mask map[string]mask

// parseMask reads the syntax of the standard "fields" parameter: a,b(c,d),e/f,*. It reports
// false for anything else.
func parseMask(s string) (mask, bool) {
	m, rest, ok := maskList(s)
	return m, ok && rest == ""
}

func maskList(s string) (m mask, rest string, ok bool) {
	m = mask{}
	for {
		if s, ok = m.item(s); !ok {
			return nil, s, false
		}
		if !strings.HasPrefix(s, ",") {
			return m, s, true
		}
		s = s[1:]
	}
}

// item reads one selection, name, name(list) or name/item, into the mask.
func (m mask) item(s string) (rest string, ok bool) {
	end := strings.IndexAny(s, ",()/")
	if end < 0 {
		end = len(s)
	}
	name, s := s[:end], s[end:]
	if name == "" {
		return s, false
	}
	var below mask
	switch {
	case strings.HasPrefix(s, "("):
		if below, s, ok = maskList(s[1:]); !ok || !strings.HasPrefix(s, ")") {
			return s, false
		}
		s = s[1:]
	case strings.HasPrefix(s, "/"):
		below = mask{}
		if s, ok = below.item(s[1:]); !ok {
			return s, false
		}
	}
	m.merge(name, below)
	return s, true
}

// merge adds a selection; a name given twice keeps what either keeps.
func (m mask) merge(name string, below mask) {
	old, there := m[name]
	switch {
	case !there || below == nil:
		m[name] = below
	case old != nil:
		for sub, rest := range below {
			old.merge(sub, rest)
		}
	}
}

// of gives what the mask says of one key.
func (m mask) of(name string) (below mask, kept bool) {
	if below, kept = m[name]; kept {
		return below, true
	}
	below, kept = m["*"]
	return below, kept
}

// unknown gives the path of a selected name that the JSON form of t does not have, "" if there is
// none.
func (m mask) unknown(t reflect.Type) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return ""
	}
	known := jsonFields(t)
	for name, below := range m {
		field, ok := known[name]
		switch {
		case name == "*":
		case !ok:
			return name
		case below != nil:
			if path := below.unknown(field); path != "" {
				return name + "/" + path
			}
		}
	}
	return ""
}

// jsonFields are the keys that a struct has in JSON, with their types.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
	}
	return fields
}

// apply keeps of a JSON value what the mask selects. Lists are passed through.
func (m mask) apply(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if below, kept := m.of(key); kept {
				out[key] = below.below(value)
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = m.apply(v[i])
		}
	}
	return v
}

func (m mask) below(v any) any {
	if m == nil {
		return v
	}
	return m.apply(v)
}

// generic turns an answer into maps and lists, numbers kept as they are written.
func generic(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	err = dec.Decode(&out)
	return out, err
}
