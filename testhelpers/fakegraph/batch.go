package fakegraph

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// batchLimit is how many requests a batch may have.
const batchLimit = 20

// batchPart is one request of a batch.
type batchPart struct {
	ID        string
	Method    string
	URL       string
	Headers   map[string]string
	Body      json.RawMessage
	DependsOn []string
}

// serveBatch is POST /$batch: https://learn.microsoft.com/graph/json-batching
func (f *Fake) serveBatch(w http.ResponseWriter, r *http.Request, version string) {
	parts, err := f.readBatch(r)
	if err != nil {
		f.writeError(w, r, err)
		return
	}
	responses := []object{}
	status := map[string]int{}
	perMailbox := map[string]int{}
	for _, p := range parts {
		response := f.servePart(r, version, p, status, perMailbox)
		status[p.ID] = response.get("status").(int)
		responses = append(responses, response)
	}
	c := &call{f: f, r: r}
	c.write(w, success(object{{"responses", responses}}))
}

func (f *Fake) readBatch(r *http.Request) ([]batchPart, *apiError) {
	if _, err := f.bearer(r); err != nil {
		return nil, err
	}
	b, err := f.readBody(r)
	if err != nil {
		return nil, err
	}
	var in struct{ Requests []batchPart }
	if err := decodeJSON(b, &in); err != nil {
		return nil, err
	}
	switch {
	case r.Method != http.MethodPost:
		return nil, fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	case len(in.Requests) == 0:
		return nil, badRequest("Invalid batch payload format.")
	case len(in.Requests) > batchLimit:
		return nil, badRequest("Number of batch request steps exceeds the maximum value of %d.", batchLimit)
	}
	var seen []string
	for _, p := range in.Requests {
		if p.ID == "" || p.Method == "" || p.URL == "" || slices.Contains(seen, p.ID) {
			return nil, badRequest("Invalid batch payload format: each request must have a unique id, a method and a url.")
		}
		seen = append(seen, p.ID)
	}
	return in.Requests, nil
}

// servePart sends a part through the front door, and writes its answer as an object.
func (f *Fake) servePart(r *http.Request, version string, p batchPart, status, perMailbox map[string]int) object {
	for _, id := range p.DependsOn {
		if status[id] == 0 || status[id] >= http.StatusBadRequest {
			e := fail(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed.")
			return partAnswer(p.ID, e.status, http.Header{"Content-Type": {"application/json"}}, encode(e.body(newGUID(), newGUID())))
		}
	}
	target, err := url.Parse("/" + version + "/" + strings.TrimPrefix(p.URL, "/"))
	if err != nil {
		e := badRequest("Invalid URL in batch request '%s'.", p.ID)
		return partAnswer(p.ID, e.status, http.Header{"Content-Type": {"application/json"}}, encode(e.body(newGUID(), newGUID())))
	}
	if segs := strings.Split(target.Path, "/"); f.o.BatchOverrun && len(segs) > 3 {
		if perMailbox[segs[3]]++; perMailbox[segs[3]] > 4 {
			e := throttled("ApplicationThrottled", "Application is over its MailboxConcurrency limit.", f.o.Limits.RetryAfter)
			return partAnswer(p.ID, e.status, http.Header{"Retry-After": e.header["Retry-After"], "Content-Type": {"application/json"}}, encode(e.body("", "")))
		}
	}
	inner := r.Clone(r.Context())
	inner.Method, inner.URL, inner.RequestURI = strings.ToUpper(p.Method), target, target.RequestURI()
	inner.Header = partHeader(r.Header, p.Headers)
	inner.Body = http.NoBody
	if len(p.Body) > 0 {
		inner.Body = partBody(p.Body)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, inner)
	return partAnswer(p.ID, w.Code, w.Header(), w.Body.Bytes())
}

// partHeader is what a part inherits, and what it says itself.
func partHeader(outer http.Header, own map[string]string) http.Header {
	h := http.Header{"Authorization": outer["Authorization"], "Client-Request-Id": outer["Client-Request-Id"]}
	for name, value := range own {
		h.Set(name, value)
	}
	return h
}

// partBody is the JSON itself, or what a string in base64 holds.
func partBody(raw json.RawMessage) *body {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			return &body{bytes.NewReader(b)}
		}
		return &body{bytes.NewReader([]byte(text))}
	}
	return &body{bytes.NewReader(raw)}
}

type body struct{ *bytes.Reader }

// Close does nothing.
func (body) Close() error { return nil }

func partAnswer(id string, status int, h http.Header, b []byte) object {
	headers := object{}
	for _, name := range []string{"Cache-Control", "Content-Type", "Location", "Preference-Applied", "Retry-After"} {
		if v := h.Get(name); v != "" {
			headers.add(name, v)
		}
	}
	o := object{{"id", id}, {"status", status}, {"headers", headers}}
	switch {
	case len(b) == 0:
	case strings.Contains(h.Get("Content-Type"), "json"):
		o.add("body", json.RawMessage(b))
	default:
		o.add("body", b)
	}
	return o
}
