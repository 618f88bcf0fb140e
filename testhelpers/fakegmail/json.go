package fakegmail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
)

// blob is binary data of an answer. It is written as padded base64url (RFC 4648 §5), straight
// onto the wire, so that a big mail is not held in memory a second time.
type blob struct {
	mark string // stands for the data in the JSON text
	data io.Reader
}

// answer is what a method gives back: a value for JSON and, at most, one blob inside it. A nil
// value is an empty 204.
type answer struct {
	value any
	blob  *blob
}

// newBlob marks the place of data in a JSON value. JSON never holds a raw control character, so
// the mark cannot be met elsewhere.
func newBlob(data io.Reader) *blob { return &blob{mark: "\x01blob\x01", data: data} }

// writeAnswer honours alt, prettyPrint and fields.
func writeAnswer(w http.ResponseWriter, q url.Values, a answer) *apiError {
	if a.value == nil {
		w.Header().Set("Server", "ESF")
		w.Header().Set("Cache-Control", "private")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	value := a.value
	if fields := q.Get("fields"); fields != "" {
		m, ok := parseMask(fields)
		if !ok {
			return invalidMask(fields)
		}
		if path := m.unknown(reflect.TypeOf(value)); path != "" {
			return invalidMask(path)
		}
		tree, err := generic(value)
		if err != nil {
			return fail(http.StatusInternalServerError, "INTERNAL", "backendError", "Internal error encountered.")
		}
		value = m.apply(tree)
	}
	commonHeader(w.Header())
	writeJSON(w, value, q.Get("prettyPrint") != "false", a.blob)
	return nil
}

func invalidMask(path string) *apiError {
	e := invalid("Request contains an invalid argument.")
	e.details = []any{badRequest("fields", "Error expanding 'fields' parameter. Cannot find matching fields for path '"+path+"'.")}
	return e
}

// writeJSON encodes value; an error of w means that the client is gone.
func writeJSON(w io.Writer, value any, pretty bool, b *blob) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if pretty {
		enc.SetIndent("", "  ")
	}
	if enc.Encode(value) != nil {
		return
	}
	if b == nil {
		_, _ = w.Write(text.Bytes())
		return
	}
	mark, _ := json.Marshal(b.mark)
	before, after, found := bytes.Cut(text.Bytes(), mark[1:len(mark)-1])
	_, _ = w.Write(before)
	if found {
		encoder := base64.NewEncoder(base64.URLEncoding, w)
		_, _ = io.Copy(encoder, b.data)
		_ = encoder.Close()
		_, _ = w.Write(after)
	}
}
