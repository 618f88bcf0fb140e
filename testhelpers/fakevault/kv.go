package fakevault

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mountOf gives the engine that a path belongs to, the longest one that fits.
func (f *Fake) mountOf(path string) (mount string, version int) {
	for m, v := range f.o.Mounts {
		if (path == m || strings.HasPrefix(path, m+"/")) && len(m) > len(mount) {
			mount, version = m, v
		}
	}
	return mount, version
}

// mount answers the question that Vault's own command asks before it reads.
func (f *Fake) mount(w http.ResponseWriter, path string) {
	mount, version := f.mountOf(strings.Trim(path, "/"))
	if mount == "" {
		refuse(w, http.StatusForbidden, `preflight capability check returned 403, please ensure client's policies grant access to path "`+path+`/"`)
		return
	}
	answer(w, map[string]any{"data": map[string]any{
		"path": mount + "/", "type": "kv", "options": map[string]string{"version": strconv.Itoa(version)},
	}})
}

// engine serves the key-value engines and the leases.
func (f *Fake) engine(w http.ResponseWriter, r *http.Request, path string) {
	namespace := r.Header.Get("X-Vault-Namespace")
	if l, ok := f.leases[key(namespace, path)]; ok && r.Method == http.MethodGet {
		answer(w, map[string]any{"lease_id": path + "/l1", "renewable": true, "lease_duration": int(l.ttl / time.Second), "data": l.data})
		return
	}
	mount, version := f.mountOf(path)
	inner, isData := strings.CutPrefix(strings.TrimPrefix(path, mount+"/"), "data/")
	switch {
	case mount == "":
		refuse(w, http.StatusNotFound, `no handler for route "`+path+`". route entry not found.`)
	case version == 1:
		f.kv1(w, r, key(namespace, path))
	case !isData:
		refuse(w, http.StatusNotFound)
	case r.Method == http.MethodGet:
		f.readKV2(w, r, key(namespace, mount+"/"+inner))
	default:
		f.writeKV2(w, r, key(namespace, mount+"/"+inner))
	}
}

// parsed reads the body of a write, or refuses it as Vault does.
func parsed(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(r.Body).Decode(into)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		refuse(w, http.StatusInternalServerError, "malformed JSON, unclosed containers")
	case err != nil:
		refuse(w, http.StatusBadRequest, "error parsing JSON: failed to parse JSON input: "+err.Error())
	}
	return err == nil
}

func (f *Fake) kv1(w http.ResponseWriter, r *http.Request, key string) {
	versions := f.secrets[key]
	if r.Method == http.MethodGet {
		if len(versions) == 0 {
			refuse(w, http.StatusNotFound)
			return
		}
		// A KV v1 answer has a lease duration without a lease: the engine's default of 768 hours.
		answer(w, map[string]any{"lease_duration": 2764800, "data": versions[len(versions)-1].data})
		return
	}
	data := map[string]any{}
	if !parsed(w, r, &data) {
		return
	}
	f.put(key, data)
	w.WriteHeader(http.StatusNoContent)
}

func (f *Fake) readKV2(w http.ResponseWriter, r *http.Request, key string) {
	versions := f.secrets[key]
	n := len(versions)
	if asked := r.URL.Query().Get("version"); asked != "" && asked != "0" {
		n, _ = strconv.Atoi(asked)
	}
	if n < 1 || n > len(versions) {
		refuse(w, http.StatusNotFound)
		return
	}
	v := versions[n-1]
	status, data := http.StatusOK, any(v.data)
	if !v.deleted.IsZero() && !time.Now().Before(v.deleted) {
		status, data = http.StatusNotFound, nil
	}
	answerStatus(w, status, map[string]any{"data": map[string]any{"data": data, "metadata": metadata(v, n)}})
}

func metadata(v version, n int) map[string]any {
	deleted := ""
	if !v.deleted.IsZero() {
		deleted = v.deleted.UTC().Format(time.RFC3339Nano)
	}
	return map[string]any{
		"created_time": v.created.UTC().Format(time.RFC3339Nano), "custom_metadata": nil, "deletion_time": deleted, "destroyed": false, "version": n,
	}
}

func (f *Fake) writeKV2(w http.ResponseWriter, r *http.Request, key string) {
	var body struct {
		Data    map[string]any
		Options struct{ CAS *int }
	}
	switch {
	case !parsed(w, r, &body):
	case body.Data == nil:
		refuse(w, http.StatusBadRequest, "no data provided")
	case body.Options.CAS != nil && *body.Options.CAS != len(f.secrets[key]):
		refuse(w, http.StatusBadRequest, "check-and-set parameter did not match the current version")
	default:
		n := f.put(key, body.Data)
		answer(w, map[string]any{"data": metadata(f.secrets[key][n-1], n)})
	}
}
