package keyvaulttest

import (
	"errors"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func nameLaws() []Law {
	return []Law{
		{Name: "unknown", Why: "a mistyped name must say so, not look like an outage or a refusal", check: unknown},
		{Name: "JSON field", Why: "one secret often holds client id, client secret and tenant together", check: field},
		{Name: "nested JSON field", Why: "keys come as whole JSON documents", check: nested},
		{Name: "unknown field", Why: "the error is where a user learns what the field is called", check: unknownField},
		{Name: "field of a text", Why: "a field of something that has none is a mistake in the reference", check: fieldOfText},
		{Name: "bad name", Why: "a reference that cannot be right costs no request", check: badName},
	}
}

func unknown(r *run) {
	r.Put("mail-one", []byte("value"))
	name := r.Put("mail-gone", []byte("value"))
	n, _ := keyvault.ParseName("", name)
	n.Path = strings.Replace(n.Path, "gone", "never", 1)
	r.must(strings.Contains(n.Path, "never"), "the harness changed the path to %q: the suite cannot name an unknown one", n.Path)
	e := r.explains(n.String(), keyvault.ErrNotFound)
	r.must(e.Path == n.Path, "the error names the path %q, and %q was asked for", e.Path, n.Path)
}

func field(r *run) {
	name := r.put("mail-one", map[string]string{"client_id": "app one", "client_secret": "hunter2 \"hunter2\"\n", "dotted.name": "d"})
	r.holds(name+"#client_id", "app one")
	r.holds(name+"#client_secret", "hunter2 \"hunter2\"\n")
	r.holds(name+"#dotted.name", "d")
}

func nested(r *run) {
	name := r.put("mail-one", map[string]string{"google": `inner`})
	r.holds(name+"#google", "inner")
	const doc = `{"a":{"b":[{"c":"deep"}]},"n":12345678901234567890,"t":true}`
	if !r.canHold(doc) {
		return
	}
	name = r.Put("mail-json", []byte(doc))
	for f, want := range map[string]string{"a.b.0.c": "deep", "n": "12345678901234567890", "t": "true", "a": `{"b":[{"c":"deep"}]}`} {
		r.holds(name+"#"+f, want)
	}
}

func unknownField(r *run) {
	name := r.put("mail-one", map[string]string{"client_id": "app one", "client_secret": "hunter2hunter2"})
	e := r.explains(name+"#clientsecret", keyvault.ErrNotFound)
	r.must(e.Field == "clientsecret", "the error names the field %q: %v", e.Field, e)
	r.must(strings.Contains(e.Error(), "client_secret"), "the error does not list the fields that exist: %v", e)
	r.must(!strings.Contains(e.Error(), "hunter2"), "the error tells a value")
}

func fieldOfText(r *run) {
	_, err := r.Vault.Secret(r.Context(), r.Put("mail-one", []byte("hunter2hunter2"))+"#client_secret")
	kind := keyvault.ErrConfig
	if errors.Is(err, keyvault.ErrNotFound) { // where a text is stored as the only field
		kind = keyvault.ErrNotFound
	}
	e := r.explains(r.Put("mail-one", []byte("hunter2hunter2"))+"#client_secret", kind)
	r.must(!strings.Contains(e.Error(), "hunter2"), "the error tells a value")
}

func badName(r *run) {
	before := r.requests()
	for _, name := range []string{"", "#field", "a#", "a@", "a#b#c", " a"} {
		r.explains(name, keyvault.ErrConfig)
	}
	r.must(r.requests() == before, "%d requests were made", r.requests()-before)
}

func (r *run) requests() int {
	if r.Requests == nil {
		return 0
	}
	return r.Requests()
}
