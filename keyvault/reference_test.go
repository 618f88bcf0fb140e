package keyvault_test

import (
	"fmt"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]keyvault.Reference{
		"":                                       nil,
		"plain $ text } {":                       nil,
		"$${env:X}":                              nil,
		"${env:NAME}":                            {{Vault: "env", Name: "NAME"}},
		"${hashicorp:secret/mail#client_secret}": {{Vault: "hashicorp", Name: "secret/mail#client_secret"}},
		`${file:C:\run\x.json#a.b@@c}`:           {{Vault: "file", Name: `C:\run\x.json#a.b@@c`}},
		"smtp://${env:U}:${a_1-b:P@2}@h $${x}":   {{Vault: "env", Name: "U"}, {Vault: "a_1-b", Name: "P@2"}},
		"$ $$ ${env:X}":                          {{Vault: "env", Name: "X"}},
	} {
		parsed, err := keyvault.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, parsed.References(), text)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, remedy := range map[string]string{
		"hunter2 ${env:X":   "the reference at byte 8 has no closing }",
		"${NAME}":           "write ${env:NAME} for an environment variable",
		"${}":               "no vault is named",
		"${Env:X}":          "a vault is named by small letters",
		"${:X}":             "a vault is named by small letters",
		"${env:}":           "the secret's name is missing",
		"${env:a#}":         "no field stands after the #",
		"${env:a@1@2}":      "double an @",
		"${env:a${env:b}}":  "a reference holds no other one",
		"hunter2${1x:name}": "a vault is named by small letters",
	} {
		_, err := keyvault.Parse(text)
		require.ErrorIs(t, err, keyvault.ErrConfig, text)
		assert.ErrorContains(t, err, remedy, text)
		assert.NotContains(t, err.Error(), "hunter2", text)
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestATextDoesNotPrint(t *testing.T) {
	t.Parallel()
	text, err := keyvault.Parse("hunter2hunter2 ${env:X}")
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		assert.NotContains(t, fmt.Sprintf(verb, struct{ text keyvault.Text }{text}), "hunter2")
	}
	assert.Empty(t, keyvault.Text{}.References())
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"${env:X}", "$${", "a${b:c#d@e}f", "${", "$$${x:y}", "${a:${b:c}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := keyvault.Parse(s)
		if err != nil {
			require.ErrorIs(t, err, keyvault.ErrConfig)
			return
		}
		for _, ref := range text.References() {
			again, err := keyvault.Parse(ref.String())
			require.NoError(t, err)
			require.Equal(t, []keyvault.Reference{ref}, again.References())
		}
	})
}
