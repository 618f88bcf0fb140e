package keyvault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var triplet = regexp.MustCompile(`%[0-9A-F]{2}`)

// disguises are the forms in which a value may be written by others.
func disguises(value string) map[string]string {
	quoted, _ := json.Marshal(value)
	return map[string]string{
		"plain":       value,
		"base64":      base64.StdEncoding.EncodeToString([]byte(value)),
		"base64 +1":   base64.StdEncoding.EncodeToString([]byte("a" + value + "zz")),
		"base64 +2":   base64.StdEncoding.EncodeToString([]byte("ab" + value + "z")),
		"base64url":   base64.URLEncoding.EncodeToString([]byte("abcd" + value)),
		"in a query":  url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(value))),
		"query":       url.QueryEscape(value),
		"path":        url.PathEscape(value),
		"percent":     strings.ReplaceAll(url.QueryEscape(value), "+", "%20"),
		"percent low": triplet.ReplaceAllStringFunc(url.QueryEscape(value), strings.ToLower),
		"hex":         hex.EncodeToString([]byte(value)),
		"HEX":         strings.ToUpper(hex.EncodeToString([]byte(value))),
		"json":        string(quoted),
		"go":          fmt.Sprintf("%q", value),
		"html":        html.EscapeString(value),
		"basic":       "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+value)),
		"xoauth2":     base64.StdEncoding.EncodeToString([]byte("user=qa@example.com\x01auth=Bearer " + value + "\x01\x01")),
		"oauthbearer": base64.StdEncoding.EncodeToString([]byte("n,a=qa@example.com,\x01auth=Bearer " + value + "\x01\x01")),
	}
}

func TestRedactorRemovesEveryForm(t *testing.T) {
	t.Parallel()
	for _, value := range forty() {
		r := keyvault.NewRedactor(keyvault.NewSecret(value))
		for form, text := range disguises(value) {
			if len(value) < 8 && form != "plain" && !strings.HasPrefix(form, "base64") && form != "basic" && form != "xoauth2" && form != "oauthbearer" {
				continue // short values are removed whole and in base64 only
			}
			clean := r.Text("before " + text + " after")
			assert.Contains(t, clean, keyvault.Placeholder, "%s of %q: %q", form, value, clean)
			assert.True(t, strings.HasPrefix(clean, "before ") && strings.HasSuffix(clean, " after"), clean)
			assert.NotContains(t, clean, value)
		}
	}
}

func TestRedactorLeavesOtherText(t *testing.T) {
	t.Parallel()
	r := keyvault.NewRedactor(keyvault.NewSecret("correct horse"), keyvault.NewSecret("a1"), keyvault.NewSecret(""), keyvault.NewSecret("pass"))
	for text, want := range map[string]string{
		"":                              "",
		"nothing to see":                "nothing to see",
		"correct horde":                 "correct horde",
		"correct horse":                 "[secret]",
		"correct horsecorrect horse!":   "[secret][secret]!",
		"a1 ba1 a1b ßa1 a1":             "[secret] ba1 a1b ßa1 [secret]",
		"compass":                       "com[secret]",
		"correct correct horse battery": "correct [secret] battery",
	} {
		assert.Equal(t, want, r.Text(text), text)
	}
	assert.Equal(t, "x", (&keyvault.Redactor{}).Text("x"))
}

func TestRedactorKnowsKeysInsideJSON(t *testing.T) {
	t.Parallel()
	key := "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"
	doc, err := json.Marshal(map[string]any{"type": "service_account", "private_key": key, "client_email": "a@example.com", "x": map[string]string{"password": "tr0ub4dor"}})
	require.NoError(t, err)
	r := keyvault.NewRedactor(keyvault.NewSecret(doc))
	assert.Equal(t, "[secret]", r.Text(string(doc)))
	assert.Equal(t, "key [secret] of a@example.com", r.Text("key "+key+" of a@example.com"))
	assert.NotContains(t, r.Text("bad line: MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"), "MIIEvQIBADAN")
	assert.Equal(t, "p=[secret]", r.Text("p=tr0ub4dor"))
}

