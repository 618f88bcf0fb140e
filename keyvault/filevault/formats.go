package filevault

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"go.yaml.in/yaml/v3"
)

// document turns a file into the JSON that fields are picked from.
func document(n keyvault.Name, file string, raw []byte) ([]byte, error) {
	base := strings.ToLower(filepath.Base(file))
	switch {
	case strings.HasSuffix(base, ".yaml"), strings.HasSuffix(base, ".yml"):
		return yamlJSON(n, raw)
	case base == ".env", strings.HasPrefix(base, ".env."), strings.HasSuffix(base, ".env"):
		return json.Marshal(dotenv(string(raw)))
	}
	return raw, nil
}

// yamlJSON keeps scalars as they are written: 0123 stays 0123, which a number would not.
func yamlJSON(n keyvault.Name, raw []byte) ([]byte, error) {
	var node yaml.Node
	if yaml.Unmarshal(raw, &node) != nil { // its error may quote the file
		return nil, n.Error(keyvault.ErrConfig, nil, "the file is no YAML: check it with a YAML linter")
	}
	v, ok := plain(&node, 0)
	if !ok {
		return nil, n.Error(keyvault.ErrConfig, nil, "the YAML is nested too deeply, or holds keys that are no strings")
	}
	return json.Marshal(v)
}

// plain turns a node into what encoding/json knows. Aliases count as depth, so that no bomb goes off.
func plain(node *yaml.Node, depth int) (any, bool) {
	if depth > 30 {
		return nil, false
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return plain(node.Content[0], depth+1)
	case yaml.AliasNode:
		return plain(node.Alias, depth+10)
	case yaml.ScalarNode:
		if node.ShortTag() == "!!null" {
			return nil, true
		}
		return node.Value, true
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, c := range node.Content {
			v, ok := plain(c, depth+1)
			if !ok {
				return nil, false
			}
			list[i] = v
		}
		return list, true
	case yaml.MappingNode:
		return plainMap(node, depth)
	}
	return map[string]any{}, true // an empty file
}

func plainMap(node *yaml.Node, depth int) (any, bool) {
	m := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		v, ok := plain(node.Content[i+1], depth+1)
		if !ok || key.Kind != yaml.ScalarNode {
			return nil, false
		}
		m[key.Value] = v
	}
	return m, true
}

// dotenv reads NAME=value lines: blank lines and those with # in front are left out,
// "export " may stand before the name. A value in single quotes is itself; in double
// quotes \n, \r, \t, \" and \\ are read; without quotes it is trimmed and ends before a
// blank and #. Quoted values end in their line.
func dotenv(text string) map[string]string {
	vars := map[string]string{}
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
		vars[name] = dotenvValue(strings.TrimSpace(value))
	}
	return vars
}

func dotenvValue(v string) string {
	if strings.HasPrefix(v, "'") {
		if inner, _, closed := strings.Cut(v[1:], "'"); closed {
			return inner
		}
	}
	if strings.HasPrefix(v, `"`) {
		if end := quoteEnd(v); end > 0 {
			return strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(v[1:end])
		}
	}
	if i := strings.Index(v, " #"); i >= 0 {
		v = strings.TrimSpace(v[:i])
	}
	return v
}

// quoteEnd finds the closing double quote, 0 if there is none.
func quoteEnd(v string) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return 0
}
