package keyvault_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	r := keyvault.NewResolver(map[string]keyvault.Provider{
		"one":  &vault{value: "1", expires: time.Unix(200, 0)},
		"two":  &vault{value: "2${one:x}", expires: time.Unix(100, 0)},
		"json": &vault{value: `{"a":"x"}`},
	}, nil)
	for text, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"${one:x}":                   "1",
		"a${one:x}b${two:y}c$${z:z}": "a1b2${one:x}c${z:z}", // an answer is not parsed again
		"${json:x}":                  `{"a":"x"}`,
	} {
		s, err := r.Expand(t.Context(), text)
		require.NoError(t, err, text)
		assert.Equal(t, want, s.Reveal(), text)
	}
	s, err := r.Expand(t.Context(), "${one:x}${two:y}${one:z}")
	require.NoError(t, err)
	assert.Equal(t, time.Unix(100, 0), s.Expires())
}

func TestExpandFails(t *testing.T) {
	t.Parallel()
	r := keyvault.NewResolver(map[string]keyvault.Provider{
		"json": &vault{value: `{"hunter2":"x"}`}, "empty": &vault{}, "no": &vault{err: refusal()},
	}, nil)
	for text, row := range map[string]struct {
		kind error
		text string
	}{
		"${jsom:x}":   {keyvault.ErrConfig, "keyvault: jsom: x: the configuration is wrong; no vault of this name was given; known: empty, json, no"},
		"a ${json:x}": {keyvault.ErrNotText, "name one field, as in x#hunter2"},
		"${empty:x}":  {keyvault.ErrEmpty, "keyvault: empty: x: the value is empty; store a value"},
		"b${no:x}":    {keyvault.ErrRefused, "refused"},
		"${":          {keyvault.ErrConfig, "closing }"},
	} {
		_, err := r.Expand(t.Context(), text)
		require.ErrorIs(t, err, row.kind, text)
		assert.ErrorContains(t, err, row.text, text)
	}
	_, err := keyvault.NewResolver(nil, nil).Expand(t.Context(), "${env:X}")
	require.ErrorContains(t, err, "known: none")
}

func TestResolverCredential(t *testing.T) {
	t.Parallel()
	one, two := &vault{value: "1"}, &vault{value: "2"}
	r := keyvault.NewResolver(map[string]keyvault.Provider{"one": one, "two": two}, nil)
	get, err := r.Credential("${one:x}-${two:x}")
	require.NoError(t, err)
	value, err := get(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, "1-2", value)
	two.set("3", nil)
	for range 3 {
		value, err = get(t.Context(), "1-2")
		require.NoError(t, err)
		require.Equal(t, "1-3", value)
	}
	require.Equal(t, 2, one.count())
	require.Equal(t, 2, two.count())
	_, err = r.Credential("${three:x}")
	require.ErrorIs(t, err, keyvault.ErrConfig)
}

func TestResolverWrite(t *testing.T) {
	t.Parallel()
	w := &writable{&vault{value: "1"}}
	r := keyvault.NewResolver(map[string]keyvault.Provider{"w": w, "r": &vault{}}, nil)
	require.NoError(t, r.Write(t.Context(), "${w:x}", keyvault.NewSecret("2")))
	s, err := r.Expand(t.Context(), "${w:x}")
	require.NoError(t, err)
	require.Equal(t, "2", s.Reveal())
	require.ErrorIs(t, r.Write(t.Context(), "${r:x}", s), errors.ErrUnsupported)
	for _, text := range []string{"a${w:x}", "${w:x}${w:y}", "", "${q:x}"} {
		require.ErrorIs(t, r.Write(t.Context(), text, s), keyvault.ErrConfig, text)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for value, kind := range map[string]error{
		"text": nil, "": keyvault.ErrEmpty, `{"a":1}`: keyvault.ErrNotText, `[1]`: keyvault.ErrNotText, "{no json": nil, "12": nil,
	} {
		_, err := keyvault.Plain(&vault{value: value}).Secret(t.Context(), "x")
		require.ErrorIs(t, err, kind, value)
	}
	_, err := keyvault.Plain(&vault{err: refusal()}).Secret(t.Context(), "x")
	require.ErrorIs(t, err, keyvault.ErrRefused)
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	err := error(&keyvault.Error{Vault: "hashicorp", Path: "secret/mail", Version: "3", Field: "f", Kind: keyvault.ErrRefused,
		Err: errors.New("2 errors:\n\t* permission denied"), Remedy: "ask for read on it"})
	require.Equal(t, "keyvault: hashicorp: secret/mail, version 3, field f: refused: 2 errors: * permission denied; ask for read on it", err.Error())
	require.Equal(t, "keyvault", (&keyvault.Error{}).Error())
	temporary := func(err error) bool {
		var e interface{ Temporary() bool }
		return errors.As(err, &e) && e.Temporary()
	}
	require.False(t, temporary(err))
	require.True(t, temporary(down(0)))
	require.ErrorIs(t, &keyvault.Error{Kind: keyvault.ErrUnavailable, Err: context.Canceled}, context.Canceled)
}