func TestRedactorWriterAcrossWrites(t *testing.T) {
	t.Parallel()
	value := "correct horse battery"
	r := keyvault.NewRedactor(keyvault.NewSecret(value), keyvault.NewSecret("z9"))
	text := "A " + value + " B " + base64.StdEncoding.EncodeToString([]byte("u:"+value)) + " z9 xz9 correct ho"
	for size := 1; size < len(text); size++ {
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			written, err := w.Write([]byte(rest[:n]))
			require.NoError(t, err)
			require.Equal(t, n, written)
			rest = rest[n:]
		}
		require.NoError(t, w.Close())
		require.Equal(t, r.Text(text), out.String(), "in pieces of %d", size)
	}
	assert.NotContains(t, r.Text(text), "horse")
}

func TestRedactorWriterHoldsNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := keyvault.NewRedactor(keyvault.NewSecret("correct horse")).Writer(&out)
	_, _ = w.Write([]byte("a line\ncorrect"))
	assert.Equal(t, "a line\n", out.String())
	assert.NotContains(t, fmt.Sprintf("%+v %#v", w, w), "correct", "what is held does not print")
	_, _ = w.Write([]byte(" house\n"))
	assert.Equal(t, "a line\ncorrect house\n", out.String())
	failing := keyvault.NewRedactor().Writer(broken{})
	_, err := failing.Write([]byte("x"))
	require.ErrorIs(t, err, context.Canceled)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, context.Canceled }

func TestRedactorProvider(t *testing.T) {
	t.Parallel()
	r := keyvault.NewRedactor()
	_, err := r.Provider(&vault{value: "correct horse"}).Secret(t.Context(), "x")
	require.NoError(t, err)
	assert.Equal(t, "a [secret]", r.Text("a correct horse"))
}

func FuzzRedactor(f *testing.F) {
	f.Add("correct horse", "a correct horse b", 3)
	f.Add("z", "z zz z", 1)
	f.Fuzz(func(t *testing.T, value, text string, cut int) {
		r := keyvault.NewRedactor(keyvault.NewSecret(value))
		clean := r.Text(text)
		if len(value) >= 4 && !strings.Contains(keyvault.Placeholder, value) && !strings.ContainsAny(value, "[]") {
			require.NotContains(t, clean, value)
		}
		var out bytes.Buffer
		w := r.Writer(&out)
		at := min(max(cut, 0), len(text))
		_, _ = w.Write([]byte(text[:at]))
		_, _ = w.Write([]byte(text[at:]))
		require.NoError(t, w.Close())
		require.Equal(t, clean, out.String())
	})
}

func TestMask(t *testing.T) {
	t.Parallel()
	secrets := []keyvault.Secret{keyvault.NewSecret("50%"), keyvault.NewSecret("line one\r\nline two\n"), keyvault.NewSecret("")}
	var out bytes.Buffer
	require.NoError(t, keyvault.Mask(&out, keyvault.GitHubActions, secrets...))
	assert.Equal(t, "::add-mask::50%25\n::add-mask::line one\n::add-mask::line two\n", out.String())
	out.Reset()
	require.NoError(t, keyvault.Mask(&out, keyvault.AzurePipelines, secrets...))
	assert.Equal(t, "##vso[task.setsecret]50%AZP25\n##vso[task.setsecret]line one\n##vso[task.setsecret]line two\n", out.String())
	require.ErrorIs(t, keyvault.Mask(&out, 0, secrets...), keyvault.ErrConfig)
	require.ErrorIs(t, keyvault.Mask(broken{}, keyvault.GitHubActions, secrets...), context.Canceled)
	for name, want := range map[string]keyvault.CI{"GITHUB_ACTIONS=true": keyvault.GitHubActions, "TF_BUILD=True": keyvault.AzurePipelines, "CI=true": 0} {
		key, value, _ := strings.Cut(name, "=")
		assert.Equal(t, want, keyvault.DetectCI(func(k string) string {
			if k == key {
				return value
			}
			return ""
		}))
	}
}
