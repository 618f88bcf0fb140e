package keyvault_test

import (
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]keyvault.Name{
		"secret/mail":                    {Path: "secret/mail"},
		"secret/mail#client_secret":      {Path: "secret/mail", Field: "client_secret"},
		"secret/mail#client_secret@3":    {Path: "secret/mail", Field: "client_secret", Version: "3"},
		"secret/mail@3#client_secret":    {Path: "secret/mail", Field: "client_secret", Version: "3"},
		"secret/mail@3":                  {Path: "secret/mail", Version: "3"},
		`C:\secrets\mail.json#a.b.c`:     {Path: `C:\secrets\mail.json`, Field: "a.b.c"},
		"qa@@example.com":                {Path: "qa@example.com"},
		"a##b#c##d@e@@f":                 {Path: "a#b", Field: "c#d", Version: "e@f"},
		"with blank inside":              {Path: "with blank inside"},
		"projects/p/secrets/mail@latest": {Path: "projects/p/secrets/mail", Version: "latest"},
	} {
		n, err := keyvault.ParseName("", name)
		require.NoError(t, err, name)
		assert.Equal(t, want, n, name)
		again, err := keyvault.ParseName("", n.String())
		require.NoError(t, err, name)
		assert.Equal(t, want, again, name)
	}
}

func TestParseNameRefuses(t *testing.T) {
	t.Parallel()
	for name, remedy := range map[string]string{
		"":        "the secret's name is missing",
		"#field":  "the secret's name is missing",
		" a":      "blanks around it",
		"a#":      "no field stands after the #",
		"a@":      "no version stands after the @",
		"a#b#c":   "double an # that belongs to the text",
		"a@1#b@2": "double an @ that belongs to the text",
	} {
		_, err := keyvault.ParseName("env", name)
		require.ErrorIs(t, err, keyvault.ErrConfig, name)
		assert.ErrorContains(t, err, remedy, name)
		assert.ErrorContains(t, err, "keyvault: env", name)
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"a", "a#b@c", "a@b#c", "##@@", "a##", "#", "a#b.c.d@@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := keyvault.ParseName("v", s)
		if err != nil {
			require.ErrorIs(t, err, keyvault.ErrConfig)
			return
		}
		again, err := keyvault.ParseName("v", n.String())
		require.NoError(t, err)
		require.Equal(t, n, again)
	})
}
