package keyvault_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// outer holds a credential in every way in which a struct can, of any type that can hold one.
type outer[S any] struct {
	Exported   S
	unexported S
	Pointer    *S
	Any        any
	List       []S
	Map        map[string]S
	Nested     struct{ inner S }
}

func wrap[S any](s S) outer[S] {
	o := outer[S]{Exported: s, unexported: s, Pointer: &s, Any: s, List: []S{s}, Map: map[string]S{"k": s}}
	o.Nested.inner = s
	return o
}

// silent is a testify T that keeps what would have been printed.
type silent struct{ text strings.Builder }

func (s *silent) Errorf(format string, args ...any) { fmt.Fprintf(&s.text, format, args...) }

// printouts is everything that the usual channels write of a value and of structs around it.
func printouts[S any](s, other S) map[string]string {
	all := map[string]string{}
	for name, v := range map[string]any{"bare": s, "pointer": &s, "outer": wrap(s), "outer pointer": new(wrap(s)), "slice": []any{s}} {
		for _, verb := range strings.Split("v +v #v s q x X d o b c U e f g t p T # x +d 08x -20v +q", " ") {
			all[name+" %"+verb] = fmt.Sprintf("%"+verb, v)
		}
		printoutsEncoded(all, name, v)
		diff := &silent{}
		assert.Equal(diff, v, wrap(other))
		assert.Nil(diff, v)
		assert.Contains(diff, map[string]any{"a": v}, "b")
		all[name+" testify"] = diff.text.String()
		all[name+" error"] = fmt.Errorf("refused %v: %w", v, errors.New("no")).Error()
		all[name+" panic"] = panicked(v)
	}
	return all
}

func printoutsEncoded(all map[string]string, name string, v any) {
	text, _ := json.Marshal(v)
	all[name+" json"] = string(text)
	text, _ = xml.Marshal(v)
	all[name+" xml"] = string(text)
	text, _ = yaml.Marshal(v)
	all[name+" yaml"] = string(text)
	var b bytes.Buffer
	_ = gob.NewEncoder(&b).Encode(v)
	all[name+" gob"] = b.String()
	for kind, h := range map[string]slog.Handler{"text": slog.NewTextHandler(&b, nil), "json": slog.NewJSONHandler(&b, nil)} {
		b.Reset()
		slog.New(h).With("a", v).Info("m", "v", v, slog.Group("g", "v", v))
		all[name+" slog "+kind] = b.String()
	}
	b.Reset()
	_ = template.Must(template.New("").Parse("{{.}} {{printf `%v` .}}")).Execute(&b, v)
	all[name+" template"] = b.String()
}

func panicked(v any) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	panic(v)
}

// forty values: of every length that matters, with the characters that encoders change.
func forty() []string {
	var values []string
	alphabet := "kQ7$zX&w<Y>9\"p'R+/=% ßü\\j\n{}tM3"
	for i := range 40 {
		v := fmt.Sprintf("Zq%02d", i)
		for len(v) < 4+3*i {
			v += string([]rune(alphabet)[(i*7+len(v))%len([]rune(alphabet))])
		}
		values = append(values, v)
	}
	return values
}

// hits names the channels in which the value shows, in clear or in hex, as %x and gob's bytes would.
func hits(all map[string]string, value string) []string {
	var found []string
	quoted, _ := json.Marshal(value)
	forms := []string{value, fmt.Sprintf("%x", value), strings.Trim(string(quoted), `"`), strings.Trim(fmt.Sprintf("%q", value), `"`)}
	for channel, text := range all {
		for _, form := range forms {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				found = append(found, channel)
				break
			}
		}
	}
	return found
}

func TestASecretPrintsNowhere(t *testing.T) {
	t.Parallel()
	for _, value := range forty() {
		s := keyvault.NewSecret(value).With("v1", time.Time{})
		assert.Empty(t, hits(printouts(s, keyvault.NewSecret("other")), value), "value %q", value)
	}
}

// The check itself is worth something only if a plain string, which prints everywhere, is caught.
func TestTheCheckCatchesAString(t *testing.T) {
	t.Parallel()
	const value = "Zq$zX&w<Y>9/M3"
	found := hits(printouts(value, "other"), value)
	for _, shape := range []string{"bare", "slice", "outer", "outer pointer"} {
		for _, channel := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "testify", "json", "slog text", "slog json", "error", "panic", "template"} {
			assert.True(t, slices.Contains(found, shape+" "+channel), shape+" "+channel)
		}
	}
	for _, channel := range []string{"bare gob", "slice gob", "outer yaml", "slice yaml"} {
		assert.True(t, slices.Contains(found, channel), channel)
	}
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	s := keyvault.NewSecret("hunter2hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%20v"} {
		assert.Equal(t, "[secret]", fmt.Sprintf(verb, s), verb)
	}
	text, err := json.Marshal(map[string]keyvault.Secret{"a": s})
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":"[secret]"}`, string(text))
}

func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	err := gob.NewEncoder(&bytes.Buffer{}).Encode(struct{ S keyvault.Secret }{keyvault.NewSecret("hunter2hunter2")})
	require.ErrorContains(t, err, "a Secret is not stored")
	_, err = keyvault.Secret{}.MarshalBinary()
	require.Error(t, err)
}

func TestSecretKeepsBytes(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "a", "a\n", "\x00\xff\xfe", strings.Repeat("x", 1<<20)} {
		assert.Equal(t, value, keyvault.NewSecret(value).Reveal())
		raw := []byte(value)
		s := keyvault.NewSecret(raw)
		clear(raw)
		assert.Equal(t, value, s.Reveal(), "the bytes were copied")
	}
}

func TestSecretEqual(t *testing.T) {
	t.Parallel()
	a := keyvault.NewSecret("one").With("3", time.Now())
	assert.True(t, a.Equal(keyvault.NewSecret("one")))
	assert.False(t, a.Equal(keyvault.NewSecret("two")))
	assert.False(t, a.Equal(keyvault.NewSecret("")))
	assert.True(t, keyvault.Secret{}.Equal(keyvault.NewSecret("")))
	assert.True(t, keyvault.Secret{}.IsZero())
	assert.Equal(t, "3", a.Version())
	assert.WithinDuration(t, time.Now(), a.Expires(), time.Minute)
}
