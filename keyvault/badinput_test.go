package keyvault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/keyvaulttest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Bad input is answered by one line that says what to write instead, and tells no value.
func TestBadInput(t *testing.T) {
	t.Parallel()
	memory := &keyvaulttest.Memory{}
	memory.Put("mail", []byte(`{"client_id":"hunter2","client_secret":"hunter2"}`), time.Time{})
	memory.Put("empty", nil, time.Time{})
	memory.Put("text", []byte("hunter2"), time.Time{})
	r := keyvault.NewResolver(map[string]keyvault.Provider{"memory": memory, "other": memory}, nil)
	for text, want := range map[string]string{
		"${hashicorp:secret/mail}":    "keyvault: hashicorp: secret/mail: the configuration is wrong; no vault of this name was given; known: memory, other",
		"${MAIL_SECRET}":              "keyvault: MAIL_SECRET: the configuration is wrong; no vault is named: write ${env:MAIL_SECRET} for an environment variable, ${vault:name} in general",
		"${Memory:mail}":              "keyvault: Memory:mail: the configuration is wrong; a vault is named by small letters, digits, - and _, as in ${hashicorp:secret/mail#client_secret}",
		"a ${memory:mail":             "keyvault: the configuration is wrong; the reference at byte 2 has no closing }: write ${vault:name}, or $${ for the characters themselves",
		"${memory:mail#}":             "keyvault: memory: mail: the configuration is wrong; no field stands after the #: write mail#field, or leave the # out",
		"${memory:mail#secret}":       "keyvault: memory: mail, field secret: not found; the JSON has no such field (it has client_id, client_secret)",
		"${memory:text#secret}":       "keyvault: memory: text, field secret: the configuration is wrong; the value is no JSON, so it has no fields: leave #secret out",
		"${memory:empty}":             "keyvault: memory: empty: the value is empty; store a value under this name, or name another one",
		"Bearer ${memory:mail}":       "keyvault: memory: mail: the value is not one string; it is a whole JSON (it has client_id, client_secret): name one field, as in mail#client_id",
		"${memory:none}":              "keyvault: memory: none: not found; store it with Put",
		"${memory:text@9}":            "keyvault: memory: text, version 9: not found; store it with Put",
		"${memory:${memory:text}}":    "keyvault: memory:${memory:text: the configuration is wrong; a reference holds no other one: write them side by side",
		"${memory:mail#a#b}":          "keyvault: memory: mail, field a: the configuration is wrong; write path#field@version; double an # that belongs to the text",
		"${memory: mail#client_id}":   "keyvault: memory:  mail, field client_id: the configuration is wrong; the secret's name is missing or has blanks around it: write path#field@version",
		"hunter2 ${nowhere:mail#pw} ": "keyvault: nowhere: mail, field pw: the configuration is wrong; no vault of this name was given; known: memory, other",
	} {
		_, err := r.Expand(t.Context(), text)
		require.Error(t, err, text)
		assert.Equal(t, want, err.Error(), text)
		assert.NotContains(t, err.Error(), "\n")
		assert.False(t, strings.Contains(err.Error(), "hunter2"), text)
	}
	_, err := keyvault.Plain(memory).Secret(t.Context(), "mail")
	require.ErrorIs(t, err, keyvault.ErrNotText)
}

// Several vaults in one run, each behind one cache.
func TestSeveralVaultsInOneRun(t *testing.T) {
	t.Parallel()
	one, two := &keyvaulttest.Memory{}, &keyvaulttest.Memory{}
	one.Put("mail", []byte(`{"user":"qa","nested":{"password":["a","b"]}}`), time.Time{})
	two.Put("mail", []byte("first"), time.Time{})
	two.Put("mail", []byte("second"), time.Time{})
	r := keyvault.NewResolver(map[string]keyvault.Provider{"hashicorp": one, "azure": two}, nil)
	for range 2 {
		s, err := r.Expand(t.Context(), "${hashicorp:mail#user}:${hashicorp:mail#nested.password.1}:${azure:mail@1}/${azure:mail} $${x}")
		require.NoError(t, err)
		require.Equal(t, "qa:b:first/second ${x}", s.Reveal())
	}
	require.Equal(t, 2, one.Requests(), "one read for each name")
	require.Equal(t, 2, two.Requests())
}
