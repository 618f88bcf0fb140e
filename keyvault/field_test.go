package keyvault_test

import (
	"testing"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const document = `{"client_id":"id-1","deep":{"a":{"b":"bottom"}},"a.b":"dotted","n":12345678901234567890.10,
	"on":true,"none":null,"keys":[{"v":"k0"},{"v":"k1"}],"nl":"x\ny","text":"{\"in\":\"side\"}"}`

func name(t *testing.T, s string) keyvault.Name {
	t.Helper()
	n, err := keyvault.ParseName("test", s)
	require.NoError(t, err)
	return n
}

func TestPick(t *testing.T) {
	t.Parallel()
	whole := keyvault.NewSecret(document).With("7", time.Unix(9, 0))
	for field, want := range map[string]string{
		"client_id": "id-1", "deep.a.b": "bottom", "a.b": "dotted", "n": "12345678901234567890.10",
		"on": "true", "keys.1.v": "k1", "deep.a": `{"b":"bottom"}`, "text.in": "side", "nl": "x\ny",
	} {
		s, err := name(t, "x#"+field).Pick(whole)
		require.NoError(t, err, field)
		assert.Equal(t, want, s.Reveal(), field)
		assert.Equal(t, "7", s.Version())
		assert.Equal(t, time.Unix(9, 0), s.Expires())
	}
	s, err := name(t, "x").Pick(whole)
	require.NoError(t, err)
	assert.Equal(t, document, s.Reveal())
}

func TestPickFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		value, field string
		kind         error
		text         string
	}{
		{document, "client_secret", keyvault.ErrNotFound, "it has a.b, client_id, deep, keys"},
		{document, "deep.a.c", keyvault.ErrNotFound, "it has b"},
		{document, "client_id.x", keyvault.ErrNotFound, "no such field without fields"},
		{document, "none", keyvault.ErrNotFound, "the field is null"},
		{"hunter2hunter2", "x", keyvault.ErrConfig, "the value is no JSON"},
		{"", "x", keyvault.ErrConfig, "the value is no JSON"},
		{`{"a":"hunter2hunter2`, "a", keyvault.ErrConfig, "leave #a out"},
	} {
		_, err := name(t, "x#"+row.field).Pick(keyvault.NewSecret(row.value))
		require.ErrorIs(t, err, row.kind, row.field)
		require.ErrorContains(t, err, row.text)
		require.ErrorContains(t, err, "test: x, field "+row.field)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ old, field, want string }{
		{`{"a":"1","b":"2"}`, "#a", `{"a":"new","b":"2"}`},
		{"", "#a", `{"a":"new"}`},
		{"null", "#a", `{"a":"new"}`},
		{`{"a":{"x":1}}`, "#a.b", `{"a":{"x":1,"b":"new"}}`},
		{`{"a":null}`, "#a.b", `{"a":{"b":"new"}}`},
		{`{"a.b":"1"}`, "#a.b", `{"a.b":"new"}`},
	} {
		s, err := name(t, "x"+row.field).Merge(keyvault.NewSecret(row.old), keyvault.NewSecret("new"))
		require.NoError(t, err)
		assert.JSONEq(t, row.want, s.Reveal())
	}
	s, err := name(t, "x").Merge(keyvault.NewSecret("old"), keyvault.NewSecret("new"))
	require.NoError(t, err)
	assert.Equal(t, "new", s.Reveal())
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ old, field, value string }{
		{"hunter2hunter2", "a", "v"}, {"[1]", "a", "v"}, {`{"a":"s"}`, "a.b", "v"}, {"{}", "a", "\xff\xfe"},
	} {
		_, err := name(t, "x#"+row.field).Merge(keyvault.NewSecret(row.old), keyvault.NewSecret(row.value))
		require.ErrorIs(t, err, keyvault.ErrConfig)
	}
}

func FuzzPick(f *testing.F) {
	f.Add(document, "deep.a.b")
	f.Add(`[[["x"]]]`, "0.0.0")
	f.Add(`{"":{"":"x"}}`, ".")
	f.Fuzz(func(t *testing.T, value, field string) {
		n := keyvault.Name{Path: "x", Field: field}
		if _, err := n.Pick(keyvault.NewSecret(value)); err != nil {
			require.ErrorAs(t, err, new(*keyvault.Error))
		}
	})
}
