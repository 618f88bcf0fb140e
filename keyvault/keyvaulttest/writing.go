package keyvaulttest

import (
	"context"
	"errors"
	"strings"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func writingLaws() []Law {
	writes := func(h *Harness) bool { _, ok := h.Vault.(keyvault.Writer); return ok }
	return []Law{
		{Name: "written", Why: "a renewed token that is not kept is a login by hand tomorrow", needs: writes, check: written},
		{Name: "written field", Why: "a token beside other fields must not wipe them out", needs: writes, check: writtenField},
		{Name: "no version is written", Why: "history does not change", needs: writes, check: noVersionWritten},
		{Name: "cancelled write", Why: "what was called off must not be stored", needs: writes, check: cancelledWrite},
		{Name: "refused write", Why: "a token that was not kept must be known at once", check: refusedWrite,
			needs: func(h *Harness) bool { return writes(h) && h.Refuse != nil }},
	}
}

func (r *run) write(ctx context.Context, name, value string) error {
	return r.Vault.(keyvault.Writer).Write(ctx, name, keyvault.NewSecret(value))
}

func written(r *run) {
	name := r.Put("mail-one", []byte("old value"))
	err := r.write(r.Context(), name, "new value")
	r.must(err == nil, "writing failed: %v", err)
	r.holds(name, "new value")
	n, _ := keyvault.ParseName("", name)
	n.Path = strings.Replace(n.Path, "one", "fresh", 1)
	err = r.write(r.Context(), n.String(), "fresh value")
	r.must(err == nil, "writing what was not there failed: %v", err)
	r.holds(n.String(), "fresh value")
	r.holds(name, "new value")
}

func writtenField(r *run) {
	name := r.put("mail-one", map[string]string{"refresh_token": "old", "client_id": "app"})
	err := r.write(r.Context(), name+"#refresh_token", canary)
	r.must(err == nil, "writing a field failed: %v", err)
	r.holds(name+"#refresh_token", canary)
	r.holds(name+"#client_id", "app")
	err = r.write(r.Context(), name+"#added", "value")
	r.must(err == nil, "writing a new field failed: %v", err)
	r.holds(name+"#added", "value")
	r.holds(name+"#client_id", "app")
}

func noVersionWritten(r *run) {
	name := r.Put("mail-one", []byte("value"))
	err := r.write(r.Context(), name+"@1", "other")
	r.must(errors.Is(err, keyvault.ErrConfig), "the error is not of the configuration: %v", err)
	r.holds(name, "value")
}

func cancelledWrite(r *run) {
	name := r.Put("mail-one", []byte("value"))
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	err := r.write(ctx, name, "other")
	r.must(errors.Is(err, context.Canceled), "the error is not the context's: %v", err)
	r.holds(name, "value")
}

func refusedWrite(r *run) {
	name := r.Put("mail-one", []byte("value"))
	r.Refuse(true)
	err := r.write(r.Context(), name, canary)
	r.must(errors.Is(err, keyvault.ErrRefused), "the error is not a refusal: %v", err)
	r.must(shows(err.Error()) == "", "the error tells the value")
	r.Refuse(false)
	r.holds(name, "value")
}
