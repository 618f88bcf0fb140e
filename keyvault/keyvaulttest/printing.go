package keyvaulttest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func printingLaws() []Law {
	return []Law{
		{Name: "no verb prints it", Why: "a secret in a build log is a secret of everybody who reads the log", check: noVerb},
		{Name: "the vault does not print it", Why: "a vault in a struct that is logged must not log what it has read", check: vaultIsSilent},
		{Name: "no error tells it", Why: "errors go to logs, reports and chats", check: errorsAreSilent,
			needs: func(h *Harness) bool { return h.Refuse != nil || h.Down != nil }},
	}
}

const canary = "Canary/7f+K<9>\"q&v=\\z"

// shows tells the form in which a text holds the canary, "" if it does not.
func shows(text string) string {
	quoted, _ := json.Marshal(canary)
	for form, s := range map[string]string{
		"plain": canary, "hex": hex.EncodeToString([]byte(canary)), "URL-encoded": url.QueryEscape(canary),
		"base64": base64.StdEncoding.EncodeToString([]byte(canary))[:24], "JSON": string(quoted[1 : len(quoted)-1]),
		"Go-quoted": strings.Trim(fmt.Sprintf("%q", canary), `"`), "decimal": strings.Trim(fmt.Sprint([]byte(canary)), "[]"),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			return form
		}
	}
	return ""
}

// silent prints a value in all ways and fails if one shows the canary.
func (r *run) silent(what string, v any) {
	r.Helper()
	type outer struct {
		Exported   any
		unexported any
	}
	for _, shape := range []any{v, &v, outer{v, v}, []any{v}, map[string]any{"k": v}} {
		for _, verb := range strings.Split("v +v #v s q x X d o b c U e f t p T", " ") {
			form := shows(fmt.Sprintf("%"+verb, shape))
			r.must(form == "", "%s prints under %%%s: %s", what, verb, form)
		}
		text, _ := json.Marshal(shape)
		r.must(shows(string(text)) == "", "%s prints as JSON", what)
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", shape)
		r.must(shows(log.String()) == "", "%s prints in a log", what)
	}
}

func noVerb(r *run) {
	s := r.read(r.Put("mail-one", []byte(canary)))
	r.must(s.Reveal() == canary, "the value differs")
	r.silent("the secret", s)
}

func vaultIsSilent(r *run) {
	name := r.Put("mail-one", []byte(canary))
	c := keyvault.NewCache(r.Vault, nil)
	for range 2 {
		_, err := c.Secret(r.Context(), name)
		r.must(err == nil, "%v", err)
	}
	r.read(name)
	r.silent("the cache", c)
	if r.Requests != nil { // else the service itself is in the vault, with all that it holds
		r.silent("the vault", r.Vault)
	}
}

func errorsAreSilent(r *run) {
	name := r.put("mail-one", map[string]string{"a": canary})
	r.read(name + "#a")
	for _, fault := range []func(bool){r.Refuse, r.Down} {
		if fault == nil {
			continue
		}
		fault(true)
		_, err := r.Vault.Secret(r.Context(), name+"#a")
		r.must(err != nil, "the fault has no effect")
		r.silent("the error", err)
		fault(false)
	}
	_, err := r.Vault.Secret(r.Context(), name+"#b")
	r.silent("the error", err)
}
