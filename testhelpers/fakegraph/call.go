package fakegraph

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// call is one request to a mailbox while it is served.
type call struct {
	f       *Fake
	r       *http.Request
	version string // "v1.0" or "beta"
	route   route
	caller  claims
	guid    string // of the mailbox
	box     *mailstore.Mailbox
	rights  rights
	prefer  preferences
}

// reply is the answer to a call.
type reply struct {
	status  int // default 200
	body    any // JSON, nil for none
	raw     io.Reader
	rawType string
	header  http.Header
	cut     int // JSON bytes to keep, 0 for all: the service's own broken answer
}

func success(body any) *reply { return &reply{body: body} }

func accepted() *reply { return &reply{status: http.StatusAccepted} }

func noContent() *reply { return &reply{status: http.StatusNoContent} }

// maxBody bounds a request body: 4 MB, with room for the JSON around a piece of an upload [A34].
const maxBody = 4<<20 + 64<<10

// serveGraph takes the path apart and answers.
func (f *Fake) serveGraph(w http.ResponseWriter, r *http.Request) {
	segs, err := segments(r.URL.EscapedPath())
	if err != nil {
		f.writeError(w, r, err)
		return
	}
	version := strings.ToLower(segs[0])
	switch {
	case version == "api":
		f.serveUpload(w, r)
		return
	case version != "v1.0" && version != "beta":
		f.writeError(w, r, badRequest("Invalid version: %s", segs[0]))
		return
	case len(segs) == 2 && segs[1] == "$batch":
		f.serveBatch(w, r, version)
		return
	}
	c := &call{f: f, r: r, version: version, route: f.parseRoute(r.Method, segs[1:]), prefer: parsePrefer(r.Header)}
	answer, err := c.answer()
	if err != nil {
		f.writeError(w, r, err)
		return
	}
	c.write(w, answer)
}

// answer goes through what the service goes through: token, path, mailbox, quotas, permission. The
// round-trip time passes while the request is under way, so that it counts as one of the four.
func (c *call) answer() (*reply, *apiError) {
	leave, err := c.admit()
	if leave != nil {
		defer leave()
	}
	c.f.pause(c.r)
	if err != nil {
		return nil, err
	}
	if err := c.permit(c.route.endpoint.need); err != nil {
		return nil, err
	}
	return c.route.endpoint.serve(c)
}

func (c *call) admit() (leave func(), err *apiError) {
	if c.caller, err = c.f.bearer(c.r); err != nil {
		return nil, err
	}
	if c.route.err != nil {
		return nil, c.route.err
	}
	if err := c.resolve(c.route.user); err != nil {
		return nil, err
	}
	return c.throttle()
}

// body reads the request body, compressed or not.
func (c *call) body() ([]byte, *apiError) {
	b, err := c.f.readBody(c.r)
	if err != nil {
		return nil, err
	}
	return b, c.throttleUpload(len(b))
}

func (f *Fake) readBody(r *http.Request) ([]byte, *apiError) {
	var in io.Reader = r.Body
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		if f.o.RefuseGzip {
			return nil, fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The content encoding 'gzip' is not supported.")
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, badRequest("Unable to read the compressed request body.")
		}
		in = z
	}
	b, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	switch {
	case err != nil:
		return nil, badRequest("Unable to read the request body.")
	case len(b) > maxBody:
		return nil, known("ErrorMessageSizeExceeded")
	}
	return b, nil
}

// decode reads a JSON body. Names match without regard to case, as the service takes them; an
// empty body leaves v as it is.
func (c *call) decode(v any) *apiError {
	b, err := c.body()
	if err != nil {
		return err
	}
	return decodeJSON(b, v)
}

func decodeJSON(b []byte, v any) *apiError {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fail(http.StatusBadRequest, "RequestBodyRead", "Cannot convert a value to target type for the property '%s'.", wrong.Field)
	case err != nil:
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return nil
}

// context is the @odata.context of an answer: what stands after "#users('…')".
func (c *call) context(path string) string {
	return origin(c.r) + "/" + c.version + "/$metadata#users('" + c.guid + "')/" + path
}

func (c *call) write(w http.ResponseWriter, answer *reply) {
	h := w.Header()
	graphHeaders(h, c.r)
	maps.Copy(h, answer.header)
	for _, p := range c.prefer.applied {
		h.Add("Preference-Applied", p)
	}
	status := max(answer.status, http.StatusOK)
	switch {
	case answer.raw != nil:
		h.Set("Content-Type", answer.rawType)
		w.WriteHeader(status)
		_, _ = io.Copy(w, answer.raw) // the client is gone
	case answer.body != nil:
		b := c.f.encode(answer.body)
		if answer.cut > 0 {
			b = b[:min(answer.cut, len(b))]
		}
		h.Set("Content-Type", jsonType)
		w.WriteHeader(status)
		_, _ = w.Write(b)
	default:
		w.WriteHeader(status)
	}
}

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// graphHeaders are on every answer of Graph.
func graphHeaders(h http.Header, r *http.Request) {
	id := newGUID()
	h.Set("request-id", id)
	h.Set("client-request-id", clientRequestID(r, id))
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"AM4PEPF00000000"}}`)
	h.Set("Cache-Control", "private")
	h.Set("OData-Version", "4.0")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Strict-Transport-Security", "max-age=31536000")
}

func clientRequestID(r *http.Request, otherwise string) string {
	if id := r.Header.Get("client-request-id"); id != "" {
		return id
	}
	return otherwise
}

func (f *Fake) writeError(w http.ResponseWriter, r *http.Request, e *apiError) {
	h := w.Header()
	graphHeaders(h, r)
	maps.Copy(h, e.header)
	h.Set("Content-Type", "application/json")
	id := h.Get("request-id")
	b := f.encode(e.body(id, clientRequestID(r, id)))
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(e.status)
	_, _ = w.Write(b)
}

var controlEscape = regexp.MustCompile(`\\\\|\\u00[01][0-9a-f]`)

// encode is [encode] with the service's own fault where it is switched on.
func (f *Fake) encode(v any) []byte {
	b := encode(v)
	if !f.o.RawControlChars {
		return b
	}
	return controlEscape.ReplaceAllFunc(b, func(esc []byte) []byte {
		if len(esc) == 2 { // a backslash
			return esc
		}
		n, _ := strconv.ParseUint(string(esc[2:]), 16, 8)
		return []byte{byte(n)}
	})
}
