package keyvault

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Placeholder is what stands wherever a secret would have stood.
const Placeholder = "[secret]"

// Format writes the placeholder for every verb, flag and width, %d, %x and %#v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Placeholder) }

// String gives the placeholder, also to panic and to text/template.
func (s Secret) String() string { return Placeholder }

// GoString gives the placeholder.
func (s Secret) GoString() string { return Placeholder }

// LogValue gives the placeholder to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Placeholder) }

// MarshalText gives the placeholder, so also in XML, in map keys and in most encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }

// MarshalJSON gives the placeholder as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Placeholder + `"`), nil }

// MarshalYAML gives the placeholder to the usual YAML libraries.
func (s Secret) MarshalYAML() (any, error) { return Placeholder, nil }

// errStored says why a secret goes into no binary form: a placeholder read back
// later would be taken for the value.
var errStored = errors.New("keyvault: a Secret is not stored: write it to a vault (keyvault.Writer)")

// GobEncode refuses.
func (s Secret) GobEncode() ([]byte, error) { return nil, errStored }

// MarshalBinary refuses.
func (s Secret) MarshalBinary() ([]byte, error) { return nil, errStored }
