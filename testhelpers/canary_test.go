package testhelpers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/types"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/go/packages"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// canaries are forty secrets of 5 to 121 bytes, with what encoders change.
func canaries() []string {
	alphabet := []rune("kQ7$zX&w<Y>9\"p'R+/=% ßü\\j\n{}tM3")
	var all []string
	for i := range 40 {
		v := fmt.Sprintf("Zq%02d~", i)
		for len(v) < 5+3*i {
			v += string(alphabet[(i*7+len(v))%len(alphabet)])
		}
		all = append(all, v)
	}
	return all
}

// disguises are the eight forms that a secret is looked for in; one under 8 bytes whole and in base64 only.
func disguises(secret string) map[string]string {
	std := base64.StdEncoding.EncodeToString
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"plain": secret, "base64": strings.TrimRight(std([]byte(secret)), "="), "base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"Basic": std([]byte("qa@example.com:" + secret)), "XOAUTH2": std([]byte("user=qa@example.com\x01auth=Bearer " + secret + "\x01\x01")),
	}
	for lead := range 3 { // where the secret may begin in a group of three bytes; what neighbours touch is left out
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, lead), secret...))
		forms[fmt.Sprint("base64 +", lead)] = text[(8*lead+5)/6 : 8*(lead+len(secret))/6]
	}
	if len(secret) >= 8 {
		forms["URL"], forms["hex"], forms["JSON"] = url.QueryEscape(secret), hex.EncodeToString([]byte(secret)), string(quoted[1:len(quoted)-1])
		forms["decimal"] = strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	}
	return forms
}

// hits are the forms in which a text shows a secret.
func hits(text, secret string) []string {
	var found []string
	for form, s := range disguises(secret) {
		if strings.Contains(text, s) || form == "hex" && strings.Contains(strings.ToLower(text), s) {
			found = append(found, form)
		}
	}
	return found
}

// around holds a value as programs do.
type around struct {
	Exported   any
	unexported any
}

// channels are what prints values: fmt, encoders, logs, templates of errors, panics, testify's diffs.
func channels(v any) map[string]string {
	all := map[string]string{}
	for shape, v := range map[string]any{"bare": v, "outer": around{v, v}, "list": []any{v}} {
		for _, verb := range strings.Fields("v +v #v s q x X d") {
			all[shape+" %"+verb] = fmt.Sprintf("%"+verb, v)
		}
		text, _ := json.Marshal(v)
		all[shape+" json"] = string(text)
		text, _ = xml.Marshal(v)
		all[shape+" xml"] = string(text)
		all[shape+" yaml"] = inYAML(v)
		var b bytes.Buffer
		_ = gob.NewEncoder(&b).Encode(v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
		all[shape+" gob and slog"] = b.String()
		d := &diff{}
		assert.Equal(d, around{Exported: v}, around{}) // nothing in common, so that the diff shows all of it
		all[shape+" testify"] = d.String()
		all[shape+" error and panic"] = fmt.Errorf("refused: %v", v).Error() + panicked(v)
	}
	return all
}

// inYAML is empty for what the encoder panics at, such as functions.
func inYAML(v any) (text string) {
	defer func() { _ = recover() }()
	out, _ := yaml.Marshal(v)
	return string(out)
}

func panicked(v any) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	panic(v)
}

// diff is a testify T that keeps what would have been printed.
type diff struct{ strings.Builder }

func (d *diff) Errorf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// A secret in any exported type shows in no channel.
func TestCanaries(t *testing.T) {
	t.Parallel()
	for name, exhibit := range exhibits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range canaries() {
				synctest.Test(t, func(t *testing.T) {
					v := exhibit(t, secret)
					synctest.Wait() // printing is not safe beside goroutines that still put things away
					for channel, text := range channels(v) {
						if found := hits(text, secret); found != nil {
							t.Fatalf("%s prints a secret of %d bytes by %s, in the forms %v", name, len(secret), channel, found)
						}
					}
				})
			}
		})
	}
}

// The run itself is worth something only if a string in the place of a Secret is caught.
func TestCanariesAreCaught(t *testing.T) {
	t.Parallel()
	for _, secret := range canaries() {
		caught := 0
		for _, text := range channels(struct{ Secret string }{secret}) {
			if hits(text, secret) != nil {
				caught++
			}
		}
		require.GreaterOrEqual(t, caught, 20, "channels that show a string")
		for form, text := range disguises(secret) {
			require.NotEmpty(t, hits("before "+text+" after", secret), form)
			if form == "decimal" { // a form of fmt alone, which nobody sends
				continue
			}
			clean := keyvault.NewRedactor(keyvault.NewSecret(secret)).Text("before " + text + " after")
			require.Empty(t, hits(clean, secret), "%s, redacted", form)
		}
	}
}

// exported lists the module's exported types that a user's program may hold: those of fakes, of the
// suites and of what stands behind internal are not among them.
func exported(t *testing.T) []string {
	t.Helper()
	conf := &packages.Config{Mode: packages.NeedName | packages.NeedTypes, Context: t.Context()}
	all, err := packages.Load(conf, "../connector/...", "../keyvault/...", ".")
	require.NoError(t, err)
	var names []string
	for _, pkg := range all {
		require.Empty(t, pkg.Errors)
		path := strings.TrimPrefix(pkg.PkgPath, "github.com/cloudmail-go/cloudmail/")
		if strings.Contains(path, "internal") || strings.HasSuffix(path, "test") || pkg.Name == "main" {
			continue
		}
		for _, name := range pkg.Types.Scope().Names() {
			if o, ok := pkg.Types.Scope().Lookup(name).(*types.TypeName); ok && o.Exported() {
				names = append(names, path+"."+name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// The table has every exported type, and no other.
func TestCanariesAreEverywhere(t *testing.T) {
	t.Parallel()
	assert.Equal(t, exported(t), slices.Sorted(maps.Keys(exhibits)))
}

// exhibit is a value of a type that holds a secret in every way that the type can.
type exhibit func(t *testing.T, secret string) any

// of fills a type: whatever of it can hold a credential does.
func of[T any]() exhibit {
	return func(_ *testing.T, secret string) any {
		v := reflect.New(reflect.TypeFor[T]()).Elem()
		fill(v, secret, 0)
		return v.Interface()
	}
}

// fill puts credentials, vaults, secrets and errors of vaults where they fit.
func fill(v reflect.Value, secret string, depth int) {
	credential := func(context.Context, string) (string, error) { return secret, nil }
	for _, x := range []any{credential, keyvault.NewSecret(secret), keyvault.NewCache(holder(secret), nil), refusal(secret)} {
		if x := reflect.ValueOf(x); v.CanSet() && x.Type().AssignableTo(v.Type()) && v.Type().String() != "interface {}" {
			v.Set(x)
			return
		}
	}
	if v.Kind() == reflect.Struct && depth < 4 {
		for i := range v.NumField() {
			fill(v.Field(i), secret, depth+1)
		}
	}
}

// holder is a vault with one secret.
func holder(secret string) keyvault.Provider {
	return keyvault.Func(func(context.Context, string) (keyvault.Secret, error) { return keyvault.NewSecret(secret), nil })
}

// refusal is what is said of a secret that was refused.
func refusal(secret string) error {
	n := keyvault.Name{Vault: "env", Path: "MAIL", Field: "password"}
	_, err := n.Pick(keyvault.NewSecret(secret))
	return err
}
